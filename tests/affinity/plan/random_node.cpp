// SPDX-License-Identifier: Apache-2.0
#include "random_node.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace holdfast::testing {

using affinity::Core;
using affinity::Gpu;
using affinity::Locality;
using affinity::MemoryNode;
using affinity::Nic;
using affinity::NicKind;
using affinity::PciAddress;
using affinity::PortState;
using affinity::Topology;

namespace {

/// Cores first without PU numbers, then numbers in one of the ways machines use.
void add_cores(Chance& chance, const NodeLimits& limits, Topology& node) {
  const unsigned packages = chance.between(1, limits.packages);
  unsigned numa = 0;
  unsigned l3 = 0;
  const bool has_l3 = !chance.one_in(4);
  for (unsigned package = 0; package < packages; ++package) {
    node.packages.push_back({package, {}, "CPU"});
    for (unsigned n = chance.between(1, limits.numa_per_package); n > 0; --n, ++numa)
      for (unsigned l = chance.between(1, limits.l3_per_numa); l > 0; --l, ++l3)
        for (unsigned c = chance.between(1, limits.cores_per_l3); c > 0; --c)
          node.cores.push_back(
              {{}, package, NumaNode{numa}, has_l3 ? std::optional(l3) : std::nullopt});
  }
  while (node.cores.size() > limits.cores) {
    const auto last = static_cast<unsigned>(node.cores.size() - 1);
    node.cores.erase(node.cores.begin() + chance.up_to(last));
  }
  for (unsigned n = 0; n < numa; ++n)
    node.memory.push_back({NumaNode{n}, {}, std::nullopt, 1U << 30U, false});
  if (chance.one_in(5))
    node.memory.push_back({NumaNode{numa}, {}, std::nullopt, 1U << 30U, chance.one_in(2)});
}

void number_pus(Chance& chance, const NodeLimits& limits, Topology& node) {
  std::vector<std::size_t> order(node.cores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (chance.one_in(3))  // some machines number PUs across their NUMA nodes
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[chance.up_to(static_cast<unsigned>(i - 1))]);
  const unsigned threads = chance.between(1, limits.threads);
  unsigned next = chance.one_in(4) ? 3 : 0;
  for (unsigned thread = 0; thread < threads; ++thread)
    for (const std::size_t core : order)
      if (thread == 0 || !chance.one_in(9)) node.cores[core].pus.insert(next++);
  for (const Core& core : node.cores) {
    node.packages[core.package].pus |= core.pus;
    node.memory[core.numa->value].pus |= core.pus;
    node.memory[core.numa->value].package = core.package;
  }
}

Locality random_place(Chance& chance, const Topology& node) {
  const auto cores = static_cast<unsigned>(node.cores.size());
  const Core& core = node.cores[chance.up_to(cores - 1)];
  switch (chance.up_to(6)) {
    case 0:
      return {};
    case 1:
      return {core.numa, {}};  // the node is known, its PUs are outside the cgroup
    case 2:
      return {std::nullopt, node.packages[core.package].pus};
    case 3: {
      Locality near{core.numa, {}};
      for (const Core& other : node.cores)
        if (other.numa == core.numa && other.l3 == core.l3) near.pus |= other.pus;
      return near;
    }
    default:
      return {core.numa, node.memory[core.numa->value].pus};
  }
}

void add_bridges(Chance& chance, Topology& node) {
  for (unsigned host = 0, hosts = chance.up_to(3); host < hosts; ++host)
    node.bridges.push_back({cat("host ", host), std::nullopt});
  if (node.bridges.empty()) return;
  for (unsigned bridge = 0, bridges = chance.up_to(5); bridge < bridges; ++bridge) {
    const auto last = static_cast<unsigned>(node.bridges.size() - 1);
    node.bridges.push_back({cat("0000:f", bridge, ":00.0"), chance.up_to(last)});
  }
}

std::optional<std::size_t> random_bridge(Chance& chance, const Topology& node) {
  if (node.bridges.empty() || chance.one_in(6)) return std::nullopt;
  return chance.up_to(static_cast<unsigned>(node.bridges.size() - 1));
}

void add_gpus(Chance& chance, const NodeLimits& limits, Topology& node) {
  const unsigned count = chance.up_to(limits.gpus);
  Locality place = random_place(chance, node);
  for (unsigned i = 0; i < count; ++i) {
    if (!chance.one_in(3)) place = random_place(chance, node);
    Gpu& gpu = node.gpus.emplace_back();
    // Not in PCI order: some runtimes number GPUs otherwise.
    gpu.id.at = {0, static_cast<std::uint8_t>(16 + ((i * 7 + 3) % 64)), 0, 0};
    gpu.near = place;
    gpu.behind = random_bridge(chance, node);
  }
}

void add_nics(Chance& chance, const NodeLimits& limits, Topology& node) {
  const unsigned count = chance.up_to(limits.nics);
  const auto usual = static_cast<NicKind>(chance.up_to(5));
  for (unsigned i = 0; i < count; ++i) {
    Nic& nic = node.nics.emplace_back();
    nic.name = cat("nic", (i * 5 + 2) % 97);
    nic.kind = chance.one_in(5) ? static_cast<NicKind>(chance.up_to(5)) : usual;
    if (!chance.one_in(6)) nic.at = PciAddress{0, static_cast<std::uint8_t>(128 + i), 0, 0};
    for (unsigned port = chance.one_in(4) ? 2 : 1; port > 0; --port) {
      const unsigned dice = chance.up_to(5);
      const auto state = dice == 0   ? PortState::down
                         : dice == 1 ? PortState::unknown
                                     : PortState::active;
      nic.ports.push_back({port, state, chance.one_in(3) ? 100U : 400U});
    }
    nic.near = random_place(chance, node);
    nic.behind = random_bridge(chance, node);
  }
}

void restrict(Chance& chance, PlanCase& one) {
  if (chance.one_in(2)) {
    CpuSet granted;
    for (const unsigned pu : one.topology.pus())
      if (!chance.one_in(3)) granted.insert(pu);
    if (granted.empty()) granted = one.topology.pus();
    one.grant.pus = granted;
  }
  if (!one.topology.gpus.empty() && chance.one_in(3)) {
    one.grant.gpus.emplace();
    for (const Gpu& gpu : one.topology.gpus)
      if (!chance.one_in(3)) one.grant.gpus->push_back(gpu.id);
  }
  if (!one.topology.gpus.empty() && chance.one_in(4))
    one.wish.without_gpus.push_back(one.topology.gpus.front().id);
  if (!one.topology.nics.empty() && chance.one_in(4))
    one.wish.without_nics.push_back(one.topology.nics.back().name);
  if (chance.one_in(4)) one.wish.kept_for_system = CpuSet{one.topology.pus().front()};
  if (chance.one_in(4)) one.wish.threads_per_core = 1;
}

}  // namespace

