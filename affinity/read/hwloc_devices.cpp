// SPDX-License-Identifier: Apache-2.0
// The device side of hwloc's XML: bridges, PCI functions and the operating system's devices on
// them. A function is near the closest CPU object above it; below the Machine itself nothing is
// known.
#include "holdfast/common/text.hpp"
#include "hwloc_xml.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace holdfast::affinity {

namespace {

/// Where hwloc's os-devices of one kind stand in its numbering, the same in XML 1 and 2.
constexpr std::string_view os_network = "2";
constexpr std::string_view os_fabric = "3";

struct GpuName {
  std::string_view prefix;
  GpuFace::Backend backend;
};

/// os-devices of the GPU runtimes. DRM nodes (card0, renderD128, controlD64) are none: a baseboard
/// controller's VGA has them too. "ze0.1" is a part of ze0 in a runtime that shows the whole.
constexpr std::array<GpuName, 4> gpu_names{{{"nvml", GpuFace::Backend::nvml},
                                            {"cuda", GpuFace::Backend::cuda},
                                            {"rsmi", GpuFace::Backend::rsmi},
                                            {"ze", GpuFace::Backend::level_zero}}};

/// AMD's runtime takes "GPU-" and 16 hex digits; hwloc records the number without leading zeros.
std::string amd_uuid(std::string_view number) {
  if (number.empty() || number.size() > 16) return std::string(number);
  return cat("GPU-", std::string(16 - number.size(), '0'), number);
}

std::optional<GpuFace> gpu_face(const XmlElement& object) {
  const std::string_view name = object["name"];
  GpuFace face;
  const auto known = std::ranges::find_if(gpu_names, [&](const GpuName& candidate) {
    if (!name.starts_with(candidate.prefix)) return false;
    const auto number = parse_number<unsigned>(name.substr(candidate.prefix.size()));
    face.number = number.value_or(0);
    return number.has_value();
  });
  if (known != gpu_names.end())
    face.backend = known->backend;
  else if (name.starts_with("opencl") && (hwloc_info(object, "OpenCLDeviceType").empty() ||
                                          hwloc_info(object, "OpenCLDeviceType") == "GPU"))
    face.backend = GpuFace::Backend::opencl;
  else
    return std::nullopt;
  for (const std::string_view key : {"GPUModel", "LevelZeroModel"})
    if (face.model.empty()) face.model = trim(hwloc_info(object, key));
  for (const std::string_view key : {"NVIDIAUUID", "LevelZeroUUID"})
    if (face.uuid.empty()) face.uuid = hwloc_info(object, key);
  if (face.uuid.empty()) face.uuid = amd_uuid(hwloc_info(object, "AMDUUID"));
  return face;
}

std::optional<NicFace> nic_face(const XmlElement& object) {
  const bool fabric = object["osdev_type"] == os_fabric;
  if ((!fabric && object["osdev_type"] != os_network) || object["name"].empty())
    return std::nullopt;
  NicFace face{std::string(object["name"]), fabric, object["subtype"] == "Slingshot", {}, {}};
  // IPoIB has hardware addresses of 20 bytes, Ethernet of 6
  if (hwloc_info(object, "Address").size() == 59) face.link = NicFace::Link::infiniband;
  for (const XmlElement& info : object.children) {
    std::string_view key = info["name"];
    if (info.name != "info" || !key.starts_with("Port") || !key.ends_with("State")) continue;
    key.remove_prefix(4);
    key.remove_suffix(5);
    const auto number = parse_number<unsigned>(key);
    const auto state = verbs_port_state(info["value"]);
    if (number && state && face.ports.size() < 64) face.ports.push_back({*number, *state, 0});
  }
  return face;
}

/// "0302 [10de:2330] [10de:16c1] a1" as class, vendor and device.
void read_pci_type(std::string_view text, PciFunction& function) {
  const auto number = [text](std::size_t from) {
    return text.size() < from + 4
               ? std::uint16_t{0}
               : parse_number<std::uint16_t>(text.substr(from, 4), 16).value_or(0);
  };
  function.class_code = number(0);
  function.vendor = number(6);
  function.device = number(11);
}

class DeviceWalk {
 public:
  explicit DeviceWalk(const Topology& topology) : topology_(topology), all_(topology.pus()) {}

  Result<Devices> walk(const XmlElement& machine) {
    if (auto failure = visit_cpu_object(machine, true)) return *failure;
    return std::move(devices_);
  }

 private:
  struct Place {
    Locality near;
    std::optional<std::size_t> bridge;
  };

  std::optional<Failure> visit_cpu_object(const XmlElement& object, bool is_machine) {
    std::optional<Place> place;  // found when the first device asks for it
    for (const XmlElement& child : object.children) {
      if (child.name != "object") continue;
      if (!is_io(hwloc_type(child))) {
        if (auto failure = visit_cpu_object(child, false)) return failure;
        continue;
      }
      if (!place) {
        place.emplace();
        if (!is_machine)
          if (auto failure = find_near(object, place->near)) return failure;
      }
      if (auto failure = visit_io(child, *place)) return failure;
    }
    return std::nullopt;
  }

