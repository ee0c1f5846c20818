// SPDX-License-Identifier: Apache-2.0
// The one window onto the file system. Everything a layout or parser sees of the world comes
// through a Disk, and all paths are relative to one root that cannot be left: "" is the root, "a/b"
// a file in it. PosixDisk is the real one; DeadlineDisk puts a time limit on any other; tests have
// one in memory that forgets what was not synced.
//
// How failures are told apart: not_found = gone since it was listed; denied = no permission;
// timed_out = the file system did not answer; unsupported = refused on purpose (a FIFO, a device, a
// link that leaves the root); unreadable = anything else. bad_input is left to parsers: the bytes
// are not what they claim to be.
#pragma once

#include "holdfast/checkpoint/verdict.hpp"
#include "holdfast/common/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

enum class FileKind {
  regular,
  directory,
  special,  ///< FIFO, socket, device: never opened
  refused,  ///< a link that dangles, loops or leaves the root
  hidden,   ///< cannot be looked at: permission
};

struct FileStatus {
  FileKind kind{FileKind::hidden};
  bool linked{};           ///< reached through a symbolic link
  std::uint64_t size{};    ///< in bytes
  std::uint64_t blocks{};  ///< of 512 bytes, as allocated
  std::uint64_t inode{};
  Time modified;
};

struct Entry {
  std::string name;
  FileStatus status;
};

/// What one directory holds, "." and ".." apart, sorted by name.
struct Listing {
  std::vector<Entry> entries;
  bool whole{true};  ///< false: there are more than were asked for

  [[nodiscard]] const Entry* find(std::string_view name) const;
};

/// An open regular file.
class File {
 public:
  /// Gets each piece in turn; a failure ends the stream and is its result.
  using Sink = std::function<Result<void>(std::span<const std::byte>)>;

  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  [[nodiscard]] virtual const FileStatus& status() const = 0;

  /// Fills `into` from `offset` on; fewer bytes only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;

  /// The bytes [offset, offset + length) in order, in pieces of a size fit for bulk reading,
  /// without ever holding more than a few of them. Ends early, without failure, at the end of the
  /// file.
  virtual Result<void> stream(std::uint64_t offset, std::uint64_t length, const Sink& sink) const;

  /// Where the first hole before the end begins; the file's size when there is none or the file
  /// system does not tell.
  virtual Result<std::uint64_t> find_hole() const = 0;
};

class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  /// At most `most` entries: a hostile directory costs no more than that.
  virtual Result<Listing> list(const std::string& directory, std::size_t most) const = 0;
  virtual Result<FileStatus> status(const std::string& path) const = 0;
  virtual Result<std::unique_ptr<File>> open(const std::string& path) const = 0;
  virtual Result<std::string> read_link(const std::string& path) const = 0;
};

/// A directory of the real file system and what lies beneath it. Only regular files are opened, and
/// never by a path that leaves `root`; symbolic links inside are followed.
[[nodiscard]] Result<std::unique_ptr<Disk>> open_disk(const std::string& root);

/// How long a single request to the file system may take before its answer is "unknown".
struct Patience {
  std::chrono::milliseconds one_request{std::chrono::seconds(20)};
  unsigned abandoned{4};  ///< threads that may hang in the kernel before nothing more is asked
};

/// Asks `inner` from worker threads and gives up on a request that takes too long. A thread that
/// hangs in the kernel cannot be ended: it is abandoned, keeps what it works on alive, and ends
/// when the kernel answers. After `patience.abandoned` of them every request fails at once.
[[nodiscard]] std::unique_ptr<Disk> with_deadline(std::shared_ptr<const Disk> inner,
                                                  Patience patience);

/// Both together: the root, too, is opened from a worker thread, for it may be what hangs.
[[nodiscard]] Result<std::unique_ptr<Disk>> open_disk(const std::string& root, Patience patience);

/// A small file as a whole; a longer one is refused, so that no name can eat the memory.
[[nodiscard]] Result<std::string> read_small_file(const Disk& disk,
                                                  const std::string& path,
                                                  std::size_t most);

}  // namespace holdfast::checkpoint
