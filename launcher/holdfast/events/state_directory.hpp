// SPDX-License-Identifier: Apache-2.0
// Where a run keeps what it must not forget: one directory on a file system that every node of the
// allocation sees.
//
//   events.jsonl              the log, one record a line
//   status.json               a view of it, replaced by rename
//   epoch-N                   supervisor N claimed the run
//   attempts/N/{out,err,hosts}   what attempt N printed and where its ranks were put
//
// It is its owner's alone (0700): what lies in it decides what is run in the owner's name.
#pragma once

#include "holdfast/common/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::events {

/// Names inside a state directory.
inline constexpr std::string_view log_file = "events.jsonl";
inline constexpr std::string_view status_file = "status.json";

/// $HOLDFAST_STATE_ROOT, or .holdfast in the home directory; takes the two values as they are in
/// the environment. Fails (not_found) when neither says anything.
[[nodiscard]] Result<std::string> state_root(std::string_view holdfast_state_root,
                                             std::string_view home);

/// root/job.
[[nodiscard]] std::string state_directory_of(std::string_view root, std::string_view job);

/// Makes the directory (0700) and those above it where they are missing, and syncs them. Refuses
/// (denied) one that is somebody else's or that others may write to.
[[nodiscard]] Result<void> make_state_directory(const std::string& directory);

/// attempts/N in it, made where it is missing (0700).
[[nodiscard]] Result<std::string> make_attempt_directory(const std::string& directory,
                                                         unsigned attempt);

/// Takes the run for supervisor `epoch`: makes the file epoch-N, which exactly one caller can, and
/// syncs it. Fails (conflict) when it is there or a higher one is.
[[nodiscard]] Result<void> claim_epoch(const std::string& directory,
                                       std::uint64_t epoch,
                                       std::string_view host);

/// The highest epoch anyone has claimed; 0 when nobody has.
[[nodiscard]] Result<std::uint64_t> highest_epoch(const std::string& directory);

/// The state directories under a root, by name: directories with a log in them. `most` bounds it.
[[nodiscard]] Result<std::vector<std::string>> list_state_directories(const std::string& root,
                                                                      std::size_t most = 10000);

}  // namespace holdfast::events
