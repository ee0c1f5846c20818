// SPDX-License-Identifier: Apache-2.0
// From the lines of a machine spec to hwloc objects. PU numbers follow the two ways firmware has:
// siblings last (all first threads, then all second ones; the usual one) or adjacent.
#include "machine_objects.hpp"

#include "holdfast/common/text.hpp"

#include <map>
#include <stdexcept>

namespace holdfast::testing {

namespace {

/// A PCI function's looks: class, vendor and device as they stand in hwloc's pci_type.
struct Looks {
  std::string_view pci_class;
  std::string_view ids;
};

const std::map<std::string, Looks>& gpu_looks() {
  static const std::map<std::string, Looks> looks{{"nvidia", {"0302", "10de:2330"}},
                                                  {"amd", {"1200", "1002:74a1"}},
                                                  {"mi250x", {"0380", "1002:7408"}},
                                                  {"intel", {"0380", "8086:0bd5"}}};
  return looks;
}

const std::map<std::string, Looks>& nic_looks() {
  static const std::map<std::string, Looks> looks{{"infiniband", {"0207", "15b3:1021"}},
                                                  {"roce", {"0200", "15b3:101d"}},
                                                  {"efa", {"0200", "1d0f:efa1"}},
                                                  {"slingshot", {"0200", "17db:0501"}},
                                                  {"omni_path", {"0208", "8086:24f0"}},
                                                  {"ethernet", {"0200", "8086:1521"}}};
  return looks;
}

/// The words of a comma-separated option.
std::vector<std::string> words(const SpecLine& line,
                               const std::string& key,
                               const std::string& otherwise = {}) {
  const std::string text = line.option(key, otherwise);
  std::vector<std::string> out;
  for (const std::string_view word : split(text, ','))
    out.emplace_back(word);
  return out;
}

unsigned count_cores(const SpecLine& line) {
  unsigned cores = 0;
  if (line.word == "cores") {
    const auto count = parse_number<unsigned>(line.arguments.at(0));
    if (!count) throw std::runtime_error("cores needs a number");
    cores = *count;
  }
  for (const SpecLine& below : line.below)
    cores += count_cores(below);
  return cores;
}

class Builder {
 public:
  explicit Builder(const SpecLine& machine)
      : adjacent_(machine.option("pus") == "adjacent"), all_cores_(count_cores(machine)) {}

  MachineObject build(const SpecLine& machine) {
    MachineObject object{"Machine", {{"os_index", "0"}}, {}, {}, {}, {}, {}, {}};
    object.infos = {{"Backend", "holdfast machine spec"},
                    {"Architecture", machine.option("arch", "x86_64")}};
    add_below(object, machine);
    object.hidden = set_option(machine, "offline");
    if (const CpuSet seen = set_option(machine, "only"); !seen.empty())
      object.hidden |= CpuSet::range(0, CpuSet::limit) - seen;
    return object;
  }

 private:
  static CpuSet set_option(const SpecLine& line, const std::string& key) {
    const auto set = parse_cpu_list(line.option(key));
    if (!set) throw std::runtime_error(set.error().what);
    return *set;
  }

  void add_below(MachineObject& object, const SpecLine& line) {
    for (const SpecLine& below : line.below)
      add(object, below);
  }

  void add(MachineObject& parent, const SpecLine& line) {
    if (line.word == "cores") return add_cores(parent, line);
    if (line.word == "numa") return add_numa(parent, line);
    if (line.word == "memory") return parent.below.push_back(memory(line));
    if (line.word == "package" || line.word == "l3") return add_set(parent, line);
    if (line.word == "host") return add_host(parent, line);
    if (line.word == "switch") return add_switch(parent, line);
    if (line.word == "gpu") return add_gpu(parent, line);
    if (line.word == "nic") return add_nic(parent, line);
    if (line.word == "vga") return add_vga(parent, line);
    throw std::runtime_error(cat("a machine spec has no word \"", line.word, '"'));
  }

