// SPDX-License-Identifier: Apache-2.0
#include "sentinel/processes.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cctype>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::sentinel {

namespace {

constexpr std::size_t most_environment = std::size_t{1} << 20U;
constexpr std::uint64_t longest_wait = 32;  // readings: 16 s at two beats a second
constexpr std::uint64_t between_more = 10;  // readings: 5 s, as often as somebody judges hangs

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::string read_whole(const std::string& path, std::size_t most) {
  std::string text;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  char buffer[4096];
  ssize_t got = 1;
  while (got > 0 && text.size() < most) {
    got = ::read(file, buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(file);
  return text;
}

bool is_pid(const char* name) { return std::isdigit(static_cast<unsigned char>(name[0])) != 0; }

}  // namespace

std::optional<Mark> mark_in(std::string_view environment, std::string_view job) {
  std::optional<unsigned> attempt;
  std::optional<unsigned> rank;
  unsigned local = 0;
  bool ours = false;
  bool in_step = false;
  for (const std::string_view entry : split(environment, '\0')) {
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = entry.substr(0, equals);
    const auto value = entry.substr(equals + 1);
    if (name == "HOLDFAST_ATTEMPT")
      attempt = parse_number<unsigned>(value);
    else if (name == "SLURM_PROCID")
      rank = parse_number<unsigned>(value);
    else if (name == "SLURM_LOCALID")
      local = parse_number<unsigned>(value).value_or(0);
    else if (name == "SLURM_JOB_ID")
      ours = value == job;
    else if (name == "SLURM_STEP_ID")
      in_step = true;
  }
  if (!ours || !in_step || !attempt || !rank) return std::nullopt;
  return Mark{*attempt, *rank, local};
}

std::optional<Process> parse_stat(std::string_view text) {
  const auto opening = text.find(" (");
  const auto closing = text.rfind(')');
  if (opening == std::string_view::npos || closing == std::string_view::npos ||
      closing < opening + 1)
    return std::nullopt;
  const auto pid = parse_number<unsigned>(text.substr(0, opening));
  const auto fields = split(trim(text.substr(closing + 1)), ' ');
  constexpr std::size_t state = 0;  // proc(5) counts from the pid: this is its field 3
  constexpr std::size_t parent = 1;
  constexpr std::size_t minor_faults = 7;
  constexpr std::size_t major_faults = 9;
  constexpr std::size_t user = 11;
  constexpr std::size_t system = 12;
  constexpr std::size_t start = 19;
  if (!pid || fields.size() <= start || fields[state].size() != 1) return std::nullopt;
  const auto ppid = parse_number<unsigned>(fields[parent]);
  const auto minor = parse_number<std::uint64_t>(fields[minor_faults]);
  const auto major = parse_number<std::uint64_t>(fields[major_faults]);
  const auto in_user = parse_number<std::uint64_t>(fields[user]);
  const auto in_system = parse_number<std::uint64_t>(fields[system]);
  const auto started = parse_number<std::uint64_t>(fields[start]);
  if (!ppid || !minor || !major || !in_user || !in_system || !started) return std::nullopt;
  Process process;
  process.pid = static_cast<int>(*pid);
  process.parent = static_cast<int>(*ppid);
  process.state = fields[state][0];
  process.cpu_ticks = *in_user + *in_system;
  process.faults = *minor + *major;
  process.started = *started;
  return process;
}

std::uint64_t parse_io(std::string_view text) {
  std::uint64_t bytes = 0;
  for (const std::string_view line : split(text, '\n'))
    for (const std::string_view name : {"rchar: ", "wchar: "})
      if (line.starts_with(name))
        bytes += parse_number<std::uint64_t>(line.substr(name.size())).value_or(0);
  return bytes;
}

std::string parse_wait_channel(std::string_view text) {
  constexpr std::size_t longest = 64;
  const std::string_view name = trim(text);
  const bool is_name = std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  });
  return is_name && name != "0" && name.size() <= longest ? std::string(name) : std::string();
}

