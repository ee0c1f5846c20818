// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

class LookAtIb : public ::testing::Test {
 protected:
  LookAtIb() {
    const std::string device = "sys/class/infiniband/mlx5_0";
    root_.link(device + "/device", "../../../0000:1a:00.0")
        .file(device + "/fw_ver", "28.39.2048")
        .file(device + "/board_id", "MT_0000000838")
        .file(port_ + "/state", "4: ACTIVE")
        .file(port_ + "/phys_state", "5: LinkUp")
        .file(port_ + "/rate", "400 Gb/sec (4X NDR)")
        .file(port_ + "/link_layer", "InfiniBand")
        .file(port_ + "/lid", "0x1c")
        .file(port_ + "/sm_lid", "0x1")
        .file(port_ + "/counters/link_downed", "2")
        .file(port_ + "/counters/symbol_error", "17")
        .file(port_ + "/hw_counters/rnr_nak_retry_err", "3")
        .file(port_ + "/gids/0", "fe80:0000:0000:0000:a088:c203:0012:3456")
        .file(port_ + "/gids/1", "0000:0000:0000:0000:0000:0000:0000:0000")
        .file(port_ + "/gid_attrs/types/0", "RoCE v2")
        .file(port_ + "/gid_attrs/ndevs/0", "ib0")
        .file(port_ + "/pkeys/0", "0xffff")
        .file(port_ + "/pkeys/1", "0x8001")
        .file(port_ + "/pkeys/2", "0x0000")
        .file("dev/infiniband/uverbs0", "")
        .file("dev/infiniband/umad0", "");
  }
  Facts look() {
    Facts facts;
    look_at_ib(root_.tree(), Depth::usual, facts);
    return facts;
  }
  IbPortFacts port() { return look().ib_ports->at(0); }

  FakeRoot root_;
  const std::string port_{"sys/class/infiniband/mlx5_0/ports/1"};
};

TEST_F(LookAtIb, ReadsAHealthyPort) {
  const Facts facts = look();
  ASSERT_EQ(facts.ib_ports->size(), 1U);
  const IbPortFacts& port = facts.ib_ports->front();
  EXPECT_EQ(port.device, "mlx5_0");
  EXPECT_EQ(port.port, 1U);
  EXPECT_EQ(port.at, "0000:1a:00.0");
  EXPECT_EQ(port.netdev, "ib0");
  EXPECT_TRUE(port.state.is("ACTIVE"));
  EXPECT_TRUE(port.physical.is("LinkUp"));
  EXPECT_TRUE(port.gigabits.is(400));
  EXPECT_TRUE(port.lid.is(0x1c));
  EXPECT_TRUE(port.sm_lid.is(1));
  EXPECT_TRUE(port.firmware.is("28.39.2048"));
  EXPECT_EQ(port.counters->at("link_downed"), 2U);
  EXPECT_EQ(port.counters->at("rnr_nak_retry_err"), 3U);
  EXPECT_EQ(*port.gids,
            std::vector<std::string>{"RoCE v2 fe80:0000:0000:0000:a088:c203:0012:3456"});
  EXPECT_EQ(*port.pkeys, (std::vector<std::string>{"0xffff", "0x8001"}));
  EXPECT_TRUE(facts.ib_device_files.is(1));
}

TEST_F(LookAtIb, SeesAPortThatIsDown) {
  root_.file(port_ + "/state", "1: DOWN")
      .file(port_ + "/phys_state", "2: Polling")
      .file(port_ + "/rate", "10 Gb/sec (4X SDR)");
  EXPECT_TRUE(port().state.is("DOWN"));
  EXPECT_TRUE(port().physical.is("Polling"));
  EXPECT_TRUE(port().gigabits.is(10));
}

TEST_F(LookAtIb, LooksAtEveryPortOfADevice) {
  root_.file("sys/class/infiniband/mlx5_0/ports/2/state", "1: DOWN");
  const Facts facts = look();
  ASSERT_EQ(facts.ib_ports->size(), 2U);
  EXPECT_TRUE(facts.ib_ports->at(1).state.is("DOWN"));
}

TEST_F(LookAtIb, TakesWhatCannotBeReadForUnseen) {
  root_.directory(port_ + "/state")
      .file(port_ + "/rate", "fast")
      .directory(port_ + "/counters/link_downed");
  root_.directory(port_ + "/counters/symbol_error")
      .directory(port_ + "/hw_counters/rnr_nak_retry_err");
  EXPECT_TRUE(port().state.unseen());
  EXPECT_TRUE(port().gigabits.unseen());
  EXPECT_TRUE(port().counters.unseen());
}