  void add_set(MachineObject& parent, const SpecLine& line) {
    MachineObject object;
    if (line.word == "package") {
      object.type = "Package";
      object.attributes = {{"os_index", cat(packages_++)}};
      object.infos = {{"CPUModel", line.option("model", "pretended")}};
    } else {
      object.type = "L3Cache";
      object.attributes = {{"cache_size", "33554432"},
                           {"depth", "3"},
                           {"cache_linesize", "64"},
                           {"cache_associativity", "16"},
                           {"cache_type", "0"}};
    }
    add_below(object, line);
    parent.below.push_back(std::move(object));
  }

  /// A NUMA node is a memory child; where a package has several, each stands in a Group with the
  /// cores and bridges that belong to it.
  void add_numa(MachineObject& parent, const SpecLine& line) {
    MachineObject group{"Group", {{"kind", "1000"}, {"subkind", "0"}}, {}, {}, {}, {}, {}, {}};
    group.below.push_back(memory(line));
    add_below(group, line);
    parent.below.push_back(std::move(group));
  }

  static MachineObject memory(const SpecLine& line) {
    const auto number = parse_number<unsigned>(line.arguments.at(0));
    if (!number) throw std::runtime_error("a NUMA node needs a number");
    MachineObject node;
    node.type = "NUMANode";
    node.nodes.insert(*number);
    node.attributes = {{"os_index", cat(*number)}};
    if (const std::string subtype = line.option("subtype"); !subtype.empty())
      node.attributes.emplace_back("subtype", subtype);
    node.attributes.emplace_back("local_memory", line.option("bytes", "549755813888"));
    return node;
  }

  void add_cores(MachineObject& parent, const SpecLine& line) {
    const unsigned count = count_cores({line.word, line.arguments, line.options, {}});
    const unsigned threads = line.number("threads", 1);
    for (unsigned core = 0; core < count; ++core) {
      MachineObject object{"Core", {{"os_index", cat(cores_)}}, {}, {}, {}, {}, {}, {}};
      for (unsigned thread = 0; thread < threads; ++thread) {
        const unsigned number =
            adjacent_ ? cores_ * threads + thread : cores_ + thread * all_cores_;
        MachineObject pu{"PU", {{"os_index", cat(number)}}, {}, {}, {}, {}, {}, {}};
        pu.complete.insert(number);
        object.below.push_back(std::move(pu));
      }
      ++cores_;
      parent.below.push_back(std::move(object));
    }
  }

  void add_host(MachineObject& parent, const SpecLine& line) {
    MachineObject bridge{
        "Bridge", {{"bridge_type", "0-1"}, {"depth", "0"}}, {}, {}, {}, {}, {}, {}};
    bridge.attributes.emplace_back("bridge_pci", cat(line.option("domain", "0000"), ":[00-ff]"));
    add_below(bridge, line);
    parent.below.push_back(std::move(bridge));
  }

  void add_switch(MachineObject& parent, const SpecLine& line) {
    MachineObject bridge{
        "Bridge", {{"bridge_type", "1-1"}, {"depth", "1"}}, {}, {}, {}, {}, {}, {}};
    const std::string& at = line.arguments.at(0);
    bridge.attributes.emplace_back("bridge_pci", cat(at.substr(0, 4), ":[00-ff]"));
    bridge.attributes.emplace_back("pci_busid", at);
    bridge.attributes.emplace_back("pci_type", "0604 [1000:c030] [0000:0000] 00");
    bridge.attributes.emplace_back("pci_link_speed", "63.015385");
    add_below(bridge, line);
    parent.below.push_back(std::move(bridge));
  }

  static MachineObject function(const SpecLine& line, const Looks& looks) {
    MachineObject object{"PCIDev", {{"pci_busid", line.arguments.at(0)}}, {}, {}, {}, {}, {}, {}};
    object.attributes.emplace_back("pci_type",
                                   cat(line.option("class", std::string(looks.pci_class)),
                                       " [",
                                       line.option("ids", std::string(looks.ids)),
                                       "] [0000:0000] 00"));
    object.attributes.emplace_back("pci_link_speed", "63.015385");
    return object;
  }

