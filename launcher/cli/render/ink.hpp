// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"
#include "holdfast/common/text.hpp"

#include <string>
#include <string_view>

namespace holdfast::cli {

/// Colours of a terminal, none where there is none. Colour never says anything alone: the words say
/// it too.
class Ink {
 public:
  explicit Ink(const Looks& looks) : color_(looks.color) {}

  [[nodiscard]] std::string strong(std::string_view text) const { return painted("1", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return painted("1;31", text); }
  [[nodiscard]] std::string gpu(std::string_view text) const { return painted("32", text); }
  [[nodiscard]] std::string nic(std::string_view text) const { return painted("36", text); }

 private:
  [[nodiscard]] std::string painted(std::string_view code, std::string_view text) const {
    return color_ ? cat("\033[", code, 'm', text, "\033[0m") : std::string(text);
  }

  bool color_;
};

}  // namespace holdfast::cli
