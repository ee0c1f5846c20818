// SPDX-License-Identifier: Apache-2.0
// The few things a log asks of a file system, so that a test can be one that forgets what was not
// synced, fills up, or dies in the middle. Names are of files in one directory, without slashes.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/events/log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::events {

/// How a file ends.
struct Ending {
  std::uint64_t size{};
  bool in_line{};  ///< its last byte is no line end
};

struct FileText {
  std::string bytes;
  bool whole{true};  ///< false: the file is longer
};

class StateFiles {
 public:
  StateFiles() = default;
  StateFiles(const StateFiles&) = delete;
  StateFiles& operator=(const StateFiles&) = delete;
  virtual ~StateFiles() = default;

  /// The first `most` bytes. Fails with not_found when there is no such file.
  virtual Result<FileText> read(const std::string& name, std::size_t most) const = 0;

  /// A file that is not there ends with nothing, and not within a line.
  virtual Result<Ending> ending(const std::string& name) const = 0;

  /// Adds the bytes with one write and syncs them; makes the file and syncs its name where it is
  /// missing. After a failure some of the bytes may be there.
  virtual Result<void> append(const std::string& name, std::string_view bytes) = 0;

  /// Makes a file that was not there, synced with its name. Fails with conflict when it is.
  virtual Result<void> create(const std::string& name, std::string_view contents) = 0;

  /// At most a bounded number of names of what lies in the directory.
  virtual Result<std::vector<std::string>> names() const = 0;
};

/// The real ones in a directory.
[[nodiscard]] std::shared_ptr<StateFiles> posix_files(const std::string& directory);

/// The log among such files.
[[nodiscard]] Result<LogContents> read_log(const StateFiles& files);

/// epoch-N, by the files' names.
[[nodiscard]] std::uint64_t highest_epoch_of(const std::vector<std::string>& names);

/// What a failed system call means to who asked for it.
[[nodiscard]] Failure file_failure(std::string what, int error);

/// Syncs a directory, so that names made in it stay.
[[nodiscard]] Result<void> sync_directory(const std::string& directory);

}  // namespace holdfast::events