  /// A cgroup's view has objects whose cpuset is empty; complete_cpuset then helps as far as it
  /// lies inside what may be used, and else the nodeset says which node it is.
  std::optional<Failure> find_near(const XmlElement& object, Locality& near) {
    const auto pus = hwloc_mask(object, "cpuset");
    if (!pus) return pus.error();
    const auto complete = hwloc_mask(object, "complete_cpuset");
    if (!complete) return complete.error();
    auto nodeset = hwloc_mask(object, "nodeset");
    if (!nodeset) return nodeset.error();
    for (const MemoryNode& node : topology_.memory)
      if (node.gpu_memory) nodeset->erase(node.id.value);
    std::vector<NumaNode> nodes;
    for (const unsigned node : *nodeset)
      nodes.emplace_back(node);
    near = locality_near(topology_, all_, pus->intersects(all_) ? *pus : *complete, nodes);
    return std::nullopt;
  }

  std::optional<Failure> visit_io(const XmlElement& object, const Place& place) {
    switch (hwloc_type(object)) {
      case HwlocType::bridge:
        return visit_bridge(object, place);
      case HwlocType::pci_device:
        return visit_function(object, place);
      case HwlocType::os_device:
        return add_unplaced(object, place);
      default:  // a Misc object below a bridge
        return std::nullopt;
    }
  }

  std::optional<Failure> visit_bridge(const XmlElement& object, Place place) {
    // "0-1" is a host bridge, "1-1" one between two PCI buses
    const bool host = object["bridge_type"].starts_with("0");
    devices_.bridges.push_back({std::string(object["pci_busid"]), place.bridge, host});
    place.bridge = devices_.bridges.size() - 1;
    for (const XmlElement& child : object.children)
      if (child.name == "object")
        if (auto failure = visit_io(child, place)) return failure;
    return std::nullopt;
  }

  std::optional<Failure> visit_function(const XmlElement& object, const Place& place) {
    const auto at = parse_pci_address(object["pci_busid"]);
    if (!at) return at.error();
    PciFunction function;
    function.at = *at;
    read_pci_type(object["pci_type"], function);
    function.near = place.near;
    function.bridge = place.bridge;
    for (const XmlElement& child : object.children) {
      if (child.name != "object" || hwloc_type(child) != HwlocType::os_device) continue;
      if (auto gpu = gpu_face(child)) function.gpus.push_back(std::move(*gpu));
      if (auto nic = nic_face(child)) function.nics.push_back(std::move(*nic));
    }
    // disks, sound and the like
    if (function.nics.empty() && !is_gpu(function, {})) return std::nullopt;
    if (devices_.functions.size() >= max_functions) return too_many();
    devices_.functions.push_back(std::move(function));
    return std::nullopt;
  }

  static Failure too_many() {
    return {FailureKind::unreadable,
            cat("it has more than ", max_functions, " GPUs and network devices"),
            "record the machine again",
            {}};
  }

  /// A GPU or fabric device that the recorder knows without its PCI function (PCI discovery was
  /// off). A GPU needs an identity, so it gets an address in a domain no hardware has. Netdevs
  /// without a function are virtual (bridges, tunnels) and left out.
  std::optional<Failure> add_unplaced(const XmlElement& object, const Place& place) {
    if (devices_.functions.size() + devices_.elsewhere.size() >= max_functions) return too_many();
    if (auto gpu = gpu_face(object); gpu && gpu->backend != GpuFace::Backend::opencl) {
      PciFunction function;
      constexpr std::uint32_t no_domain = 0xffffffff;
      function.at = {no_domain,
                     static_cast<std::uint8_t>(gpu->number / 32 % 256),
                     static_cast<std::uint8_t>(gpu->number % 32),
                     static_cast<std::uint8_t>(gpu->backend == GpuFace::Backend::rsmi ? 1 : 0)};
      function.vendor = unplaced_vendor(gpu->backend);
      function.near = place.near;
      const auto [same, fresh] = unplaced_.emplace(function.at, devices_.functions.size());
      if (fresh) devices_.functions.push_back(std::move(function));
      devices_.functions[same->second].gpus.push_back(std::move(*gpu));
      return std::nullopt;
    }
    auto nic = nic_face(object);
    if (!nic || !nic->fabric) return std::nullopt;
    PciFunction none;
    none.nics.push_back(std::move(*nic));
    none.near = place.near;
    if (auto found = nic_of(none)) {
      found->at = std::nullopt;
      devices_.elsewhere.push_back(std::move(*found));
    }
    return std::nullopt;
  }

  static std::uint16_t unplaced_vendor(GpuFace::Backend backend) {
    switch (backend) {
      case GpuFace::Backend::nvml:
      case GpuFace::Backend::cuda:
        return 0x10de;
      case GpuFace::Backend::rsmi:
        return 0x1002;
      default:
        return 0x8086;
    }
  }

  const Topology& topology_;
  CpuSet all_;
  Devices devices_;
  std::map<PciAddress, std::size_t> unplaced_;  ///< GPUs without a function, in devices_.functions
};

}  // namespace

Result<Devices> hwloc_devices(const XmlElement& machine, const Topology& topology) {
  return DeviceWalk(topology).walk(machine);
}

}  // namespace holdfast::affinity
