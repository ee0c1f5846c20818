// SPDX-License-Identifier: Apache-2.0
// Reading a log, at any time and of any origin: it may be growing, a crash may have cut its last
// line, and two supervisors may have written while one succeeded the other.
#include "events/state_files.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/line.hpp"
#include "holdfast/events/log.hpp"
#include "holdfast/events/state_directory.hpp"

#include <algorithm>

namespace holdfast::events {

namespace {

/// A year of a job of thousands of nodes; more is no log of ours.
constexpr std::size_t most_bytes = std::size_t{256} * 1024 * 1024;
constexpr std::size_t most_bad_told = 100;

void put_bad(LogContents& contents, std::size_t offset, std::size_t bytes, std::string why) {
  ++contents.bad_lines;
  if (contents.bad.size() < most_bad_told) contents.bad.push_back({offset, bytes, std::move(why)});
}

void put_record(LogContents& contents, Record record) {
  if (!contents.records.empty()) {
    const Record& newest = contents.records.back();
    if (record.epoch < newest.epoch) {
      ++contents.too_late;
      return;
    }
    // Written again, because the first time it was not certain that it had got to the disk.
    if (record.epoch == newest.epoch && record.seq <= newest.seq) return;
  }
  contents.records.push_back(std::move(record));
}

}  // namespace

LogContents parse_log(std::string_view text) {
  LogContents contents;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t found = text.find('\n', begin);
    const std::size_t end = std::min(found, text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (found == std::string_view::npos) {
      contents.open_end = true;
    } else if (!line.empty()) {
      auto record = parse_line(line);
      if (record)
        put_record(contents, std::move(*record));
      else
        put_bad(contents, begin, line.size(), record.error().what);
    }
    begin = end + 1;
  }
  return contents;
}

Result<LogContents> read_log(const StateFiles& files) {
  const auto text = files.read(std::string(log_file), most_bytes);
  if (!text) return text.error();
  LogContents contents = parse_log(text->bytes);
  contents.whole = text->whole;
  return contents;
}

Result<LogContents> read_log(const std::string& directory) {
  return read_log(*posix_files(directory));
}

}  // namespace holdfast::events
