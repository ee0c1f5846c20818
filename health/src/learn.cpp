// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/learn.hpp"

#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/class_fields.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

/// What all of them have, or nothing when one has another.
template <class Value>
class Common {
 public:
  void take(const Fact<Value>& fact) {
    if (!fact.known()) return;
    differ_ = differ_ || (seen_ && value_ != *fact);
    value_ = differ_ ? Value{} : *fact;
    seen_ = true;
  }
  [[nodiscard]] Value value() const { return value_; }
  /// None when nobody told, or when they disagree.
  [[nodiscard]] std::optional<Value> agreed() const {
    return seen_ && !differ_ ? std::optional(value_) : std::nullopt;
  }

 private:
  Value value_{};
  bool seen_{}, differ_{};
};

unsigned small(std::uint64_t value) {
  return static_cast<unsigned>(std::min<std::uint64_t>(value, 1U << 31));
}

void learn_gpus(const std::vector<GpuFacts>& gpus, NodeClass& node) {
  Common<std::string> model;
  Common<std::string> vbios;
  Common<bool> ecc;
  Common<bool> mig;
  Common<std::uint64_t> width;
  std::uint64_t links = ~std::uint64_t{0};
  bool fabric = !gpus.empty();
  for (const GpuFacts& gpu : gpus) {
    model.take(gpu.model);
    vbios.take(gpu.vbios);
    ecc.take(gpu.ecc_on);
    mig.take(gpu.mig_on);
    width.take(gpu.pcie_width);
    std::uint64_t active = 0;
    if (gpu.nvlinks.known())
      active = static_cast<std::uint64_t>(std::ranges::count_if(
          *gpu.nvlinks, [](const NvlinkFacts& link) { return link.active.is(true); }));
    links = std::min(links, active);
    fabric = fabric && gpu.fabric_state.is("completed");
  }
  node.gpus = small(gpus.size());
  node.gpu_model = model.value();
  node.vbios = vbios.value();
  node.ecc = ecc.value();
  node.mig = mig.agreed();
  node.pcie_width = small(width.value());
  node.nvlinks = gpus.empty() ? 0 : small(links);
  node.fabric = fabric;
}

void learn_ports(const std::vector<IbPortFacts>& ports, NodeClass& node) {
  Common<std::string> layer;
  Common<std::string> firmware;
  std::uint64_t slowest = 0;
  for (const IbPortFacts& port : ports) {
    if (!port.state.is("ACTIVE")) continue;
    node.ib_devices.push_back(cat(port.device, '/', port.port));
    layer.take(port.link_layer);
    firmware.take(port.firmware);
    const std::uint64_t speed = port.gigabits.value_or(0);
    slowest = slowest == 0 ? speed : std::min(slowest, speed);
  }
  node.ib_ports = small(node.ib_devices.size());
  node.ib_gigabits = small(slowest);
  node.ib_layer = layer.value();
  node.ib_firmware = firmware.value();
}

void learn_nets(const std::vector<NetFacts>& nets, NodeClass& node) {
  Common<std::uint64_t> mtu;
  std::uint64_t slowest = 0;
  for (const NetFacts& net : nets) {
    // of what is made by software, much is made anew with each boot or job
    if (!net.state.is("up") || net.software) continue;
    node.nets.push_back(net.name);
    mtu.take(net.mtu);
    const std::uint64_t speed = net.megabits.value_or(0);
    if (speed > 0) slowest = slowest == 0 ? speed : std::min(slowest, speed);
  }
  node.mtu = small(mtu.value());
  node.net_megabits = small(slowest);
}

/// Modules and services whose loss stops jobs; of the hundreds of others nobody wants to hear.
void learn_system(const SystemFacts& system, NodeClass& node) {
  node.kernel = system.kernel.value_or("");
  if (system.modules.known())
    for (const std::string_view wanted : {"nvidia",
                                          "nvidia_uvm",
                                          "nvidia_peermem",
                                          "amdgpu",
                                          "mlx5_core",
                                          "mlx5_ib",
                                          "ib_uverbs",
                                          "rdma_ucm",
                                          "lustre",
                                          "gdrdrv"})
      if (std::ranges::find(*system.modules, wanted) != system.modules->end())
        node.modules.emplace_back(wanted);
  if (system.services.known())
    for (const auto& [name, runs] : *system.services)
      if (runs) node.services.push_back(name);
}

void learn_mounts(const std::vector<MountFacts>& mounts, NodeClass& node) {
  for (const MountFacts& mount : mounts) {
    const bool disk = mount.source.starts_with('/') || mount.source.find(':') != std::string::npos;
    if (disk && !mount.read_only && mount.answers.is(true) &&
        std::ranges::find(node.mounts, mount.path) == node.mounts.end())
      node.mounts.push_back(mount.path);
  }
}

class Toml {
 public:
  std::string text;

