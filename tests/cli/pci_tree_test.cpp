// SPDX-License-Identifier: Apache-2.0
#include "cli/render/pci_tree.hpp"

#include "holdfast/common/text.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using affinity::Gpu;
using affinity::PciAddress;
using affinity::Topology;

/// GPUs behind the given bridges, in order.
std::vector<DeviceRef> add_gpus(Topology& topology, const std::vector<std::size_t>& behind) {
  std::vector<DeviceRef> devices;
  for (const std::size_t bridge : behind) {
    Gpu gpu;
    gpu.id.at = PciAddress{0, static_cast<std::uint8_t>(topology.gpus.size()), 0, 0};
    gpu.behind = bridge;
    devices.push_back({true, topology.gpus.size()});
    topology.gpus.push_back(gpu);
  }
  return devices;
}

/// "host 0(a(0 1) 2)": bridges by name, devices by number.
std::string told(const std::vector<PciNode>& nodes) {
  std::string out;
  for (const PciNode& node : nodes) {
    if (!out.empty()) out += ' ';
    out += node.device.empty() ? cat(node.name, '(', told(node.below), ')')
                               : cat(node.device.front().index);
  }
  return out;
}

TEST(PciTree, DrawsASwitchWherePathsMeet) {
  Topology topology;
  topology.bridges = {{"host 0", {}}, {"sw", 0}};
  const auto devices = add_gpus(topology, {1, 1, 0});
  EXPECT_EQ(told(pci_trees(topology, devices)), "host 0(sw(0 1) 2)");
}

TEST(PciTree, LeavesARootPortOutThatLeadsToOneDevice) {
  Topology topology;
  topology.bridges = {{"host 0", {}}, {"port", 0}};
  const auto devices = add_gpus(topology, {1});
  EXPECT_EQ(told(pci_trees(topology, devices)), "host 0(0)");
}

TEST(PciTree, TakesTwoBridgesInARowForASwitch) {
  Topology topology;
  topology.bridges = {{"host 0", {}}, {"up", 0}, {"down", 1}};
  const auto devices = add_gpus(topology, {2});
  EXPECT_EQ(told(pci_trees(topology, devices)), "host 0(up(0))");
}

TEST(PciTree, LeavesDownstreamPortsOutBelowASwitch) {
  Topology topology;
  topology.bridges = {{"host 0", {}}, {"root", 0}, {"up", 1}, {"d1", 2}, {"d2", 2}};
  const auto devices = add_gpus(topology, {3, 4});
  EXPECT_EQ(told(pci_trees(topology, devices)), "host 0(up(0 1))");
}

TEST(PciTree, LeavesOutWhatCarriesNoneOfTheDevices) {
  Topology topology;
  topology.bridges = {{"host 0", {}}, {"host 1", {}}, {"sw", 1}};
  const auto devices = add_gpus(topology, {2, 2, 0});
  EXPECT_EQ(told(pci_trees(topology, {devices[0], devices[1]})), "host 1(sw(0 1))");
}

TEST(PciTree, PutsDevicesOfUnknownPlaceLast) {
  Topology topology;
  topology.bridges = {{"host 0", {}}};
  auto devices = add_gpus(topology, {0, 0});
  topology.gpus[0].behind.reset();
  EXPECT_EQ(told(pci_trees(topology, devices)), "host 0(1) 0");
}

}  // namespace
}  // namespace holdfast::cli
