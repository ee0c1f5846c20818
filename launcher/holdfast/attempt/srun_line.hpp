// SPDX-License-Identifier: Apache-2.0
// The user's own srun line, as `holdfast run` was given it. Its words are kept; it is read only to
// know how many ranks are wanted, where the program begins, and whether an option contradicts what
// holdfast must decide itself. Pure.
#pragma once

#include "holdfast/common/result.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::attempt {

/// How ranks are dealt to nodes when their number is not the same on each.
enum class Dealing { block, cyclic };

/// One option as it stands in the line.
struct SrunOption {
  std::string name;     ///< the long name, also where a letter was typed; as typed when unknown
  std::string value;    ///< empty: none
  std::size_t first{};  ///< index of its first word among `SrunLine::options`
  std::size_t words{};  ///< 1 or 2; 0 for a letter behind another in one word
};

struct SrunLine {
  std::string srun;                  ///< "srun", or a path that ends so
  std::vector<std::string> options;  ///< the user's words between srun and the program
  std::vector<std::string> program;  ///< the program and its arguments; never empty
  std::vector<SrunOption> read;      ///< what the options say

  std::optional<unsigned> ranks;           ///< -n
  std::optional<unsigned> nodes;           ///< -N, its least number
  std::optional<unsigned> ranks_per_node;  ///< --ntasks-per-node
  std::vector<std::string> excluded;       ///< -x, spelled out
  Dealing dealing{Dealing::block};
  bool multi_prog{};               ///< the program word is srun's configuration file
  bool container{};                ///< ranks run in a container image: holdfast is not on its PATH
  std::vector<std::string> notes;  ///< what the user should know, a sentence each
};

/// Reads `srun …`. Refused by name are options that take a decision away from holdfast: -w, -r, a
/// host list by -F, --het-group, --pty, -m with anything but block or cyclic, --export=NONE; and
/// the ":" between several programs.
[[nodiscard]] Result<SrunLine> read_srun_line(std::span<const std::string> command);

}  // namespace holdfast::attempt
