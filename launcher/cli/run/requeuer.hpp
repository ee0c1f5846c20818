// SPDX-License-Identifier: Apache-2.0
// Frameworks that requeue the job themselves when Slurm warns of its end: two who do so are one too
// many. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// The framework's name, when the command or the checkpoints' format show one that does: submitit's
/// own module, or Lightning, which writes the format of that name. What only the program's source
/// shows is not seen.
[[nodiscard]] std::optional<std::string> requeuer_of(std::span<const std::string> command,
                                                     std::string_view format);

}  // namespace holdfast::cli
