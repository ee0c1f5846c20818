// SPDX-License-Identifier: Apache-2.0
// Reading facts out of file names: step numbers, rank numbers, temporary names. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// The numbers in a name of a given shape, or nothing when it has another shape. In the shape '#'
/// is a decimal number and '*' any text, the rest stands for itself:
/// match("zero_pp_rank_#_mp_rank_#_optim_states.pt", name). A number beyond 64 bits does not match.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> match(std::string_view shape,
                                                              std::string_view name);

/// The number that follows `word` somewhere in the name, the last such: number_after("step=", …).
[[nodiscard]] std::optional<std::uint64_t> number_after(std::string_view word,
                                                        std::string_view name);

/// The last number in a name.
[[nodiscard]] std::optional<std::uint64_t> last_number(std::string_view name);

/// Names that mean "not a checkpoint, a save that was interrupted", whatever the framework.
[[nodiscard]] bool is_temporary(std::string_view name);

/// Names file systems and people leave everywhere and that say nothing: ".nfs0000…", "lost+found",
/// logs, notes, our own sidecars.
[[nodiscard]] bool is_bystander(std::string_view name);

/// What follows the last slash.
[[nodiscard]] std::string_view base_name(std::string_view path);
/// What precedes the last slash; "" where there is none.
[[nodiscard]] std::string_view directory_name(std::string_view path);

/// A name in which every run of digits is '#', for comparing the files of two steps.
[[nodiscard]] std::string without_numbers(std::string_view name);

}  // namespace holdfast::checkpoint
