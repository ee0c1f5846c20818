// SPDX-License-Identifier: Apache-2.0
// How checkpoints are told to people and to programs. Pure.
#pragma once

#include "cli/verb.hpp"
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/select.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// "1.4 GiB", "512 B".
[[nodiscard]] std::string shown_bytes(std::uint64_t bytes);

/// "1 file", "12 files".
[[nodiscard]] std::string shown_files(std::uint64_t count);

/// "12s", "3m", "5h", "9d": one unit is enough to recognise a checkpoint by its age.
[[nodiscard]] std::string shown_age(std::chrono::nanoseconds age);

/// The path, or what stands for the root itself; safe to print.
[[nodiscard]] std::string shown_path(const checkpoint::Checkpoint& checkpoint);

/// "good", or "condemned" where memory says so, with the flags that matter in brackets. What was
/// only listed is not called good: nobody has looked.
[[nodiscard]] std::string shown_verdict(const checkpoint::Listed& listed, bool condemned);

/// The table of `holdfast ckpt list`; a star marks `chosen`.
[[nodiscard]] std::string checkpoint_table(const checkpoint::Catalogue& catalogue,
                                           std::span<const checkpoint::Condemned> condemned,
                                           std::optional<std::size_t> chosen,
                                           checkpoint::Time now);

/// One object with everything; its members are told in holdfast-ckpt(1).
[[nodiscard]] std::string catalogue_json(const std::string& root,
                                         const checkpoint::Catalogue& catalogue,
                                         std::span<const checkpoint::Condemned> condemned,
                                         const checkpoint::Choice& choice,
                                         checkpoint::Time now);

/// One checkpoint as an object.
[[nodiscard]] std::string listed_json(const checkpoint::Listed& listed);

/// How the choice ends: ok, negative (start anew), none_good. Waiting counts as none good yet.
[[nodiscard]] ExitStatus status_of(const checkpoint::Choice& choice);

/// Which one was chosen.
[[nodiscard]] std::optional<std::size_t> chosen_index(const checkpoint::Choice& choice);

/// The choice in a sentence: "resume from step-10: complete; …".
[[nodiscard]] std::string choice_sentence(const checkpoint::Catalogue& catalogue,
                                          const checkpoint::Choice& choice);

}  // namespace holdfast::cli
