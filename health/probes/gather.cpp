// SPDX-License-Identifier: Apache-2.0
// Looks at the whole node. The parent reads only what cannot wait (the list of mounts, the kernel's
// log) and leaves to children all that could; a server that does not answer, or a GPU that holds
// the driver's lock, costs its own line, and nobody else's.
#include "holdfast/health/probes/gather.hpp"

#include "child.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/nvml/read.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <map>
#include <sched.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

/// Looks that share a child. What takes longest has one half, all else the other.
enum Shared : unsigned { alone = 0, with_processes = 1, with_devices = 2 };

/// On one processor a second child only costs its fork. More than a set holds (EINVAL) are more.
bool has_room_for_two() {
  cpu_set_t ours;
  return sched_getaffinity(0, sizeof ours, &ours) != 0 || CPU_COUNT(&ours) > 1;
}

/// What one probe reads, and what is unseen when it does not answer.
struct Probe {
  std::string_view name;
  Shared shared;
  void (*see)(const GatherWish& wish, Facts& facts);
  void (*miss)(Facts& facts, const std::string& why);
};

template <class T>
void unsee(Fact<T>& fact, const std::string& why) {
  fact = Fact<T>::unseen(why);
}

void see_gpus(const GatherWish& wish, Facts& facts) {
  const Tree tree(wish.root);
  const bool named = wish.nvml_library.find('/') != std::string::npos;
  if (named || may_have_nvidia_gpus(tree)) {
    ask_nvml({wish.nvml_library, wish.depth == Depth::thorough}, facts);
    look_at_nvidia_files(tree, facts);
  } else {
    facts.gpu_driver.start = Fact<std::string>::lacking("no NVIDIA GPU here");
    facts.gpu_driver.kernel_version = facts.gpu_driver.start;
  }
  if (facts.gpus.known() || facts.gpus.unseen()) return;
  look_at_amd_gpus(tree, facts);
}

void see_devices(const GatherWish& wish, Facts& facts) {
  const Tree tree(wish.root);
  look_at_pci(tree, wish.depth, facts);
  look_at_ib(tree, wish.depth, facts);
  look_at_nets(tree, facts);
}

void see_host(const GatherWish& wish, Facts& facts) {
  const Tree tree(wish.root);
  look_at_memory(tree, wish.depth, facts);
  look_at_cpu(tree, wish.depth, facts);
  look_at_system(tree, wish.depth, facts);
  look_at_services(tree, wish.services, facts.system);
  look_at_drives(tree, wish.depth, facts);
}

void see_processes(const GatherWish& wish, Facts& facts) {
  look_at_processes(Tree(wish.root), wish.depth, facts);
}

void see_slurm(const GatherWish& wish, Facts& facts) { look_at_slurm(Tree(wish.root), facts); }

void see_event_log(const GatherWish& wish, Facts& facts) {
  read_event_log(wish.event_log(), facts);
}

/// Beside each other in a child in this order: behind a driver that hangs there is nobody.
constexpr std::array probes{
    Probe{"processes",
          with_processes,
          see_processes,
          [](Facts& facts, const std::string& why) {
            unsee(facts.system.blocked, why);
            unsee(facts.slurm.leftovers, why);
            unsee(facts.slurm.orphans, why);
          }},
    Probe{"host",
          with_processes,
          see_host,
          [](Facts& facts, const std::string& why) {
            unsee(facts.memory.total_bytes, why);
            unsee(facts.memory.edac, why);
            unsee(facts.cpu.online, why);
            unsee(facts.storage.drives, why);
          }},
    Probe{"slurm",
          with_processes,
          see_slurm,
          [](Facts& facts, const std::string& why) {
            unsee(facts.slurm.munge_answers, why);
            unsee(facts.slurm.gres_gpus, why);
          }},
    Probe{"devices",
          with_devices,
          see_devices,
          [](Facts& facts, const std::string& why) {
            unsee(facts.pci, why);
            unsee(facts.ib_ports, why);
            unsee(facts.nets, why);
          }},
    Probe{"gpus",
          with_devices,
          see_gpus,
          [](Facts& facts, const std::string& why) {
            unsee(facts.gpu_driver.start, why);
            unsee(facts.gpus, why);
          }},
    Probe{"event_log",
          alone,
          see_event_log,
          [](Facts& facts, const std::string& why) { unsee(facts.system.event_log_entries, why); }},
};

constexpr std::string_view why_left_out = "left out by check.leave_out";
constexpr std::string_view write_mark = "write ";
constexpr std::string_view checkpoint_mark = "checkpoints ";
constexpr std::size_t most_remote_mounts = 32;

