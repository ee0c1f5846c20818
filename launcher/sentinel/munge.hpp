// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace holdfast::sentinel {

/// Who made a credential, and over which text.
struct Credential {
  uid_t uid{};
  std::string text;
};

/// Asks munged; may take seconds where the daemon is stuck. The library is opened at run time: the
/// program runs where there is none.
[[nodiscard]] Result<std::string> ask_munge_to_sign(std::string_view text);
[[nodiscard]] Result<Credential> ask_munge_who_signed(const std::string& credential);

/// Why this credential is no proof that `uid` says `text`; nothing if it is one.
[[nodiscard]] std::optional<Failure> fault_of(const Credential& credential,
                                              uid_t uid,
                                              std::string_view text);

}  // namespace holdfast::sentinel