TEST(LookAtIbWithoutAny, LacksPorts) {
  const FakeRoot root;
  Facts facts;
  look_at_ib(root.tree(), Depth::usual, facts);
  EXPECT_EQ(facts.ib_ports.gap(), Gap::lacking);
  EXPECT_EQ(facts.ib_device_files.gap(), Gap::lacking);
}

class LookAtNets : public ::testing::Test {
 protected:
  LookAtNets() {
    root_.link(eth_ + "/device", "../../../0000:02:00.0")
        .file(eth_ + "/operstate", "up")
        .file(eth_ + "/speed", "25000")
        .file(eth_ + "/duplex", "full")
        .file(eth_ + "/mtu", "9000")
        .file(eth_ + "/carrier_changes", "4")
        .file(eth_ + "/statistics/rx_crc_errors", "1")
        .file("sys/class/net/lo/operstate", "unknown");
    // the link of a real device leads somewhere
    std::filesystem::create_directories(root_.path() / "sys/0000:02:00.0");
  }
  Facts look() {
    Facts facts;
    look_at_nets(root_.tree(), facts);
    return facts;
  }
  FakeRoot root_;
  const std::string eth_{"sys/class/net/eth0"};
};

TEST_F(LookAtNets, ReadsHardware) {
  const Facts facts = look();
  ASSERT_EQ(facts.nets->size(), 1U);
  const NetFacts& net = facts.nets->front();
  EXPECT_EQ(net.name, "eth0");
  EXPECT_FALSE(net.software);
  EXPECT_EQ(net.at, "0000:02:00.0");
  EXPECT_TRUE(net.state.is("up"));
  EXPECT_TRUE(net.megabits.is(25'000));
  EXPECT_TRUE(net.duplex.is("full"));
  EXPECT_TRUE(net.mtu.is(9'000));
  EXPECT_EQ(net.counters->at("carrier_changes"), 4U);
  EXPECT_EQ(net.counters->at("rx_crc_errors"), 1U);
}

TEST_F(LookAtNets, ReadsWhatAClassMayNameOfSoftwareToo) {
  root_.file("sys/class/net/bond0/operstate", "up")
      .file("sys/class/net/bond0/mtu", "9000")
      .file("sys/class/net/bond0/speed", "200000")
      .file("sys/class/net/br0/operstate", "unknown")
      .file("sys/class/net/br0/mtu", "1500")
      .directory("sys/class/net/br0/speed")
      .file("sys/class/net/veth12ab/operstate", "up")
      .file("sys/class/net/bonding_masters", "bond0");
  const Facts facts = look();
  ASSERT_EQ(facts.nets->size(), 3U);
  const NetFacts& bond = facts.nets->at(0);
  EXPECT_EQ(bond.name, "bond0");
  EXPECT_TRUE(bond.software);
  EXPECT_TRUE(bond.state.is("up"));
  EXPECT_TRUE(bond.mtu.is(9'000));
  EXPECT_TRUE(bond.megabits.is(200'000));
  EXPECT_EQ(bond.counters.gap(), Gap::lacking);
  const NetFacts& bridge = facts.nets->at(1);
  EXPECT_EQ(bridge.name, "br0");
  EXPECT_TRUE(bridge.state.is("unknown"));
  EXPECT_EQ(bridge.megabits.gap(), Gap::lacking);
  EXPECT_FALSE(bridge.megabits.known());
}

TEST_F(LookAtNets, AsksNoSpeedOfALinkThatIsDown) {
  root_.file(eth_ + "/operstate", "down").directory(eth_ + "/speed");
  const Facts facts = look();
  EXPECT_TRUE(facts.nets->front().state.is("down"));
  EXPECT_EQ(facts.nets->front().megabits.gap(), Gap::lacking);
}

TEST_F(LookAtNets, TakesGarbageForUnseen) {
  root_.file(eth_ + "/mtu", "many").directory(eth_ + "/operstate");
  EXPECT_TRUE(look().nets->front().mtu.unseen());
  EXPECT_TRUE(look().nets->front().state.unseen());
}

}  // namespace
}  // namespace holdfast::health