PlanCase random_case(Chance& chance, const NodeLimits& limits) {
  PlanCase one;
  one.topology.origin = "chance";
  add_cores(chance, limits, one.topology);
  number_pus(chance, limits, one.topology);
  add_bridges(chance, one.topology);
  add_gpus(chance, limits, one.topology);
  add_nics(chance, limits, one.topology);
  affinity::normalize(one.topology);
  one.wish.local_ranks = chance.between(1, limits.ranks);
  one.wish.mode = chance.one_in(2) ? affinity::Mode::local : affinity::Mode::full;
  restrict(chance, one);
  return one;
}

namespace {

std::string place_text(const Locality& near) {
  return cat(near.numa ? cat(" numa ", near.numa->value) : std::string(" no numa"),
             near.pus.empty() ? std::string(", PUs unknown") : cat(", PUs ", to_list(near.pus)));
}

template <class Device>
std::string bridge_text(const Topology& node, const Device& device) {
  return device.behind ? cat(", behind ", node.bridges[*device.behind].name) : std::string();
}

std::string wish_text(const PlanCase& one) {
  std::string text = cat(one.wish.local_ranks,
                         " ranks, ",
                         one.wish.mode == affinity::Mode::full ? "full" : "local",
                         " mode, ",
                         one.wish.threads_per_core,
                         " threads a core, kept for the system: ",
                         to_list(one.wish.kept_for_system),
                         "\n");
  if (one.grant.pus) text += cat("granted PUs ", to_list(*one.grant.pus), "\n");
  if (one.grant.gpus)
    for (const auto& id : *one.grant.gpus)
      text += cat("granted GPU ", to_text(id), "\n");
  for (const auto& id : one.wish.without_gpus)
    text += cat("without GPU ", to_text(id), "\n");
  for (const auto& name : one.wish.without_nics)
    text += cat("without NIC ", name, "\n");
  return text;
}

}  // namespace