bool is_wanted(const GatherWish& wish, std::string_view probe) {
  if (probe == "event_log" && !wish.event_log) return false;
  const auto names = [probe](const std::vector<std::string>& list) {
    return std::ranges::find(list, probe) != list.end();
  };
  return !names(wish.without) && !names(wish.leave_out);
}

std::string own_name(const GatherWish& wish) {
  if (!wish.node.empty()) return wish.node;
  // slurmd tells a prolog and a health check its own name; read before there are threads
  const char* told = std::getenv("SLURMD_NODENAME");  // NOLINT(concurrency-mt-unsafe)
  if (told != nullptr && *told != '\0') return told;
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return {};
  const std::string name = host.data();
  return name.substr(0, name.find('.'));
}

/// Asks a mount in a child; the answer travels as a list of one.
Look look_at_mount(const GatherWish& wish, const MountFacts& mount) {
  return {cat(mount_probe, mount.path), [&wish, mount](Facts& facts) {
            MountFacts asked = mount;
            ask_mount(Tree(wish.root), asked);
            facts.storage.mounts = std::vector<MountFacts>{std::move(asked)};
          }};
}

/// The file systems of a network; of several at one place only the last can be seen.
std::vector<Look> remote_looks(const GatherWish& wish, std::vector<MountFacts>& mounts) {
  std::vector<Look> looks;
  for (std::size_t at = mounts.size(); at-- > 0;) {
    MountFacts& mount = mounts[at];
    if (!is_remote(mount)) continue;
    if (!is_wanted(wish, cat(mount_probe, mount.path))) {
      mount.answers = Fact<bool>::missing(Gap::not_asked, std::string(why_left_out));
      continue;
    }
    const auto same = [&mount](const Look& look) {
      return look.name.substr(mount_probe.size()) == mount.path;
    };
    if (std::ranges::any_of(looks, same)) continue;
    if (looks.size() < most_remote_mounts)
      looks.push_back(look_at_mount(wish, mount));
    else
      mount.answers = Fact<bool>::missing(Gap::not_asked, "too many mounts of a network");
  }
  return looks;
}

/// Local file systems answer at once, except those whose disk hangs: so they are asked in a child
/// too.
Look local_look(const GatherWish& wish, std::vector<MountFacts> mounts) {
  return {"storage",
          [&wish, mounts = std::move(mounts)](Facts& facts) {
            std::vector<MountFacts> asked;
            asked.reserve(mounts.size());
            for (const MountFacts& mount : mounts) {
              if (is_remote(mount) || !has_space(mount)) continue;
              asked.push_back(mount);
              ask_mount(Tree(wish.root), asked.back());
            }
            facts.storage.mounts = std::move(asked);
          },
          with_devices};
}

/// The answer travels as a map of one.
Look look_at_write(const GatherWish& wish, const std::string& directory) {
  return {cat(write_mark, directory), [&wish, directory](Facts& facts) {
            facts.storage.write_trials = std::map<std::string, std::string>{
                {directory, try_to_write(Tree(wish.root).path_of(directory.substr(1)))}};
          }};
}

/// The answer travels as a list of one.
Look look_at_checkpoints(const GatherWish& wish, const std::string& directory) {
  return {cat(checkpoint_mark, directory), [&wish, directory](Facts& facts) {
            const std::filesystem::path path = Tree(wish.root).path_of(directory.substr(1));
            CheckpointFacts place;
            place.directory = directory;
            place.bytes_free = ask_bytes_free(path);
            wish.find_newest_checkpoint(path, place);
            facts.storage.checkpoints = std::vector<CheckpointFacts>{std::move(place)};
          }};
}

/// Adds what a child saw of a directory of checkpoints, or that it saw nothing.
void add_checkpoints(const Seen& seen, StorageFacts& storage) {
  auto all = storage.checkpoints.value_or({});
  if (seen.facts) {
    std::ranges::copy(seen.facts->storage.checkpoints.value_or({}), std::back_inserter(all));
  } else {
    const std::string& why = seen.record.why;
    CheckpointFacts& place = all.emplace_back();
    place.directory = seen.record.name.substr(checkpoint_mark.size());
    place.newest_bytes = Fact<std::uint64_t>::unseen(why);
    place.bytes_free = Fact<std::uint64_t>::unseen(why);
  }
  storage.checkpoints = std::move(all);
}

