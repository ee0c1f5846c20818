// SPDX-License-Identifier: Apache-2.0
// States of a host that look like faults and are none, each beside one that is.
#include "fault.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/verdict.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

/// What one check says when a node comes back; "nothing" when it is silent.
std::string said(const Node& node, std::string_view check) {
  const Limits limits{node.node, {}};
  std::vector<std::string> all;
  for (const Finding& finding :
       judge({node.facts, node.before, limits, Tier::return_to_service}, Overrides{}))
    if (finding.check == check)
      all.push_back(cat(word_of(finding.severity),
                        finding.severity == Severity::pass ? "" : cat(": ", finding.what)));
  return all.empty() ? "nothing" : join(all, "; ");
}

MountFacts full(std::string_view path, std::string_view type) {
  MountFacts mount;
  mount.path = path;
  mount.source = type;
  mount.type = type;
  mount.answers = true;
  mount.bytes = 1U << 20;
  mount.bytes_free = 0;
  mount.inodes = 100;
  mount.inodes_free = 0;
  return mount;
}

TEST(FullFileSystems, OfUsersAndContainersAreTheirOwners) {
  Node node;
  auto& mounts = *node.facts.storage.mounts;
  for (const char* path :
       {"/run/user/2000", "/var/lib/docker/containers/1/mounts/shm", "/data/1/shm"})
    mounts.push_back(full(path, "tmpfs"));
  mounts.push_back(full("/var/lib/docker/overlay2/1/merged", "overlay"));
  mounts.push_back(full("/data/docker/overlay2/1/merged", "overlay"));
  mounts.push_back(full("/srv/session", "tmpfs"));
  mounts.back().of_user = true;
  EXPECT_EQ(said(node, "fs.space"), "pass");
  EXPECT_EQ(said(node, "fs.inodes"), "pass");
  node.node.mounts.emplace_back("/srv/session");
  EXPECT_EQ(said(node, "fs.space"), "unfit: 100 % of space used") << "the class demands it";
}

TEST(FullFileSystems, OfTheNodeAreToldAlsoBesideThem) {
  for (const char* path : {"/tmp", "/run", "/var/lib/docker", "/run/users"}) {
    Node node;
    node.facts.storage.mounts->push_back(full(path, "tmpfs"));
    EXPECT_EQ(said(node, "fs.space"), "unfit: 100 % of space used") << path;
    EXPECT_EQ(said(node, "fs.inodes"), "unfit: 100 % of inodes used") << path;
  }
  Node diskless;
  diskless.facts.storage.mounts->push_back(full("/", "overlay"));
  EXPECT_EQ(said(diskless, "fs.space"), "unfit: 100 % of space used");
}

TEST(SharedMemory, ThatARunningJobFillsIsNotLeftBehind) {
  Node node;
  node.mount("/dev/shm").bytes_free = 10 * gib;
  node.mount("/dev/shm").inodes_free = 0;
  EXPECT_EQ(said(node, "mem.shm"), "unfit: % free: 1");
  EXPECT_EQ(said(node, "fs.inodes"), "unfit: 100 % of inodes used");
  node.facts.slurm.jobs = std::vector<std::uint32_t>{7};
  EXPECT_EQ(said(node, "mem.shm"), "nothing");
  EXPECT_EQ(said(node, "fs.inodes"), "pass");
  node.facts.slurm.jobs = Fact<std::vector<std::uint32_t>>::unseen("late");
  EXPECT_EQ(said(node, "mem.shm"), "nothing") << "whose it is could not be seen";
}

TEST(MountsOfTheClass, AreFoundAsPeopleWriteThem) {
  Node node;
  node.node.mounts = {"/scratch/", "/home"};
  EXPECT_EQ(said(node, "fs.mounts"), "pass");
  node.mount("/scratch").answers = Fact<bool>::unseen("late");
  EXPECT_EQ(said(node, "fs.probe"), "unfit: does not answer: late");
  node.node.mounts = {"/", "/scratch2"};
  EXPECT_EQ(said(node, "fs.mounts"), "unfit: is not mounted");
}

