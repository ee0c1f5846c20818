// SPDX-License-Identifier: Apache-2.0
// One pass over /proc. A process belongs to a job when its cgroup does; a job is running when its
// slurmstepd is. What is in a job's cgroup without a slurmstepd was left behind by a job that
// ended. A user chooses the name and the title of his processes, and the names of the cgroups that
// systemd lets him make: none of them is believed where it could be his.
#include "holdfast/common/result.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"
#include "looks.hpp"
#include "process_stat.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

struct Pass {
  double uptime{};
  double ticks{100};  ///< of the clock, per second
  std::vector<ProcessFacts> blocked;
  std::uint64_t zombies{};
  std::uint64_t all{};
  std::set<std::uint32_t> running_jobs;                   ///< those with a slurmstepd
  std::map<std::uint32_t, std::set<std::string>> groups;  ///< job → its cgroups with processes
  std::set<std::uint32_t> users_of_jobs;
  std::vector<ProcessFacts> of_users;  ///< outside every job's cgroup
  std::string slurmd;                  ///< its pid
};

/// Accounts below belong to the system and its services.
constexpr std::uint32_t first_user = 1000;
constexpr std::uint32_t nobody = 65534;
/// systemd gives the numbers from here on to services (its document "Users, Groups, UIDs and
/// GIDs"), and Debian's packages have some of them, slurm's 64030 among these.
constexpr std::uint32_t first_service = 61184;
constexpr std::uint32_t last_service = 65535;
constexpr std::size_t most_listed = 64;