  void operator()(std::string_view name, const std::string& value, std::string_view) {
    if (!value.empty()) line(name, quoted(value));
  }
  void operator()(std::string_view name, unsigned value, std::string_view) {
    if (value > 0) line(name, cat(value));
  }
  void operator()(std::string_view name, bool value, std::string_view) {
    if (value) line(name, "true");
  }
  void operator()(std::string_view name, const std::optional<bool>& value, std::string_view) {
    if (value) line(name, *value ? "true" : "false");
  }
  void operator()(std::string_view name, const std::vector<std::string>& list, std::string_view) {
    if (list.empty()) return;
    std::vector<std::string> all;
    all.reserve(list.size());
    for (const std::string& one : list)
      all.push_back(quoted(one));
    line(name, cat('[', join(all, ", "), ']'));
  }

 private:
  void line(std::string_view name, std::string_view value) {
    text += cat(name, " = ", value, '\n');
  }
  static std::string quoted(const std::string& value) {
    std::string out = "\"";
    for (const char letter : value) {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter >= 0 && letter < ' ' ? '?' : letter;
    }
    return out + '"';
  }
};

/// Every key as text, for comparing.
struct Texts {
  std::vector<std::pair<std::string, std::string>> all;
  template <class T>
  void operator()(std::string_view name, const T& value, std::string_view help) {
    Toml toml;
    toml("x", value, help);
    const auto equals = toml.text.find("= ");
    all.emplace_back(name,
                     equals == std::string::npos
                         ? std::string("none")
                         : std::string(trim(std::string_view(toml.text).substr(equals + 2))));
  }
};

struct Keys {
  std::vector<ClassKey> all;
  template <class T>
  void operator()(std::string_view name, const T&, std::string_view help) {
    all.push_back({name, help});
  }
};

/// Any GPU may tell it: one that is lost tells no model, and a class that goes with it would take
/// along all that the node should have.
bool model_fits(const NodeClass& node, const Facts& facts) {
  return facts.gpus.known() && std::ranges::any_of(*facts.gpus, [&node](const GpuFacts& gpu) {
           return gpu.model.value_or("").starts_with(node.gpu_model);
         });
}

/// 3 by host list, 2 by feature, 1 by model, 0 for every node; none when it does not fit.
std::optional<int> fit_of(const NodeClass& node,
                          std::string_view host,
                          std::span<const std::string> features,
                          const Facts& facts) {
  if (!node.hosts.empty()) {
    const auto hosts = parse_hostlist(node.hosts);
    if (!hosts || std::ranges::find(*hosts, host) == hosts->end()) return std::nullopt;
    return 3;
  }
  if (!node.feature.empty())
    return std::ranges::find(features, node.feature) == features.end() ? std::nullopt
                                                                       : std::optional(2);
  if (!node.gpu_model.empty()) return model_fits(node, facts) ? std::optional(1) : std::nullopt;
  return 0;
}

}  // namespace

NodeClass learn_class(const Facts& healthy, std::string_view name) {
  NodeClass node;
  node.name = name;
  if (healthy.gpus.known()) learn_gpus(*healthy.gpus, node);
  node.driver = healthy.gpu_driver.version.value_or("");
  if (healthy.ib_ports.known()) learn_ports(*healthy.ib_ports, node);
  if (healthy.nets.known()) learn_nets(*healthy.nets, node);
  node.cpus = small(healthy.cpu.online.value_or(0));
  node.memory_gib = small(healthy.memory.total_bytes.value_or(0) >> 30);
  if (healthy.cpu.governors.known() && healthy.cpu.governors->size() == 1)
    node.governor = healthy.cpu.governors->front();
  learn_system(healthy.system, node);
  if (healthy.storage.mounts.known()) learn_mounts(*healthy.storage.mounts, node);
  return node;
}

std::string to_toml(const NodeClass& node) {
  Toml toml;
  class_fields(toml, node);
  return cat("[class.", node.name, "]\n", toml.text);
}

NodeClass class_of(std::span<const NodeClass> classes,
                   std::string_view host,
                   std::span<const std::string> features,
                   const Facts& facts) {
  const NodeClass* best = nullptr;
  int best_fit = -1;
  for (const NodeClass& node : classes) {
    const auto fit = fit_of(node, host, features, facts);
    if (!fit || *fit <= best_fit) continue;
    best = &node;
    best_fit = *fit;
  }
  return best == nullptr ? NodeClass{} : *best;
}

std::vector<Difference> differences(const NodeClass& here, const NodeClass& there) {
  Texts mine;
  Texts theirs;
  class_fields(mine, here);
  class_fields(theirs, there);
  std::vector<Difference> found;
  for (std::size_t i = 0; i < mine.all.size(); ++i)
    if (mine.all[i].second != theirs.all[i].second)
      found.push_back({mine.all[i].first, mine.all[i].second, theirs.all[i].second});
  return found;
}

std::span<const ClassKey> class_keys() {
  static const std::vector<ClassKey> keys = [] {
    Keys collected;
    const NodeClass none;
    class_fields(collected, none);
    return collected.all;
  }();
  return keys;
}

}  // namespace holdfast::health
