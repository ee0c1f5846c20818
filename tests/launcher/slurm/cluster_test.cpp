// SPDX-License-Identifier: Apache-2.0
#include "holdfast/slurm/cluster.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace holdfast::slurm {
namespace {

using Leaves = std::map<std::string, std::string>;

// As scontrol of 22.05.8 writes it.
constexpr std::string_view config =
    "Configuration data as of 2026-11-23T02:50:00\n"
    "AccountingStorageBackupHost = (null)\n"
    "AccountingStorageType   = accounting_storage/none\n"
    "SlurmctldParameters     = (null)\n"
    "SlurmdPort              = 6818\n"
    "SLURM_CONF              = /etc/slurm/slurm.conf\n"
    "SLURM_VERSION           = 22.05.8\n";

TEST(Cluster, IsReadFromScontrol) {
  const auto facts = parse_cluster(config);
  EXPECT_EQ(facts.year, 22U);
  EXPECT_EQ(facts.month, 5U);
  EXPECT_FALSE(facts.accounting);
  EXPECT_FALSE(facts.expedites);
  EXPECT_EQ(facts.slurmd_port, 6818);
  EXPECT_EQ(parse_cluster("SlurmdPort = 6818-6820\n").slurmd_port, 0) << "one of several";
  EXPECT_TRUE(parse_cluster("AccountingStorageType   = accounting_storage/slurmdbd\n").accounting);
  EXPECT_FALSE(parse_cluster("scontrol: error").accounting) << "not known counts as absent";
}

TEST(Cluster, ExpeditesFromTheReleaseOnThatKnowsItAndWhereTheSiteAllowsIt) {
  const auto expedites = [](std::string release, std::string parameters) {
    return parse_cluster("SlurmctldParameters     = " + parameters +
                         "\nSLURM_VERSION           = " + release + "\n")
        .expedites;
  };
  EXPECT_TRUE(expedites("25.11.0", "enable_expedited_requeue"));
  EXPECT_TRUE(expedites("26.05.1", "idle_on_node_suspend,enable_expedited_requeue"));
  EXPECT_FALSE(expedites("25.05.9", "enable_expedited_requeue"));
  EXPECT_FALSE(expedites("25.11.0", "(null)"));
  EXPECT_FALSE(expedites("25.11.0", "enable_expedited_requeue_not"));
}

TEST(Topology, TellsTheLeafOfEachNode) {
  const auto leaf = parse_topology(
      "SwitchName=spine Level=1 LinkSpeed=1 Nodes=n[1-4] Switches=leaf[1-2]\n"
      "SwitchName=leaf1 Level=0 LinkSpeed=1 Nodes=n[1-2]\n"
      "SwitchName=leaf2 Level=0 LinkSpeed=1 Nodes=n3,n4\n");
  EXPECT_EQ(leaf, (Leaves{{"n1", "leaf1"}, {"n2", "leaf1"}, {"n3", "leaf2"}, {"n4", "leaf2"}}));
}

TEST(Topology, OfBlocksTellsTheBlock) {
  EXPECT_EQ(parse_topology("BlockName=b1 BlockIndex=0 Nodes=n[1-2] BlockSize=2\n"),
            (Leaves{{"n1", "b1"}, {"n2", "b1"}}));
}

TEST(Topology, ThatSlurmDoesNotHaveIsEmpty) {
  EXPECT_TRUE(parse_topology("").empty());
  EXPECT_TRUE(parse_topology("SwitchName=leaf1 Level=0 LinkSpeed=1 Nodes=n[1-\n").empty());
}

}  // namespace
}  // namespace holdfast::slurm
