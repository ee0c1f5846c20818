// SPDX-License-Identifier: Apache-2.0
// The event log of one run. One supervisor appends; anybody may read at any time.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/events/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::events {

class StateFiles;

/// A line that is no record: cut off by a crash or a full disk, or damaged. It stays in the file.
struct BadLine {
  std::uint64_t offset{};  ///< of its first byte
  std::uint64_t bytes{};
  std::string why;
};

/// What a log holds.
struct LogContents {
  std::vector<Record> records;  ///< in the order of the file; a line written twice comes once
  std::vector<BadLine> bad;     ///< the first few
  std::size_t bad_lines{};      ///< all of them
  std::size_t too_late{};       ///< lines of a supervisor that had been succeeded: left out
  bool open_end{};              ///< the last line has no end: it is being written, or was cut off
  bool whole{true};             ///< false: the log is longer than is read
};

/// The log as text, for recorded ones and for tests. Never fails: what cannot be understood is in
/// `bad`.
[[nodiscard]] LogContents parse_log(std::string_view text);

/// Reads the log of a state directory. Opens no FIFO and no device, follows no link, reads a
/// bounded number of bytes. Fails (not_found) when there is none.
[[nodiscard]] Result<LogContents> read_log(const std::string& directory);

/// The writing end. A record is on the disk when append() has returned without failure, and only
/// then; so whoever acts on a record appends it first.
class EventLog {
 public:
  /// Opens the log of `directory`, which make_state_directory() made, for supervisor `epoch`, who
  /// has claimed it. What is already there is read: `seq` goes on after it.
  [[nodiscard]] static Result<EventLog> open(const std::string& directory,
                                             std::uint64_t epoch,
                                             std::string host);

  /// The same on other files than real ones.
  [[nodiscard]] static Result<EventLog> open(std::shared_ptr<StateFiles> files,
                                             std::uint64_t epoch,
                                             std::string host);

  EventLog(EventLog&&) noexcept;
  EventLog& operator=(EventLog&&) noexcept;
  ~EventLog();

  /// What the log held when it was opened: the supervisor goes on from replay() of it.
  [[nodiscard]] const LogContents& before() const;

  /// Writes one record with one write(2) and waits until it is on the disk. Records that could not
  /// be written before (disk full, file system away) go first, in their order. Fails
  ///  - conflict: somebody has claimed a higher epoch. The run is no longer ours: stop.
  ///  - anything else: not on the disk now; it is kept in memory and tried again by the next
  ///    append() or flush(). The caller may go on, and says so.
  [[nodiscard]] Result<void> append(Body body, std::int64_t at_ms);

  /// Puts a record in memory only: the next append() or flush() writes it together with the others.
  /// For news that come in crowds and that nobody acts on before a flush(): a thousand sentinels
  /// that report cost one write then, and not a thousand.
  void add(Body body, std::int64_t at_ms);

  /// Writes what is in memory.
  [[nodiscard]] Result<void> flush();

  /// How many records wait in memory, and how many had to be dropped because too many waited.
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t dropped() const;

  /// The record appended last, as it is in the log or will be.
  [[nodiscard]] const Record& last() const;

 private:
  struct Inside;
  explicit EventLog(std::unique_ptr<Inside> inside);

  std::unique_ptr<Inside> inside_;
};

}  // namespace holdfast::events
