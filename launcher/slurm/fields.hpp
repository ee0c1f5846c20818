// SPDX-License-Identifier: Apache-2.0
// One line of `scontrol -o show …`: NAME=value pairs between blanks, where values may hold blanks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::slurm {

/// The value of NAME; empty where there is none, also where Slurm says (null) or N/A.
[[nodiscard]] std::string field(std::string_view line, std::string_view name);

/// A host list spelled out; empty where it makes no sense.
[[nodiscard]] std::vector<std::string> hosts(const std::string& text);

}  // namespace holdfast::slurm