TEST(FreeMemory, DoesNotMissWhatIsSetAsideForHugePages) {
  Node node;
  node.facts.memory.available_bytes = 760 * gib;  // of 2000
  EXPECT_EQ(said(node, "mem.free"), "watch: % of memory available with no job here: 38");
  node.facts.memory.huge_bytes = 1200 * gib;
  EXPECT_EQ(said(node, "mem.free"), "pass");
  node.facts.memory.available_bytes = 300 * gib;
  EXPECT_EQ(said(node, "mem.free"), "watch: % of memory available with no job here: 37.5");
}

TEST(ModulesAndServicesOfTheClass, AreFoundAsPeopleWriteThem) {
  Node node;
  node.node.modules = {"nvidia-uvm", "nvidia_peermem"};
  node.node.services = {"slurmd.service", "chrony"};
  EXPECT_EQ(said(node, "os.modules"), "pass");
  EXPECT_EQ(said(node, "os.services"), "pass");
  node.node.modules = {"gdr-drv"};
  EXPECT_EQ(said(node, "os.modules"), "unfit: the module is not loaded");
  (*node.facts.system.services)["slurmd"] = false;
  EXPECT_EQ(said(node, "os.services"), "unfit: the service does not run");
}

TEST(Clock, ThatIsNotSynchronizedIsNotJudgedByItsBound) {
  Node node;
  node.facts.system.clock_error_us = 16'000'000;  // as far as the kernel counts
  node.facts.system.clock_synchronized = false;
  EXPECT_EQ(said(node, "os.clock"), "watch: the clock is not synchronized");
  node.facts.system.clock_synchronized = true;
  EXPECT_EQ(said(node, "os.clock"),
            "watch: nobody has set the clock for long: it may be off by 16 s");
  node.facts.system.clock_error_us = 1'100'000;  // half an hour after the last, as timesyncd does
  EXPECT_EQ(said(node, "os.clock"), "pass");
}

TEST(GpusThatSlurmPromises, MayBePartsOfOne) {
  Node node;
  node.facts.slurm.gres_gpus = 64;
  EXPECT_EQ(said(node, "slurm.gres"), "unfit: 8 GPUs answer");
  node.facts.gpu_driver.compute_nodes = 64;  // AMD's
  EXPECT_EQ(said(node, "slurm.gres"), "pass");
}

TEST(GpusThatSlurmPromises, AreNotMissedWhereTheyAreOnTheBusWithoutADriver) {
  Node node;
  node.facts.gpus = Fact<std::vector<GpuFacts>>::lacking("no GPU driver here");
  EXPECT_EQ(said(node, "slurm.gres"), "nothing") << "gpu.driver and gpu.count speak of it";
  std::erase_if(*node.facts.pci, [](const PciFacts& p) { return p.kind == "gpu"; });
  EXPECT_EQ(said(node, "slurm.gres"), "unfit: no GPU is on the bus");
  node.facts.gpus = {};
  EXPECT_EQ(said(node, "slurm.gres"), "nothing") << "nobody asked for GPUs";
}

TEST(ProcessIds, AreTakenByThreadsToo) {
  Node node;
  node.facts.system.pids_most = 32768;
  node.facts.system.threads = 32000;
  EXPECT_EQ(said(node, "os.fds_pids"), "unfit: 97.7 % of process ids are used");
  node.facts.system.threads = 9000;
  EXPECT_EQ(said(node, "os.fds_pids"), "pass");
}

TEST(FuseRequests, MayWaitAsLongAsTheirServerMakesNobodyElseWait) {
  Node node;
  node.facts.storage.fuse_waiting = std::map<std::string, std::uint64_t>{{"38", 50}};
  EXPECT_EQ(said(node, "fs.fuse"), "watch: requests that wait: 50");
  node.facts.storage.fuse_most = std::map<std::string, std::uint64_t>{{"38", 64}};
  EXPECT_EQ(said(node, "fs.fuse"), "pass");
  (*node.facts.storage.fuse_waiting)["38"] = 52;
  EXPECT_EQ(said(node, "fs.fuse"), "watch: requests that wait: 52");
  node.facts.storage.fuse_most = std::map<std::string, std::uint64_t>{{"38", 2}};
  (*node.facts.storage.fuse_waiting)["38"] = 3;
  EXPECT_EQ(said(node, "fs.fuse"), "pass") << "a few are no sign";
}

}  // namespace
}  // namespace holdfast::health