std::vector<Process> with_descendants(std::vector<Process> all) {
  std::map<int, std::size_t> by_pid;
  for (std::size_t at = 0; at < all.size(); ++at)
    by_pid.emplace(all[at].pid, at);
  for (Process& process : all) {
    if (process.mark) continue;
    // A chain of parents is as long as the table at most, also when pids were reused while it was
    // read and the parents go round in a circle.
    auto parent = by_pid.find(process.parent);
    for (std::size_t step = 0; step < all.size() && parent != by_pid.end(); ++step) {
      const Process& above = all[parent->second];
      if (above.mark) {
        process.mark = above.mark;
        break;
      }
      parent = by_pid.find(above.parent);
    }
  }
  std::erase_if(all, [](const Process& process) { return !process.mark; });
  return all;
}

ProcessTable::ProcessTable(std::string job, std::string proc)
    : job_(std::move(job)), proc_(std::move(proc)), own_(::getuid()) {}

std::optional<Process> ProcessTable::read_stat(const std::string& pid) {
  return parse_stat(read_whole(cat(proc_, '/', pid, "/stat"), 4096));
}

std::optional<Mark> ProcessTable::read_mark(const std::string& pid) {
  const std::string path = cat(proc_, '/', pid);
  struct stat facts {};
  // Root may read every environment, and must not take another user's process for his own.
  if (::stat(path.c_str(), &facts) != 0 || facts.st_uid != own_) return std::nullopt;
  return mark_in(read_whole(cat(path, "/environ"), most_environment), job_);
}

/// What is too dear for every beat: each costs as much as the rest of a beat.
void ProcessTable::read_more(const std::string& pid, Known& known) const {
  constexpr std::size_t most = 4096;
  known.io_bytes = parse_io(read_whole(cat(proc_, '/', pid, "/io"), most));
  known.waits_in = parse_wait_channel(read_whole(cat(proc_, '/', pid, "/wchan"), most));
  known.read_more = readings_ + between_more;
}

std::vector<Process> ProcessTable::read_marked() {
  ++readings_;
  std::vector<Process> found;
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(proc_.c_str()));
  if (!directory) return found;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a directory stream of our own
  while (const dirent* entry = ::readdir(directory.get())) {
    if (!is_pid(entry->d_name)) continue;
    auto at = known_.find(std::string_view(entry->d_name));
    if (at == known_.end()) at = known_.emplace(entry->d_name, Known{}).first;
    Known& known = at->second;
    known.seen = readings_;
    if (known.inode != entry->d_ino) {
      known = {};
      known.inode = entry->d_ino;
      known.look_again = known.seen = known.read_more = readings_;
      known.wait = 1;
    }
    if (!known.mark && readings_ >= known.look_again) {
      known.mark = read_mark(at->first);
      known.look_again = readings_ + known.wait;
      known.wait = std::min(2 * known.wait, longest_wait);
    }
    if (!known.mark) continue;
    if (auto process = read_stat(at->first)) {
      if (readings_ >= known.read_more) read_more(at->first, known);
      process->io_bytes = known.io_bytes;
      process->waits_in = known.waits_in;
      process->mark = known.mark;
      found.push_back(*process);
    }
  }
  std::erase_if(known_, [this](const auto& known) { return known.second.seen != readings_; });
  return found;
}

std::vector<Process> ProcessTable::read_all() {
  std::vector<Process> all;
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(proc_.c_str()));
  if (!directory) return all;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a directory stream of our own
  while (const dirent* entry = ::readdir(directory.get())) {
    if (!is_pid(entry->d_name)) continue;
    auto process = read_stat(entry->d_name);
    if (!process) continue;
    process->mark = read_mark(entry->d_name);
    all.push_back(*process);
  }
  return with_descendants(std::move(all));
}

}  // namespace holdfast::sentinel
