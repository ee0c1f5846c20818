// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

SlurmFacts look(const FakeRoot& root, const std::string& node = "n2") {
  Facts facts;
  facts.node = node;
  look_at_slurm(root.tree(), facts);
  return facts.slurm;
}

TEST(LookAtSlurm, CountsTheGpusThatGresConfPromises) {
  FakeRoot root;
  root.file("etc/slurm/gres.conf",
            "# GPUs\n"
            "NodeName=n[1-4] Name=gpu Type=h100 \\\n  File=/dev/nvidia[0-7]\n"
            "NodeName=n5 Name=gpu File=/dev/nvidia[0-3]\n"
            "Name=shard Count=64\n");
  EXPECT_TRUE(look(root).gres_gpus.is(8));
  EXPECT_TRUE(look(root, "n5").gres_gpus.is(4));
  EXPECT_EQ(look(root, "login").gres_gpus.gap(), Gap::lacking);
}

TEST(LookAtSlurm, AddsUpTheLinesOfOneNode) {
  FakeRoot root;
  root.file("etc/slurm/gres.conf",
            "Name=gpu File=/dev/nvidia0 Cores=0-3\nname=gpu file=/dev/nvidia1\nName=gpu Count=2");
  EXPECT_TRUE(look(root).gres_gpus.is(4));
}

TEST(LookAtSlurm, IsPromisedNothingWhereSlurmDetectsTheGpus) {
  FakeRoot root;
  root.file("etc/slurm/gres.conf", "AutoDetect=nvml\nNodeName=n2 Name=gpu AutoDetect=nvml");
  EXPECT_EQ(look(root).gres_gpus.gap(), Gap::lacking);
}

TEST(LookAtSlurm, TakesTheGpusOfSlurmConfWhereTheyAreDetected) {
  FakeRoot root;
  root.file("etc/slurm/slurm.conf",
            "NodeName=n2 Gres=gpu:h100:8(S:0-1),gpu:a100:2,nic:4\nNodeName=n3 Gres=gpu\n"
            "NodeName=n4 Gres=nic:2");
  EXPECT_TRUE(look(root).gres_gpus.is(10));
  root.file("etc/slurm/gres.conf", "AutoDetect=nvml");
  EXPECT_TRUE(look(root).gres_gpus.is(10));
  EXPECT_TRUE(look(root, "n3").gres_gpus.is(1));
  EXPECT_EQ(look(root, "n4").gres_gpus.gap(), Gap::lacking);
  root.file("etc/slurm/gres.conf", "NodeName=n2 Name=gpu File=/dev/nvidia[0-7]");
  EXPECT_TRUE(look(root).gres_gpus.is(8)) << "the files are what there is";
}

TEST(LookAtSlurm, IsPromisedNothingThatNobodyCounts) {
  FakeRoot root;
  root.file("etc/slurm/slurm.conf", "NodeName=n2 Gres=gpu:4").file("sys/module/xe/refcnt", "1");
  EXPECT_EQ(look(root).gres_gpus.gap(), Gap::lacking) << "they may be Intel's";
  root.file("etc/slurm/gres.conf", "AutoDetect=nvml");
  EXPECT_TRUE(look(root).gres_gpus.is(4)) << "a desktop's own graphics beside them";
}

