// SPDX-License-Identifier: Apache-2.0
// Whether the state directory is one and the same on all nodes. Without that the log is nobody's
// memory: a node with a directory of its own under the same name would elect from an empty one.
#pragma once

#include "holdfast/common/result.hpp"

#include <chrono>
#include <string>

namespace holdfast::sentinel {

/// What `holdfast sentinel` ends with where it does not see the witness: the node is unfit.
inline constexpr int state_not_shared = 120;

/// Puts a file with a new random name there, instead of those of earlier supervisors, and gives the
/// word its name ends with. Called before sentinels start.
[[nodiscard]] Result<std::string> write_witness(const std::string& state);

/// Whether the file of that word is seen here. Looks again until `patience` is over: a client of a
/// shared file system may have read the directory just before.
[[nodiscard]] bool sees_witness(const std::string& state,
                                const std::string& word,
                                std::chrono::milliseconds patience);

}  // namespace holdfast::sentinel
