// SPDX-License-Identifier: Apache-2.0
// The memory as files. Each is replaced by rename, so a reader meets the old or the new; the event
// store is appended to with one write a run, and cut to its newer half when it has grown too long.
// Several prologs may run at once: the memory belongs to the last.
#include "baseline_text.hpp"
#include "file.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/read_file.hpp"
#include "holdfast/health/keep/memory.hpp"

#include <array>
#include <utility>

namespace holdfast::health {

namespace {

constexpr std::size_t most_file_bytes = std::size_t{8} << 20;

constexpr std::array<std::string_view, 3> words_of_age{"last", "hour", "day"};

Result<Baseline> read_kept(const std::filesystem::path& file) {
  const auto text = files::read_file(file, most_file_bytes);
  if (!text) return text.error();
  return parse_baseline(*text);
}

}  // namespace

Result<void> write_by_rename(const std::filesystem::path& file, std::string_view text) {
  return replace_file(file, text, 0644);
}

Result<Memory> Store::read_memory() const {
  const auto text = files::read_file(folder_ / "memory.json", most_file_bytes);
  if (!text) return text.error();
  auto memory = parse_memory(*text);
  if (!memory) return Failure(memory.error()).within((folder_ / "memory.json").string());
  return memory;
}

Result<void> Store::change_memory(const std::function<void(Memory&)>& change) const {
  const auto changes = [&](const Result<Memory>& memory, Memory& changed) {
    if (memory) changed = *memory;
    change(changed);
    return !memory || changed != *memory;
  };
  // Before most jobs there is nothing to change, and who changes nothing came before all who do.
  if (Memory same; !changes(read_memory(), same)) return {};
  // Held for a read and a write. Who does not get it in time writes all the same: a wrong count of
  // clean runs is better than a job that waits.
  const Lock lock(folder_ / "lock", std::chrono::seconds(1));
  Memory changed;
  if (!changes(read_memory(), changed)) return {};
  return replace_file(folder_ / "memory.json", to_json(changed) + "\n", 0600);
}

Result<Baseline> Store::read_baseline(Age age) const {
  return read_kept(folder_ / cat("baseline-", words_of_age[static_cast<std::size_t>(age)]));
}

Result<void> Store::write_baseline(const Baseline& baseline) const {
  const std::string text = to_json(baseline) + "\n";
  auto kept = replace_file(folder_ / "baseline-last", text, 0600);
  for (const auto& [name, seconds] : {std::pair("hour", 3600), std::pair("day", 86400)}) {
    const auto file = folder_ / cat("baseline-", name);
    const auto next = folder_ / cat("baseline-", name, "-next");
    const auto waiting = read_kept(next);
    const bool begins = !waiting || waiting->boot_id != baseline.boot_id;
    if (!begins && baseline.at - waiting->at < seconds) continue;
    if (kept) kept = begins ? replace_file(file, text, 0600) : take_place(next, file);
    if (kept) kept = replace_file(next, text, 0600);
  }
  return kept;
}

std::string Store::read_cursor() const {
  const auto text = files::read_file(folder_ / "cursor", 4096);
  return text ? *text : std::string();
}

Result<void> Store::write_cursor(std::string_view cursor) const {
  return replace_file(folder_ / "cursor", cursor, 0600);
}

std::vector<HealthEvent> Store::read_events() const {
  std::vector<HealthEvent> events;
  const auto text = files::read_file(folder_ / "events.jsonl", 2 * most_event_bytes);
  if (!text) return events;
  for (const std::string_view line : split(*text, '\n'))
    if (auto event = parse_health_event(line)) events.push_back(std::move(*event));
  return events;
}

Result<void> Store::append(std::span<const HealthEvent> events) const {
  if (events.empty()) return {};
  std::string lines;
  for (const HealthEvent& event : events)
    lines += to_json(event) + "\n";
  const auto file = folder_ / "events.jsonl";
  const auto before = files::read_file(file, 2 * most_event_bytes);
  if (before && before->size() + lines.size() > most_event_bytes) {
    const auto half = before->find('\n', before->size() / 2);
    const std::string newer = half == std::string::npos ? "" : before->substr(half + 1);
    return replace_file(file, newer + lines, 0600);
  }
  // A line that a full disk cut short must not swallow the next one.
  const bool cut = before && !before->empty() && before->back() != '\n';
  return append_file(file, cut ? "\n" + lines : lines, 0600);
}

}  // namespace holdfast::health