TEST(LookAtSlurm, ReadsTabsQuotesAndDefaults) {
  FakeRoot root;
  root.file("etc/slurm/slurm.conf",
            "NodeName=DEFAULT\tSockets=2 CoresPerSocket=32 RealMemory=1000\n"
            "NodeName=DEFAULT\tThreadsPerCore=2\n"
            "NodeName=n[1-2]\tRealMemory=\"515000\"\t# big\n"
            "NodeName=n3 CPUs=8\nNodeName=n4 Boards=2 SocketsPerBoard=2 Sockets=x")
      .file("etc/slurm/gres.conf", "NodeName=n2\tName=gpu\tFile=/dev/nvidia[0-3]");
  const SlurmFacts slurm = look(root);
  EXPECT_TRUE(slurm.configured_cpus.is(128));
  EXPECT_TRUE(slurm.configured_memory_mb.is(515'000));
  EXPECT_TRUE(slurm.gres_gpus.is(4));
  EXPECT_TRUE(look(root, "n3").configured_cpus.is(8));
  EXPECT_TRUE(look(root, "n3").configured_memory_mb.is(1'000));
  EXPECT_TRUE(look(root, "n4").configured_cpus.unseen());
  EXPECT_EQ(look(root, "n5").configured_cpus.gap(), Gap::lacking);
}

TEST(LookAtSlurm, ReadsTheFilesThatSlurmConfIncludes) {
  FakeRoot root;
  root.file("etc/slurm/slurm.conf",
            "NodeName=DEFAULT RealMemory=7\ninclude nodes.conf\nSlurmdSpoolDir=/spool\n"
            "Include slurm.conf")
      .file("etc/slurm/nodes.conf", "Include /opt/gpu-nodes.conf\nNodeName=n3 CPUs=8")
      .file("opt/gpu-nodes.conf", "NodeName=n2 CPUs=64 Gres=gpu:8")
      .directory("spool");
  const SlurmFacts slurm = look(root);
  EXPECT_TRUE(slurm.configured_cpus.is(64));
  EXPECT_TRUE(slurm.configured_memory_mb.is(7)) << "as said before the files were included";
  EXPECT_TRUE(slurm.gres_gpus.is(8));
  EXPECT_TRUE(slurm.spool_bytes_free.known());
  EXPECT_TRUE(look(root, "n3").configured_cpus.is(8));
}

TEST(LookAtSlurm, MultipliesTheSocketsOfEachBoard) {
  FakeRoot root;
  root.file("etc/slurm/slurm.conf", "NodeName=n2 Boards=2 SocketsPerBoard=2 CoresPerSocket=8");
  EXPECT_TRUE(look(root).configured_cpus.is(32));
}

TEST(LookAtSlurm, ReadsTheLineOfItsNode) {
  FakeRoot root;
  root.file("run/slurm/conf/slurm.conf",
            "ClusterName=c\nSlurmdSpoolDir=/var/spool/%n\nNodeName=DEFAULT CPUs=1\n"
            "NodeName=n[1-2] CPUs=64 RealMemory=515000 # big\nNodeName=n3 CPUs=8");
  root.directory("var/spool/n2");
  const SlurmFacts slurm = look(root);
  EXPECT_TRUE(slurm.node_name.is("n2"));
  EXPECT_TRUE(slurm.configured_cpus.is(64));
  EXPECT_TRUE(slurm.configured_memory_mb.is(515'000));
  EXPECT_TRUE(slurm.spool_bytes_free.known());
  EXPECT_EQ(look(root, "n3").configured_memory_mb.gap(), Gap::lacking);
}

TEST(LookAtSlurm, TakesAFileThatCannotBeReadForUnseen) {
  FakeRoot root;
  root.directory("etc/slurm/gres.conf");
  EXPECT_TRUE(look(root).gres_gpus.unseen());
}

TEST(LookAtSlurm, AsksMungesSocket) {
  FakeRoot root;
  EXPECT_EQ(look(root).munge_answers.gap(), Gap::lacking);
  root.directory("run/munge");
  const std::string path = (root.path() / "run/munge/munge.socket.2").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(look(root).munge_answers.is(false)) << "nobody listens yet";
  ASSERT_EQ(listen(server, 4), 0);
  EXPECT_TRUE(look(root).munge_answers.is(true));
  close(server);
  EXPECT_TRUE(look(root).munge_answers.is(false)) << "munge has died";
}

TEST(LookAtSlurm, MissesMungesSocketWhereSlurmConfDemandsMunge) {
  FakeRoot root;
  root.file("etc/slurm/slurm.conf", "AuthType=auth/munge");
  EXPECT_TRUE(look(root).munge_answers.is(false));
  root.file("proc/77/comm", "munged");
  EXPECT_EQ(look(root).munge_answers.gap(), Gap::lacking) << "its socket is elsewhere";
  root.file("proc/77/comm", "bash");
  root.file("etc/slurm/slurm.conf", "AuthType=auth/slurm");
  EXPECT_EQ(look(root).munge_answers.gap(), Gap::lacking);
}

TEST(LookAtSlurm, AsksTheSocketThatAuthInfoNames) {
  FakeRoot root;
  root.file("etc/slurm/slurm.conf", "AuthType=auth/munge\nAuthInfo=ttl=9,socket=/opt/munge.socket")
      .directory("opt");
  const std::string path = (root.path() / "opt/munge.socket").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(server, 4), 0);
  EXPECT_TRUE(look(root).munge_answers.is(true));
  close(server);
  EXPECT_TRUE(look(root).munge_answers.is(false));
}

}  // namespace
}  // namespace holdfast::health