  static MachineObject os_device(std::string name, std::string_view type, std::string subtype) {
    MachineObject object{"OSDev", {{"name", std::move(name)}}, {}, {}, {}, {}, {}, {}};
    if (!subtype.empty()) object.attributes.emplace_back("subtype", std::move(subtype));
    object.attributes.emplace_back("osdev_type", type);
    return object;
  }

  void add_gpu(MachineObject& parent, const SpecLine& line) {
    MachineObject object = function(line, gpu_looks().at(line.arguments.at(1)));
    const std::string model = line.option("model", "pretended GPU");
    for (const std::string& name : words(line, "nvml"))
      object.below.push_back(runtime_device(cat("nvml", name), "1", "NVML", model, name));
    for (const std::string& name : words(line, "cuda"))
      object.below.push_back(runtime_device(cat("cuda", name), "5", "CUDA", model, {}));
    for (const std::string& name : words(line, "rsmi"))
      object.below.push_back(runtime_device(cat("rsmi", name), "1", "RSMI", model, name));
    for (const std::string& name : words(line, "ze"))
      object.below.push_back(runtime_device(cat("ze", name), "5", "LevelZero", model, name));
    if (const std::string card = line.option("drm"); !card.empty())
      object.below.push_back(os_device(cat("card", card), "1", {}));
    parent.below.push_back(std::move(object));
  }

  static MachineObject runtime_device(std::string name,
                                      std::string_view type,
                                      std::string_view backend,
                                      const std::string& model,
                                      std::string_view number) {
    MachineObject object = os_device(std::move(name), type, std::string(backend));
    object.infos = {{"Backend", std::string(backend)}, {"GPUModel", model}};
    const std::string padded = cat(std::string(12 - number.size(), '0'), number);
    if (backend == "NVML")
      object.infos.emplace_back("NVIDIAUUID", cat("GPU-00000000-0000-0000-0000-", padded));
    if (backend == "RSMI") object.infos.emplace_back("AMDUUID", cat("a", padded));
    if (backend == "LevelZero") object.infos.emplace_back("LevelZeroUUID", cat("b", padded));
    return object;
  }

  void add_nic(MachineObject& parent, const SpecLine& line) {
    const std::string& kind = line.arguments.at(1);
    MachineObject object = function(line, nic_looks().at(kind));
    const std::string netdev = line.option("netdev");
    if (!netdev.empty()) {
      object.below.push_back(os_device(netdev, "2", kind == "slingshot" ? "Slingshot" : ""));
      object.below.back().infos = {
          {"Address",
           netdev.starts_with("ib") ? "00:00:10:49:fe:80:00:00:00:00:00:00:02:00:00:00:00:00:00:01"
                                    : "02:00:00:00:00:01"}};
    }
    if (const std::string name = line.option("name"); !name.empty()) {
      object.below.push_back(os_device(name, "3", {}));
      unsigned port = 0;
      for (const std::string& state : words(line, "ports", "active"))
        object.below.back().infos.emplace_back(cat("Port", ++port, "State"),
                                               state == "active" ? "4" : "1");
    }
    parent.below.push_back(std::move(object));
  }

  static void add_vga(MachineObject& parent, const SpecLine& line) {
    MachineObject object = function(line, {"0300", "1a03:2000"});
    object.below.push_back(os_device("card0", "1", {}));
    object.below.push_back(os_device("controlD64", "1", {}));
    parent.below.push_back(std::move(object));
  }

  bool adjacent_;
  unsigned all_cores_;
  unsigned cores_{};
  unsigned packages_{};
};

}  // namespace

MachineObject machine_objects(const SpecLine& machine) { return Builder(machine).build(machine); }

}  // namespace holdfast::testing
