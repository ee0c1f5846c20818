// SPDX-License-Identifier: Apache-2.0
// Which of srun's options take a value, so that the program's first word can be found. Facts: `srun
// --help` of 22.05, the manuals up to 25.11, and pyxis' options. An option that is not here is
// taken for one without a separate value.
#pragma once

#include <optional>
#include <string_view>

namespace holdfast::attempt {

enum class Value {
  none,
  joined,  ///< only after "=" or right behind the letter: --exclusive[=user], -K[1]
  wanted,  ///< joined, or the next word
};

struct SrunOptionRow {
  std::string_view name;  ///< without dashes
  char letter;            ///< 0: has none
  Value value;
};

/// By its long name as it may be typed: whole, or a beginning that fits one option only.
[[nodiscard]] const SrunOptionRow* srun_option(std::string_view typed);
[[nodiscard]] const SrunOptionRow* srun_option(char letter);

}  // namespace holdfast::attempt
