// SPDX-License-Identifier: Apache-2.0
// Mounts and drives. A shared file system that is full or slow is not this node's fault: that is
// watched, never drained for, unless the class demands the mount.
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

/// "/scratch/" of a class is "/scratch", as the kernel writes it.
std::string_view place(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

bool demanded(const NodeClass& node, const MountFacts& mount) {
  return std::ranges::find(node.mounts, mount.path, place) != node.mounts.end();
}

/// The file systems of a user's session and of containers are as small as was asked for: what is
/// full there is full for their owner alone. An overlay has the space of the one it lies on.
bool of_somebody(const MountFacts& mount) {
  constexpr std::array<std::string_view, 8> places{"/run/user/",
                                                   "/var/lib/docker/",
                                                   "/var/lib/containers/",
                                                   "/var/lib/containerd/",
                                                   "/var/lib/kubelet/pods/",
                                                   "/run/containerd/",
                                                   "/run/containers/",
                                                   "/run/docker/"};
  const bool shm = mount.type == "tmpfs" && mount.path.ends_with("/shm");
  return mount.of_user || (shm && mount.path != "/dev/shm") ||
         (mount.type == "overlay" && mount.path != "/") ||
         std::ranges::any_of(places,
                             [&](std::string_view at) { return mount.path.starts_with(at); });
}

bool shared(const MountFacts& mount) {
  constexpr std::array<std::string_view, 9> types{
      "nfs", "nfs4", "lustre", "beegfs", "gpfs", "ceph", "cifs", "wekafs", "panfs"};
  return std::ranges::find(types, mount.type) != types.end();
}

/// Not file systems that are always full, have no size, or are nobody's but their owner's.
bool is_judged(const Report& report, const MountFacts& mount) {
  return !mount.read_only && mount.type != "squashfs" && mount.type != "iso9660" &&
         mount.bytes.value_or(0) > 0 && (!of_somebody(mount) || demanded(report.node, mount));
}

void mounts(Report& report) {
  if (report.node.mounts.empty()) return;
  report.see("", report.facts.storage.mounts, [&](const std::vector<MountFacts>& mounts) {
    for (const std::string& path : report.node.mounts) {
      // The last of several at one place hides the others.
      const auto found =
          std::ranges::find(mounts.rbegin(), mounts.rend(), place(path), &MountFacts::path);
      if (found == mounts.rend())
        report.against(path, "is not mounted");
      else if (found->read_only)
        report.against(path, "is mounted read-only", "read-write");
    }
  });
}

void probes(Report& report) {
  report.each(report.facts.storage.mounts, [&](const MountFacts& mount) {
    if (mount.answers.known() && !*mount.answers)
      report.against(mount.path, "answers with an error");
    else if (mount.answers.unseen() && demanded(report.node, mount))
      report.against(mount.path, cat("does not answer: ", mount.answers.why()));
    else
      report.see(mount.path, mount.answers, [](bool) {});
  });
}

void full(Report& report,
          const MountFacts& mount,
          std::string_view of,
          const Fact<std::uint64_t>& all,
          const Fact<std::uint64_t>& free) {
  if (all.value_or(0) == 0) return;
  report.see(mount.path, free, [&](std::uint64_t left) {
    const double used = 100 - 100.0 * static_cast<double>(left) / static_cast<double>(*all);
    const std::string what = cat(number_text(used), " % of ", of, " used");
    if (used >= report.limit("unfit") && !shared(mount))
      report.against(mount.path, what, cat("below ", number_text(report.limit("unfit")), " %"));
    else if (used >= report.limit("watch"))
      report.watch(mount.path, what, cat("below ", number_text(report.limit("watch")), " %"));
  });
}

void space(Report& report) {
  report.each(report.facts.storage.mounts, [&](const MountFacts& mount) {
    if (is_judged(report, mount) && mount.path != "/dev/shm")
      full(report, mount, "space", mount.bytes, mount.bytes_free);
  });
}

void inodes(Report& report) {
  report.each(report.facts.storage.mounts, [&](const MountFacts& mount) {
    // what a job that runs has in /dev/shm goes with it
    const bool in_use = mount.path == "/dev/shm" && !report.facts.slurm.jobs.is({});
    if (is_judged(report, mount) && !in_use)
      full(report, mount, "inodes", mount.inodes, mount.inodes_free);
  });
}

void drives(Report& report, std::string_view kind, std::string_view good) {
  report.each(report.facts.storage.drives, [&](const DriveFacts& drive) {
    if (drive.kind != kind) return;
    report.see(drive.name, drive.state, [&](const std::string& state) {
      if (state != good) report.against(drive.name, cat("is ", state), std::string(good));
    });
  });
}

void nvme(Report& report) { drives(report, "nvme", "live"); }
void md(Report& report) { drives(report, "md", "clean"); }

void lustre(Report& report) {
  report.see("", report.facts.storage.lustre, [&](const std::string& state) {
    if (state != "healthy") report.against("", cat("Lustre says it is ", state), "healthy");
  });
}

void fuse(Report& report) {
  report.see("",
             report.facts.storage.fuse_waiting,
             [&](const std::map<std::string, std::uint64_t>& connections) {
               const auto all = report.facts.storage.fuse_most.value_or({});
               for (const auto& [name, waiting] : connections) {
                 const auto most = all.find(name);
                 const double share =
                     most == all.end() ? 0
                                       : report.limit("share") * static_cast<double>(most->second);
                 report.most(cat("FUSE ", name),
                             "requests that wait:",
                             static_cast<double>(waiting),
                             std::max(report.limit("waiting"), share));
               }
             });
}

constexpr std::array full_limits{Limit{"watch", 90, "percent used"},
                                 Limit{"unfit", 97, "percent used, local file systems"}};
constexpr std::array fuse_limits{
    Limit{"waiting", 10, "requests that wait"},
    Limit{"share", 0.8, "of those at which it makes others wait, where that is more"}};

/// A full or broken file system is the node's; a user's quota or rights are his own.
void write_trials(Report& report) {
  using Trials = std::map<std::string, std::string>;
  report.see("", report.facts.storage.write_trials, [&](const Trials& trials) {
    for (const auto& [path, result] : trials) {
      if (result == "written") continue;
      const bool own = result == "EACCES" || result == "EPERM" || result == "EDQUOT";
      if (own)
        report.watch(path, cat("a file cannot be written: ", result), "written");
      else
        report.against(path, cat("a file cannot be written: ", result), "written");
    }
  });
}

/// A save that finds no room leaves a torso, after minutes in which nothing was computed.
void checkpoint_space(Report& report) {
  constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
  report.each(report.facts.storage.checkpoints, [&](const CheckpointFacts& place) {
    report.see(place.directory, place.newest_bytes, [&](std::uint64_t newest) {
      report.see(place.directory, place.bytes_free, [&](std::uint64_t free) {
        const double needed = report.limit("factor") * static_cast<double>(newest);
        if (static_cast<double>(free) < needed)
          report.against(
              place.directory,
              cat(free / mebibyte, " MiB are free, ", place.newest, " has ", newest / mebibyte),
              cat("at least ", number_text(report.limit("factor")), " times as much"));
      });
    });
  });
}

constexpr std::array checkpoint_limits{
    Limit{"factor", 1.2, "times the newest whole checkpoint that must be free"}};

constexpr auto rows = std::to_array<Check>({
    {"fs.mounts",
     "the class's file systems are mounted",
     "/proc/self/mountinfo, class",
     before_job | periodic,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "mount it",
     {},
     mounts},
    {"fs.probe",
     "every mount answers",
     "statfs in a child, class",
     before_job | periodic,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look at the file server first",
     {},
     probes},
    {"fs.space",
     "local file systems have room",
     "statfs",
     always,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "remove what jobs left",
     full_limits,
     space},
    {"fs.inodes",
     "local file systems have inodes",
     "statfs",
     always,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "remove what jobs left",
     full_limits,
     inodes},
    {"fs.lustre",
     "the Lustre client is healthy",
     "/sys/fs/lustre",
     before_job | periodic,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "lctl get_param health_check",
     {},
     lustre},
    {"fs.write",
     "a file can be written where the site says",
     "a file of 4 KiB, written, synced and removed",
     repair,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "make room, or mount the file system anew",
     {},
     write_trials},
    {"fs.ckpt_space",
     "there is room for one more checkpoint",
     "statfs and the newest checkpoint, where a directory is named",
     periodic,
     Severity::watch,
     Action::tell_user,
     Clears::when_passing,
     "remove old checkpoints, or save elsewhere",
     checkpoint_limits,
     checkpoint_space},
    {"fs.nvme",
     "every NVMe drive is live",
     "/sys/class/nvme",
     periodic,
     Severity::unfit,
     Action::inspect,
     Clears::when_passing,
     "reboot; then replace the drive",
     {},
     nvme},
    {"fs.md",
     "no array is degraded",
     "/proc/mdstat",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "replace the drive",
     {},
     md},
    {"fs.fuse",
     "no FUSE file system hangs",
     "/sys/fs/fuse",
     periodic,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "restart its server",
     fuse_limits,
     fuse},
});

}  // namespace

std::span<const Check> storage_checks() { return rows; }

}  // namespace holdfast::health