std::optional<std::uint32_t> owner_of(const Tree& tree, const std::string& process) {
  struct stat status {};
  if (stat(tree.path_of(process).c_str(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

struct Owned {
  ProcessStat stat;
  std::uint32_t owner{};
};

/// A node has thousands of processes, and this is done for each: one path, one file, no string but
/// the name. The owner of the directory is the owner of the process, whatever it does: the files in
/// it become root's once it has made itself undumpable. A kernel thread is root's.
std::optional<Owned> read_stat(int proc, const char* number) {
  const files::Descriptor file(
      openat(proc, cat(number, "/stat").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.open()) return std::nullopt;
  std::array<char, 512> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  const ssize_t got = read(file.get(), buffer.data(), buffer.size());
  if (got <= 0) return std::nullopt;
  auto stat = parse_process_stat(trim({buffer.data(), static_cast<std::size_t>(got)}));
  if (!stat) return std::nullopt;
  if (stat->kernel_thread) return Owned{std::move(*stat), 0};
  struct stat status {};
  if (fstatat(proc, number, &status, 0) != 0) return std::nullopt;
  return Owned{std::move(*stat), status.st_uid};
}

/// The line of cgroup v2, or of a v1 hierarchy that Slurm uses.
std::string cgroup_of(const Tree& tree, const std::string& process) {
  const auto text = tree.text(cat(process, "/cgroup"));
  if (!text.known()) return {};
  for (const std::string_view line : split(*text, '\n')) {
    const auto path = line.find('/');
    if (path != std::string_view::npos && job_of_cgroup(line.substr(path)))
      return std::string(line.substr(path));
  }
  return {};
}

/// Whether a process of root's is what its name says: a setuid program that a user calls by another
/// name is root's too. Where the kernel does not tell the program, the name is believed. There may
/// be more behind the name: "slurmstepd-wlm" of Debian, "slurmstepd (deleted)" after an upgrade.
bool runs_program(const Tree& tree, const std::string& process, std::string_view name) {
  const std::string program = tree.link(cat(process, "/exe"));
  return program.empty() ||
         std::string_view(program).substr(program.rfind('/') + 1).starts_with(name);
}

/// "slurmstepd: [123.batch]" is of job 123.
std::optional<std::uint32_t> job_of_step_daemon(const Tree& tree, const std::string& process) {
  const auto title = tree.text(cat(process, "/cmdline"));
  if (!title.known() || !title->starts_with("slurmstepd: [")) return std::nullopt;
  if (!runs_program(tree, process, "slurmstepd")) return std::nullopt;
  const std::string_view rest = std::string_view(*title).substr(13);
  return parse_number<std::uint32_t>(rest.substr(0, rest.find_first_of(".+_]")));
}

void look_at_daemons(const Tree& tree,
                     const std::string& process,
                     const ProcessStat& stat,
                     Pass& seen) {
  if (stat.name == "slurmd" && runs_program(tree, process, "slurmd")) seen.slurmd = process;
  if (!stat.name.starts_with("slurmstepd")) return;
  if (const auto job = job_of_step_daemon(tree, process)) seen.running_jobs.insert(*job);
}

ProcessFacts facts_of(const Owned& process, const Pass& seen) {
  const double began = static_cast<double>(process.stat.started) / seen.ticks;
  const double age = std::max(seen.uptime - began, 0.0);
  return {process.stat.pid, process.stat.name, process.owner, static_cast<std::uint64_t>(age)};
}

void look_at_one(const Tree& tree, int proc, const char* number, Pass& seen) {
  const auto read = read_stat(proc, number);
  if (!read) return;  // it ended meanwhile
  const ProcessStat& stat = read->stat;
  ++seen.all;
  if (stat.state == 'Z') ++seen.zombies;
  if (stat.state == 'D' && seen.blocked.size() < most_listed)
    seen.blocked.push_back(facts_of(*read, seen));
  const std::uint32_t owner = read->owner;
  if (owner == 0 && stat.name.starts_with("slurm"))
    look_at_daemons(tree, cat("proc/", number), stat, seen);
  const bool of_user = owner >= first_user && owner != nobody;
  // only processes of users and of root in a job's cgroup matter; reading it costs most of this
  // pass
  if (!of_user || stat.state == 'Z') return;
  const std::string group = cgroup_of(tree, cat("proc/", number));
  if (const auto job = job_of_cgroup(group)) {
    seen.groups[*job].insert(group);
    seen.users_of_jobs.insert(owner);
  } else if ((owner < first_service || owner > last_service) && seen.of_users.size() < 4096) {
    seen.of_users.push_back(facts_of(*read, seen));
  }
}

/// "/usr/lib/x86_64-linux-gnu/slurm-wlm/libslurmfull-22.05.8.so": the version a running slurmd has
/// loaded, when its library carries it in its name, as Debian's does.
constexpr std::string_view library_mark = "/libslurmfull-";

std::string version_in(std::string_view path) {
  const auto at = path.find(library_mark);
  const auto end = path.find(".so", at == std::string_view::npos ? 0 : at);
  if (at == std::string_view::npos || end == std::string_view::npos) return {};
  return std::string(path.substr(at + library_mark.size(), end - at - library_mark.size()));
}

void compare_versions(const Tree& tree, const std::string& slurmd, SlurmFacts& slurm) {
  if (slurmd.empty()) {
    slurm.slurmd_version = Fact<std::string>::lacking("no slurmd runs here");
    return;
  }
  constexpr std::size_t most = std::size_t{1} << 20;
  const auto maps = tree.long_text(cat(slurmd, "/maps"), most);
  if (!maps.known()) {
    slurm.slurmd_version = maps;
    return;
  }
  for (const std::string_view line : split(*maps, '\n')) {
    const auto path = line.find('/');
    const std::string version = version_in(line);
    if (version.empty() || path == std::string_view::npos) continue;
    slurm.slurmd_version = version;
    const std::string file(line.substr(path + 1));
    const auto names = tree.names(file.substr(0, file.rfind('/')));
    for (const std::string& name : names.value_or({}))
      if (const auto installed = version_in(cat("/", name)); !installed.empty())
        slurm.installed_version = installed;
    return;
  }
  slurm.slurmd_version = Fact<std::string>::lacking("its library does not carry its version");
}

void conclude_jobs(const Tree& tree, Pass& seen, Facts& facts) {
  std::set<std::uint32_t> jobs = seen.running_jobs;
  std::vector<std::string> leftovers;
  for (const auto& [job, groups] : seen.groups) {
    jobs.insert(job);
    // looked at once more: the job may have begun while we looked
    if (!seen.running_jobs.contains(job) && !runs_here(tree, job))
      leftovers.insert(leftovers.end(), groups.begin(), groups.end());
  }
  facts.slurm.jobs = std::vector<std::uint32_t>(jobs.begin(), jobs.end());
  facts.slurm.leftovers = std::move(leftovers);
  std::vector<ProcessFacts> orphans;
  for (ProcessFacts& process : seen.of_users)
    if (!seen.users_of_jobs.contains(process.uid) && orphans.size() < most_listed)
      orphans.push_back(std::move(process));
  facts.slurm.orphans = std::move(orphans);
}

/// The threads of the kernel, in ascending order: half of what a node with many PUs lists, and none
/// of it is of Slurm or of a user. Empty where the kernel does not list them.
std::vector<std::uint32_t> kernel_threads(const Tree& tree) {
  const auto parent = tree.text("proc/2/stat");
  const auto stat = parent.known() ? parse_process_stat(*parent) : std::nullopt;
  if (!stat || !stat->kernel_thread) return {};  // in a container number 2 is anybody
  constexpr std::size_t most = std::size_t{4} << 20;
  const auto children = tree.long_text("proc/2/task/2/children", most);
  std::vector<std::uint32_t> threads;
  if (!children.known()) return threads;
  threads.reserve(children->size() / 3);
  for (const std::string_view word : split(*children, ' '))
    if (const auto thread = parse_number<std::uint32_t>(word)) threads.push_back(*thread);
  std::ranges::sort(threads);
  return threads;
}

}  // namespace

std::optional<std::uint32_t> job_of_cgroup(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = split(line.substr(std::min(line.find('/'), line.size())), '/');
    if (parts.size() < 4) continue;  // the first is what stands before the leading slash
    // Both places are root's alone. With several slurmds on a node each has its own: "n1_slurm…".
    const bool v2 = parts[1] == "system.slice" && parts[2].ends_with("slurmstepd.scope");
    const bool v1 = parts[1].starts_with("slurm") && parts[2].starts_with("uid_");
    if ((!v1 && !v2) || !parts[3].starts_with("job_")) continue;
    if (const auto job = parse_number<std::uint32_t>(parts[3].substr(4))) return job;
  }
  return std::nullopt;
}

bool runs_here(const Tree& tree, std::uint32_t job) {
  const auto names = tree.names("proc");
  return std::ranges::any_of(names.value_or({}), [&](const std::string& name) {
    if (name.find_first_not_of("0123456789") != std::string::npos) return false;
    const std::string process = cat("proc/", name);
    return owner_of(tree, process) == 0U && job_of_step_daemon(tree, process) == job;
  });
}

void look_at_processes(const Tree& tree, Depth depth, Facts& facts) {
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(opendir(tree.path_of("proc").c_str()), closedir);
  if (!proc) {
    facts.system.processes =
        Fact<std::uint64_t>::unseen(cat("/proc: ", errno_code(errno).message()));
    return;
  }
  Pass seen;
  seen.uptime = static_cast<double>(leading_number(tree.text("proc/uptime")).value_or(0));
  seen.ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto passed_over =
      depth == Depth::quick ? kernel_threads(tree) : std::vector<std::uint32_t>{};
  const auto is_passed_over = [&passed_over](std::string_view name) {
    const auto number = parse_number<std::uint32_t>(name);
    return !number || std::ranges::binary_search(passed_over, *number);
  };
  // as the kernel lists them; readdir() is safe here: this stream is ours alone
  while (const dirent* entry = readdir(proc.get())) {  // NOLINT(concurrency-mt-unsafe)
    const char* const name = static_cast<const char*>(entry->d_name);
    if (!is_passed_over(name)) look_at_one(tree, dirfd(proc.get()), name, seen);
  }
  conclude_jobs(tree, seen, facts);
  if (depth == Depth::quick) return;
  facts.system.blocked = std::move(seen.blocked);
  facts.system.zombies = seen.zombies;
  facts.system.processes = seen.all;
  compare_versions(tree, seen.slurmd, facts.slurm);
}

}  // namespace holdfast::health