std::string described(const PlanCase& one) {
  const Topology& node = one.topology;
  std::string text;
  for (const Core& core : node.cores)
    text += cat("core: PUs ",
                to_list(core.pus),
                ", package ",
                core.package,
                ", numa ",
                core.numa ? cat(core.numa->value) : std::string("none"),
                ", L3 ",
                core.l3 ? cat(*core.l3) : std::string("none"),
                "\n");
  for (const auto& bridge : node.bridges)
    text += cat("bridge ",
                bridge.name,
                bridge.parent ? cat(" below ", node.bridges[*bridge.parent].name) : std::string(),
                "\n");
  for (const Gpu& gpu : node.gpus)
    text += cat("GPU ", to_text(gpu.id), ':', place_text(gpu.near), bridge_text(node, gpu), "\n");
  for (const Nic& nic : node.nics) {
    text += cat("NIC ", nic.name, ", kind ", static_cast<int>(nic.kind), ':', place_text(nic.near));
    text += bridge_text(node, nic);
    for (const auto& port : nic.ports)
      text += cat(", port ", port.state == PortState::down ? "down" : "up", ' ', port.gigabits);
    text += "\n";
  }
  return text + wish_text(one);
}

namespace {

/// Every case that is one thing smaller.
std::vector<PlanCase> smaller(const PlanCase& one) {
  std::vector<PlanCase> all;
  const auto without = [&](auto change) {
    PlanCase next = one;
    change(next);
    all.push_back(std::move(next));
  };
  for (std::size_t i = 0; i < one.topology.gpus.size(); ++i)
    without([i](PlanCase& c) {
      c.grant.gpus.reset();  // it may name the GPU that goes
      c.topology.gpus.erase(c.topology.gpus.begin() + static_cast<std::ptrdiff_t>(i));
    });
  for (std::size_t i = 0; i < one.topology.nics.size(); ++i)
    without([i](PlanCase& c) {
      c.topology.nics.erase(c.topology.nics.begin() + static_cast<std::ptrdiff_t>(i));
    });
  for (std::size_t i = 0; i < one.topology.cores.size() && one.topology.cores.size() > 1; ++i)
    without([i](PlanCase& c) {
      c.topology.cores.erase(c.topology.cores.begin() + static_cast<std::ptrdiff_t>(i));
    });
  if (one.wish.local_ranks > 1) without([](PlanCase& c) { --c.wish.local_ranks; });
  if (one.grant.pus) without([](PlanCase& c) { c.grant.pus.reset(); });
  if (one.grant.gpus) without([](PlanCase& c) { c.grant.gpus.reset(); });
  if (!one.wish.without_gpus.empty()) without([](PlanCase& c) { c.wish.without_gpus.clear(); });
  if (!one.wish.without_nics.empty()) without([](PlanCase& c) { c.wish.without_nics.clear(); });
  if (!one.wish.kept_for_system.empty())
    without([](PlanCase& c) { c.wish.kept_for_system.clear(); });
  if (one.wish.threads_per_core != 0) without([](PlanCase& c) { c.wish.threads_per_core = 0; });
  return all;
}

}  // namespace

std::string smallest_failure(const PlanCase& plan_case, const Check& check) {
  auto complaint = check(plan_case);
  if (!complaint) return {};
  PlanCase smallest = plan_case;
  for (bool shrunk = true; shrunk;) {
    shrunk = false;
    for (PlanCase& next : smaller(smallest)) {
      auto still = check(next);
      if (!still) continue;
      smallest = std::move(next);
      complaint = std::move(still);
      shrunk = true;
      break;
    }
  }
  return cat(*complaint, "\nin this case:\n", described(smallest));
}

}  // namespace holdfast::testing