std::vector<Look> all_looks(const GatherWish& wish,
                            const std::string& node,
                            Fact<std::vector<MountFacts>>& mounts) {
  std::vector<Look> looks;
  const bool storage = mounts.known() && is_wanted(wish, "storage");
  if (storage) looks.push_back(local_look(wish, *mounts));
  const bool room_for_two = has_room_for_two();
  for (const Probe& probe : probes) {
    if (!is_wanted(wish, probe.name)) continue;
    const auto see = [&wish, &probe, node](Facts& seen) {
      seen.node = node;
      probe.see(wish, seen);
    };
    const bool joins = probe.shared == with_processes && !room_for_two;
    looks.push_back({std::string(probe.name), see, joins ? with_devices : probe.shared});
  }
  if (storage) std::ranges::move(remote_looks(wish, *mounts), std::back_inserter(looks));
  if (wish.depth == Depth::thorough)
    for (const std::string& directory : wish.write_to)
      looks.push_back(look_at_write(wish, directory));
  if (wish.find_newest_checkpoint)
    for (const std::string& directory : wish.checkpoints)
      looks.push_back(look_at_checkpoints(wish, directory));
  return looks;
}

/// Puts what a child saw of mounts in the place of what the list says.
void merge_mounts(const Facts& seen, std::vector<MountFacts>& mounts) {
  for (const MountFacts& asked : seen.storage.mounts.value_or({}))
    for (MountFacts& mount : mounts)
      if (mount.path == asked.path && mount.type == asked.type && mount.source == asked.source)
        mount = asked;
}

void miss_mounts(const ProbeRecord& record, std::vector<MountFacts>& mounts) {
  const bool local = record.name == "storage";
  for (MountFacts& mount : mounts) {
    const bool meant = local ? !is_remote(mount) && has_space(mount)
                             : record.name.substr(mount_probe.size()) == mount.path;
    if (meant) mount.answers = Fact<bool>::unseen(record.why);
  }
}

/// Takes over what one child saw, or what nobody saw because it did not answer.
void take_over(Seen& seen, std::vector<MountFacts>& mounts, Facts& facts) {
  const ProbeRecord& record = seen.record;
  const bool of_mounts = record.name == "storage" || record.name.starts_with(mount_probe);
  if (of_mounts && seen.facts) {
    merge_mounts(*seen.facts, mounts);
  } else if (of_mounts) {
    miss_mounts(record, mounts);
  } else if (record.name.starts_with(write_mark)) {
    auto trials = facts.storage.write_trials.value_or({});
    if (seen.facts) trials.merge(seen.facts->storage.write_trials.value_or({}));
    facts.storage.write_trials = std::move(trials);  // of one that hangs its probe's record tells
  } else if (record.name.starts_with(checkpoint_mark)) {
    add_checkpoints(seen, facts.storage);
  } else if (seen.facts) {
    merge(facts, *seen.facts);
  } else {
    const auto probe = std::ranges::find(probes, std::string_view(record.name), &Probe::name);
    if (probe != probes.end()) probe->miss(facts, record.why);
  }
  facts.probes.push_back(std::move(seen.record));
}

}  // namespace

Gathered gather(const GatherWish& wish) {
  Gathered out{{}, wish.cursor};
  Facts& facts = out.facts;
  const Tree tree(wish.root);
  facts.node = own_name(wish);
  facts.boot_id = tree.text("proc/sys/kernel/random/boot_id").value_or("");
  facts.at = std::int64_t{time(nullptr)};
  auto mounts = list_mounts(tree);
  const std::vector<Look> looks = all_looks(wish, facts.node, mounts);
  // Nobody else has begun a thread: a probe forks.
  const auto variable = [](const char* name) {
    return std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  };
  look_at_environment(tree, variable, facts);
  const LeftBehind left_behind(wish.run_directory / "left-behind");
  std::vector<MountFacts> listed = mounts.value_or({});
  const auto meanwhile = [&] {
    if (is_wanted(wish, "kernel_log")) read_kernel_log(tree, out.cursor, facts);
  };
  for (Seen& seen : look_in_children(looks, {wish.deadline}, left_behind, meanwhile))
    take_over(seen, listed, facts);
  if (is_wanted(wish, "storage"))
    facts.storage.mounts = mounts.known()
                               ? Fact<std::vector<MountFacts>>(std::move(listed))
                               : Fact<std::vector<MountFacts>>::missing(mounts.gap(), mounts.why());
  for (const std::string& probe : wish.leave_out)
    facts.probes.push_back({probe, ProbeEnd::left_out, std::string(why_left_out), 0, 0});
  return out;
}

}  // namespace holdfast::health
