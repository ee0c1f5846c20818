// SPDX-License-Identifier: Apache-2.0
// Distances on the machines of our own.
#include "holdfast/affinity/distance.hpp"

#include "support/machines.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using holdfast::testing::machine;

/// Mean over GPUs of the lowest path weight to a NIC with a port up, in hundredths.
unsigned nearest_in_hundredths(const Topology& topology) {
  std::size_t sum = 0;
  for (const Gpu& gpu : topology.gpus) {
    unsigned best = 1000;
    for (const Nic& nic : topology.nics)
      if (std::ranges::any_of(nic.ports,
                              [](const NicPort& port) { return port.state == PortState::active; }))
        best = std::min(best, path_weight(topology, gpu, nic));
    sum += best;
  }
  return static_cast<unsigned>(sum * 100 / topology.gpus.size());
}

TEST(Distance, OfNicsIsWhatThePciTreeSays) {
  const std::map<std::string, unsigned> expected{
      {"pretend-8gpu", 100},  // one switch each
      {"hgx-h100-reversed-nics", 100},
      {"hgx-h100-nic-down", 137},  // seven PIX, one to a host bridge beside
      {"dgx-a100-nps4", 100},
      {"grace-hopper-4", 400},       // another host bridge of the same node
      {"vm-8gpu-no-locality", 400},  // nothing known
      {"mi300a-cpx", 400},
      {"trento-8gcd", 350},        // every second GCD shares its NIC's host bridge
      {"turin-sparse-4gpu", 500},  // two switches down, or the other socket
      {"virtual-functions", 300},
      {"pcie-4gpu-one-socket", 800},
  };
  for (const auto& [name, weight] : expected)
    EXPECT_EQ(nearest_in_hundredths(machine(name)), weight) << name;
}

TEST(Distance, OfCoresKnowsCachesNodesAndSockets) {
  const Topology topology = machine("trento-8gcd");
  const auto to_gpu_0 = [&](unsigned pu) {
    const auto core = std::ranges::find_if(
        topology.cores, [pu](const Core& candidate) { return candidate.pus.contains(pu); });
    return half_distance(topology, *core, topology.gpus[0].near);
  };
  const unsigned own = topology.gpus[0].near.pus.front();
  EXPECT_EQ(to_gpu_0(own), 0U);
  EXPECT_EQ(to_gpu_0(topology.gpus[1].near.pus.front()), 1U) << "same node, other cache";
  EXPECT_EQ(to_gpu_0(0), 2U) << "same package";
  const Topology hgx = machine("hgx-h100");
  EXPECT_EQ(half_distance(hgx, hgx.cores.back(), hgx.gpus.front().near), 4U) << "other socket";
}

TEST(Distance, OfAGpuWhoseCpusAreOutOfViewIsItsPackages) {
  const Topology view = machine("view-3-cores");  // cores of the second socket
  EXPECT_EQ(half_distance(view, view.cores[0], view.gpus[0].near), 4U);
  EXPECT_EQ(half_distance(view, view.cores[0], view.gpus[7].near), 0U);
  EXPECT_EQ(package_of(view, view.gpus[0].near), 0U);
}

TEST(Distance, OfAnUnknownPlaceIsNone) {
  const Topology vm = machine("vm-8gpu-no-locality");
  for (const Core& core : vm.cores)
    EXPECT_EQ(half_distance(vm, core, vm.gpus[0].near), 0U);
  EXPECT_EQ(path_between(vm, vm.gpus[0], vm.nics[7]), PciPath::node);
}

}  // namespace
}  // namespace holdfast::affinity
