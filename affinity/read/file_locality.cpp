// SPDX-License-Identifier: Apache-2.0
// What an NCCL topology file adds to a machine that is known otherwise: this one as its kernel
// shows it, a kept node map, a recording. Works on the finished topology, so all three are alike.
#include "file_locality.hpp"

#include "cpu_parts.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/read_file.hpp"

#include <algorithm>
#include <map>

namespace holdfast::affinity {

namespace {

bool is_known(const Locality& near) { return near.numa || !near.pus.empty(); }

class Placing {
 public:
  Placing(const NcclFile& file, Topology& topology)
      : file_(file.devices), topology_(topology), all_(topology.pus()) {}

  /// Whether the file knows the function and where it is.
  bool place(const PciAddress& at, Locality& near, std::optional<std::size_t>& behind) {
    const auto told = std::ranges::find(file_.functions, at, &PciFunction::at);
    if (told == file_.functions.end() || !told->near.numa) return false;
    near = locality_near(topology_, all_, told->near.pus, {*told->near.numa});
    near.numa = told->near.numa;
    behind = bridge(told->bridge);
    return true;
  }

 private:
  using Bridge = std::optional<std::size_t>;

  /// A bridge of the file in the topology, with those above it. An address names one bridge: where
  /// the topology has it already, that is the one.
  Bridge bridge(Bridge of_file) {
    if (!of_file) return std::nullopt;
    if (const auto done = bridges_.find(*of_file); done != bridges_.end()) return done->second;
    const BridgeSeen& seen = file_.bridges[*of_file];
    const auto same = std::ranges::find(topology_.bridges, seen.name, &PciBridge::name);
    if (!seen.host && same != topology_.bridges.end())
      return bridges_[*of_file] = static_cast<std::size_t>(same - topology_.bridges.begin());
    const Bridge parent = bridge(seen.parent);
    topology_.bridges.push_back({seen.host ? host_name() : seen.name, parent});
    return bridges_[*of_file] = topology_.bridges.size() - 1;
  }

  std::string host_name() {
    std::string name;
    do
      name = cat("host ", hosts_++);
    while (std::ranges::find(topology_.bridges, name, &PciBridge::name) != topology_.bridges.end());
    return name;
  }

  const Devices& file_;
  Topology& topology_;
  CpuSet all_;
  std::map<std::size_t, std::size_t> bridges_;  // index in the file → index in the topology
  unsigned hosts_{};
};

/// Leaves out the bridges no device is behind any more.
void drop_idle_bridges(Topology& topology) {
  std::vector<bool> used(topology.bridges.size());
  const auto use = [&](std::optional<std::size_t> bridge) {
    for (; bridge && !used[*bridge]; bridge = topology.bridges[*bridge].parent)
      used[*bridge] = true;
  };
  for (const Gpu& gpu : topology.gpus)
    use(gpu.behind);
  for (const Nic& nic : topology.nics)
    use(nic.behind);
  std::vector<std::size_t> now(topology.bridges.size());
  std::vector<PciBridge> kept;
  kept.reserve(topology.bridges.size());
  for (std::size_t i = 0; i < topology.bridges.size(); ++i) {
    now[i] = kept.size();
    if (used[i]) kept.push_back(std::move(topology.bridges[i]));
  }
  const auto renumber = [&](std::optional<std::size_t>& bridge) {
    if (bridge) bridge = now[*bridge];
  };
  for (PciBridge& bridge : kept)
    renumber(bridge.parent);
  for (Gpu& gpu : topology.gpus)
    renumber(gpu.behind);
  for (Nic& nic : topology.nics)
    renumber(nic.behind);
  topology.bridges = std::move(kept);
}

}  // namespace

std::size_t place_by_file(const NcclFile& file, Trust trust, Topology& topology) {
  Placing placing(file, topology);
  std::size_t placed = 0;
  const auto may = [trust](const Locality& near) {
    return trust == Trust::file || !is_known(near);
  };
  for (Gpu& gpu : topology.gpus)
    if (may(gpu.near) && placing.place(gpu.id.at, gpu.near, gpu.behind)) ++placed;
  for (Nic& nic : topology.nics)
    if (nic.at && may(nic.near) && placing.place(*nic.at, nic.near, nic.behind)) ++placed;
  drop_idle_bridges(topology);
  return placed;
}

Result<NcclFile> read_nccl_file(const std::filesystem::path& file) {
  // A plain file only: a rank must not wait for whoever writes into a pipe.
  const auto text = files::read_file(file, max_topology_bytes);
  if (!text) return text.error();
  const auto root = parse_xml(*text, file.string());
  if (!root) return root.error();
  if (root->name != "system")
    return Failure{FailureKind::unreadable, cat(file.string(), " is no NCCL topology"), {}, {}};
  auto nccl = nccl_file(*root);
  if (!nccl) return Failure(nccl.error()).within(file.string());
  return nccl;
}

Result<std::size_t> add_nccl_locality(const std::filesystem::path& file, Topology& topology) {
  const auto nccl = read_nccl_file(file);
  if (!nccl) return nccl.error();
  Topology placed = topology;
  const std::size_t devices = place_by_file(*nccl, Trust::file, placed);
  if (auto failure = inconsistency(placed)) return std::move(*failure).within(file.string());
  topology = std::move(placed);
  return devices;
}

}  // namespace holdfast::affinity
