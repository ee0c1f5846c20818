// SPDX-License-Identifier: Apache-2.0
#include "cli/render/pci_tree.hpp"

#include <map>
#include <optional>
#include <set>

namespace holdfast::cli {

using affinity::Topology;

namespace {

class Forest {
 public:
  Forest(const Topology& topology, const std::vector<DeviceRef>& devices) : topology_(topology) {
    for (const DeviceRef& device : devices) {
      const auto behind =
          device.is_gpu ? topology.gpus[device.index].behind : topology.nics[device.index].behind;
      if (!behind) {
        loose_.push_back(device);
        continue;
      }
      devices_[*behind].push_back(device);
      hang_up(*behind);
    }
  }

  std::vector<PciNode> trees() {
    std::vector<PciNode> out;
    for (const std::size_t root : roots_)
      out.push_back(bridge(root));
    for (const DeviceRef& device : loose_)
      out.push_back(leaf(device));
    return out;
  }

 private:
  void hang_up(std::size_t at) {
    // Parents stand before their children, so this ends.
    while (seen_.insert(at).second) {
      const auto parent = topology_.bridges[at].parent;
      if (!parent) {
        roots_.insert(at);
        return;
      }
      children_[*parent].push_back(at);
      at = *parent;
    }
  }

  static PciNode leaf(const DeviceRef& device) { return {{}, false, {device}, {}}; }

  PciNode bridge(std::size_t at) {
    PciNode node{topology_.bridges[at].name, !topology_.bridges[at].parent, {}, {}};
    for (const std::size_t child : children_[at])
      node.below.push_back(way_down(child));
    for (const DeviceRef& device : devices_[at])
      node.below.push_back(leaf(device));
    return node;
  }

  PciNode way_down(std::size_t at) {
    std::size_t passed = 0;
    const std::size_t first = at;
    while (devices_[at].empty() && children_[at].size() == 1) {
      at = children_[at].front();
      ++passed;
    }
    const bool branches = devices_[at].size() + children_[at].size() >= 2;
    if (branches) return bridge(at);
    const DeviceRef device = devices_[at].front();
    if (passed == 0) return leaf(device);
    return {topology_.bridges[first].name, false, {}, {leaf(device)}};
  }

  const Topology& topology_;
  std::map<std::size_t, std::vector<std::size_t>> children_;
  std::map<std::size_t, std::vector<DeviceRef>> devices_;
  std::set<std::size_t> roots_;
  std::set<std::size_t> seen_;
  std::vector<DeviceRef> loose_;
};

}  // namespace

std::vector<PciNode> pci_trees(const Topology& topology, const std::vector<DeviceRef>& devices) {
  return Forest(topology, devices).trees();
}

}  // namespace holdfast::cli
