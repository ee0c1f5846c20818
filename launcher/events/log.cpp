// SPDX-License-Identifier: Apache-2.0
// Appending. What keeps two supervisors from writing at once is the majority and the lease; the
// look at the claimed epochs before each write is a second lock behind it, and replay() passes over
// what still slips through.
#include "holdfast/events/log.hpp"

#include "events/state_files.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/line.hpp"
#include "holdfast/events/state_directory.hpp"

#include <deque>

namespace holdfast::events {

namespace {

/// What a run may say while its disk is full for a day.
constexpr std::size_t most_waiting = 20000;
constexpr std::size_t most_waiting_bytes = std::size_t{32} * 1024 * 1024;

/// What goes into one write.
constexpr std::size_t most_at_once = std::size_t{1024} * 1024;

struct Waiting {
  Record record;
  std::string line;
};

Failure succeeded(std::uint64_t ours, std::uint64_t theirs) {
  return {FailureKind::conflict,
          cat("supervisor ", theirs, " has taken over this run from supervisor ", ours),
          "",
          {}};
}

}  // namespace

struct EventLog::Inside {
  std::shared_ptr<StateFiles> files;
  std::uint64_t epoch{};
  std::string host;
  LogContents before;
  Record last;
  std::deque<Waiting> waiting;
  std::size_t waiting_bytes{};
  std::size_t dropped{};
  std::size_t untold{};  ///< dropped and not yet noted in the log

  Result<void> add(Body body, std::int64_t at_ms) {
    last = {record_version, last.seq + 1, epoch, at_ms, host, std::move(body), {}};
    auto line = to_line(last);
    if (!line) return line.error();
    line->push_back('\n');
    waiting_bytes += line->size();
    waiting.push_back({last, std::move(*line)});
    while (waiting.size() > most_waiting || waiting_bytes > most_waiting_bytes)
      drop_oldest();
    return {};
  }

  void drop_oldest() {
    ++dropped;
    ++untold;
    Record note = std::move(waiting.front().record);
    waiting_bytes -= waiting.front().line.size();
    waiting.pop_front();
    if (untold > 1) {  // the note that stood for those before it
      waiting_bytes -= waiting.front().line.size();
      note = std::move(waiting.front().record);
      waiting.pop_front();
    }
    // In the place of what is gone, so that the order of the numbers holds.
    note.body = Note{cat(untold, " events could not be written and are missing here")};
    note.more.clear();
    auto line = to_line(note);
    if (!line) return;
    line->push_back('\n');
    waiting_bytes += line->size();
    waiting.push_front({std::move(note), std::move(*line)});
  }

  /// The lines of one write, and how many they are.
  [[nodiscard]] std::pair<std::string, std::size_t> next_piece() const {
    std::string bytes;
    std::size_t count = 0;
    for (const Waiting& one : waiting) {
      if (count > 0 && bytes.size() + one.line.size() > most_at_once) break;
      bytes += one.line;
      ++count;
    }
    return {std::move(bytes), count};
  }

  Result<void> write_piece() {
    const auto names = files->names();
    if (!names) return names.error();
    if (const auto highest = highest_epoch_of(*names); highest > epoch)
      return succeeded(epoch, highest);
    const auto ending = files->ending(std::string(log_file));
    if (!ending) return ending.error();
    auto [bytes, count] = next_piece();
    // A line that a crash or a full disk cut off is ended first: it must not swallow this one. Nor
    // may it become a record now, if only its end was missing: who read it without, went on
    // without.
    if (ending->in_line) bytes.insert(0, "~\n");
    auto written = files->append(std::string(log_file), bytes);
    if (!written) return written;
    for (; count > 0; --count) {
      waiting_bytes -= waiting.front().line.size();
      waiting.pop_front();
    }
    untold = 0;
    return {};
  }

  Result<void> flush() {
    while (!waiting.empty()) {
      auto written = write_piece();
      if (!written) return written;
    }
    return {};
  }
};

EventLog::EventLog(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
EventLog::EventLog(EventLog&&) noexcept = default;
EventLog& EventLog::operator=(EventLog&&) noexcept = default;
EventLog::~EventLog() = default;

Result<EventLog> EventLog::open(const std::string& directory,
                                std::uint64_t epoch,
                                std::string host) {
  return open(posix_files(directory), epoch, std::move(host));
}

Result<EventLog> EventLog::open(std::shared_ptr<StateFiles> files,
                                std::uint64_t epoch,
                                std::string host) {
  const auto names = files->names();
  if (!names) return names.error();
  const auto highest = highest_epoch_of(*names);
  if (highest > epoch) return succeeded(epoch, highest);
  if (highest < epoch)
    return Failure{FailureKind::conflict, cat("nobody has claimed epoch ", epoch), "", {}};
  auto contents = read_log(*files);
  if (!contents && contents.error().kind != FailureKind::not_found) return contents.error();
  auto inside = std::make_unique<Inside>();
  inside->files = std::move(files);
  inside->epoch = epoch;
  inside->host = std::move(host);
  if (contents) inside->before = std::move(*contents);
  if (!inside->before.whole)
    return Failure{FailureKind::unsupported,
                   "the event log is longer than any run's",
                   "name another state directory",
                   {}};
  if (!inside->before.records.empty()) inside->last.seq = inside->before.records.back().seq;
  return EventLog(std::move(inside));
}

const LogContents& EventLog::before() const { return inside_->before; }

Result<void> EventLog::append(Body body, std::int64_t at_ms) {
  auto added = inside_->add(std::move(body), at_ms);
  return added ? inside_->flush() : added;
}

void EventLog::add(Body body, std::int64_t at_ms) {
  // A body too long for a line is the only failure; append() is there for those that matter.
  (void)inside_->add(std::move(body), at_ms);
}

Result<void> EventLog::flush() { return inside_->flush(); }

std::size_t EventLog::waiting() const { return inside_->waiting.size(); }

std::size_t EventLog::dropped() const { return inside_->dropped; }

const Record& EventLog::last() const { return inside_->last; }

}  // namespace holdfast::events
