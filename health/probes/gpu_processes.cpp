// SPDX-License-Identifier: Apache-2.0
// Who the processes on the GPUs are, that NVML knows by number alone. Their cgroups and their
// owners decide, nothing that a user can write: an environment is the user's word, and reading it
// can wait for ever on a file system that the user serves.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <sys/stat.h>

namespace holdfast::health {

namespace {

/// Of the directory: the kernel lets the files in it pass for root's when the process hides.
std::optional<std::uint32_t> owner_of(const Tree& tree, const std::string& process) {
  struct stat status {};
  if (stat(tree.path_of(process).c_str(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

/// "12 (a name) S 7 …": the name may hold parentheses, what follows it does not.
struct Lineage {
  std::string_view name;
  std::uint32_t parent{};
};
std::optional<Lineage> lineage_in(std::string_view stat) {
  const auto opening = stat.find(" (");
  const auto closing = stat.rfind(") ");
  if (opening == std::string_view::npos || closing == std::string_view::npos || closing < opening)
    return std::nullopt;
  const auto words = split(stat.substr(closing + 2), ' ');
  const auto parent = words.size() < 2 ? std::nullopt : parse_number<std::uint32_t>(words[1]);
  if (!parent) return std::nullopt;
  return Lineage{stat.substr(opening + 2, closing - opening - 2), *parent};
}

/// The jobs of this node, asked about only when a process is in doubt.
class Jobs {
 public:
  explicit Jobs(const Tree& tree) : tree_(tree) {}

  bool run(std::uint32_t job) {
    const auto known = running_.find(job);
    return known != running_.end() ? known->second
                                   : running_.emplace(job, runs_here(tree_, job)).first->second;
  }
  bool have_user(std::uint32_t user) {
    if (!users_) users_ = read_users();
    return users_->contains(user);
  }

 private:
  /// What a slurmstepd starts runs as the user of its job.
  [[nodiscard]] std::set<std::uint32_t> read_users() const {
    struct Child {
      std::uint32_t parent{}, owner{};
    };
    std::set<std::uint32_t> daemons;
    std::vector<Child> children;
    for (const std::string& name : tree_.names("proc").value_or({})) {
      const auto pid = parse_number<std::uint32_t>(name);
      if (!pid) continue;
      const std::string process = cat("proc/", name);
      const auto owner = owner_of(tree_, process);
      const auto stat = tree_.text(cat(process, "/stat"));
      const auto lineage = stat.known() ? lineage_in(*stat) : std::nullopt;
      if (!owner || !lineage) continue;  // it ended meanwhile
      if (*owner == 0 && lineage->name.starts_with("slurmstepd"))
        daemons.insert(*pid);
      else
        children.push_back({lineage->parent, *owner});
    }
    std::set<std::uint32_t> users;
    for (const Child& child : children)
      if (daemons.contains(child.parent)) users.insert(child.owner);
    return users;
  }

  const Tree& tree_;
  std::map<std::uint32_t, bool> running_;
  std::optional<std::set<std::uint32_t>> users_;
};

/// "/system.slice/nvidia-mps.service/…" is a service of the node, which no job left behind. From
/// some services users' processes come.
bool is_of_service(std::string_view cgroup) {
  constexpr std::string_view slice = "/system.slice/";
  constexpr std::string_view kind = ".service";
  constexpr std::array<std::string_view, 6> of_users{
      "slurmd", "ssh", "sshd", "cron", "crond", "atd"};
  if (!cgroup.starts_with(slice)) return false;
  std::string_view unit = cgroup.substr(slice.size());
  unit = unit.substr(0, unit.find('/'));
  if (!unit.ends_with(kind)) return false;
  unit.remove_suffix(kind.size());
  return std::ranges::find(of_users, unit.substr(0, unit.find('@'))) == of_users.end();
}

void name_process(const Tree& tree, Jobs& jobs, GpuProcess& process) {
  const std::string folder = cat("proc/", process.pid);
  const auto owner = owner_of(tree, folder);
  process.ended = !owner;
  if (process.ended) return;
  process.name = tree.text(cat(folder, "/comm")).value_or("");
  const auto cgroups = tree.text(cat(folder, "/cgroup")).value_or("");
  std::optional<std::uint32_t> job;
  for (const std::string_view line : split(cgroups, '\n')) {
    const std::string_view path = line.substr(std::min(line.find('/'), line.size()));
    if (!job) job = job_of_cgroup(path);
    process.of_service = process.of_service || is_of_service(path);
  }
  // On a cluster whose jobs have no cgroups that its user has a job here is all there is to know.
  process.of_job = job ? jobs.run(*job) : jobs.have_user(*owner);
}

bool is_in_doubt(const GpuProcess& process) {
  return !process.of_job && !process.of_service && !process.ended;
}

}  // namespace

void name_gpu_processes(const Tree& tree, std::vector<GpuFacts>& gpus) {
  Jobs jobs(tree);
  std::vector<GpuProcess*> in_doubt;
  for (GpuFacts& gpu : gpus) {
    if (!gpu.processes.known()) continue;
    for (GpuProcess& process : *gpu.processes) {
      name_process(tree, jobs, process);
      if (is_in_doubt(process)) in_doubt.push_back(&process);
    }
  }
  // looked at once more: a job that ends takes its processes along, one after the other
  for (GpuProcess* process : in_doubt)
    process->ended = !owner_of(tree, cat("proc/", process->pid));
}

}  // namespace holdfast::health
