// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/memory.hpp"

#include "checkpoint/durable.hpp"
#include "checkpoint/formats/json.hpp"
#include "checkpoint/notes.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t memory_bytes = 16U << 20U;

constexpr std::array<std::pair<Experience, std::string_view>, 3> words{{
    {Experience::died, "died"},
    {Experience::condemned, "condemned"},
    {Experience::acquitted, "acquitted"},
}};

std::uint64_t nanoseconds_of(Time time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

Time time_of(std::uint64_t nanoseconds) {
  return Time(std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds)));
}

bool same(const Condemned& one, const MemoryEntry& entry) {
  return one.path == entry.path && one.step == entry.step && one.committed == entry.committed;
}

/// A checkpoint and how often it killed so far.
struct Record {
  Condemned who;
  unsigned deaths{};
  bool ruled_out{};
};

}  // namespace

MemoryEntry remember(Experience experience,
                     const Checkpoint& checkpoint,
                     std::string why,
                     Time when) {
  return {experience, checkpoint.path, checkpoint.step, checkpoint.committed, std::move(why), when};
}

std::string to_line(const MemoryEntry& entry) {
  boost::json::object line;
  for (const auto& [experience, word] : words)
    if (experience == entry.experience) line["checkpoint"] = word;
  line["path"] = entry.path;
  if (entry.step) line["step"] = *entry.step;
  if (entry.committed) line["committed_ns"] = nanoseconds_of(*entry.committed);
  line["why"] = entry.why;
  line["when_ns"] = nanoseconds_of(entry.when);
  return boost::json::serialize(line);
}

std::optional<MemoryEntry> parse_memory_line(std::string_view line) {
  const auto object = parse_json_object(line);
  if (!object) return std::nullopt;
  const auto word = text(*object, "checkpoint");
  const auto path = text(*object, "path");
  if (!word || !path) return std::nullopt;
  const auto known = std::ranges::find(words, *word, [](const auto& row) { return row.second; });
  if (known == words.end()) return std::nullopt;
  MemoryEntry entry;
  entry.experience = known->first;
  entry.path = *path;
  entry.step = natural(*object, "step");
  if (const auto committed = natural(*object, "committed_ns"))
    entry.committed = time_of(*committed);
  entry.why = text(*object, "why").value_or("");
  entry.when = time_of(natural(*object, "when_ns").value_or(0));
  return entry;
}

std::vector<Condemned> condemned_by(std::span<const MemoryEntry> memory, unsigned deaths) {
  std::vector<Record> records;
  for (const MemoryEntry& entry : memory) {
    auto found = std::ranges::find_if(
        records, [&](const Record& record) { return same(record.who, entry); });
    if (found == records.end()) {
      records.push_back({{entry.path, entry.step, entry.committed, {}}, 0, false});
      found = std::prev(records.end());
    }
    if (entry.experience == Experience::acquitted) {
      *found = {{entry.path, entry.step, entry.committed, {}}, 0, false};
      continue;
    }
    found->deaths += entry.experience == Experience::died ? 1 : 0;
    found->ruled_out = found->ruled_out || entry.experience == Experience::condemned;
    found->who.why = entry.why;
  }
  std::vector<Condemned> condemned;
  for (const Record& record : records)
    if (record.ruled_out || (deaths > 0 && record.deaths >= deaths))
      condemned.push_back(record.who);
  return condemned;
}

Result<std::vector<MemoryEntry>> read_memory(const std::string& file) {
  const auto lines = read_note(file, memory_bytes);
  std::vector<MemoryEntry> memory;
  if (!lines && lines.error().kind == FailureKind::not_found) return memory;
  if (!lines) return lines.error();
  for (const std::string_view line : split(*lines, '\n'))
    if (auto entry = parse_memory_line(line)) memory.push_back(std::move(*entry));
  return memory;
}

Result<void> append_memory(const std::string& file, const MemoryEntry& entry) {
  return append_line(file, to_line(entry));
}

}  // namespace holdfast::checkpoint
