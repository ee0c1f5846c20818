// SPDX-License-Identifier: Apache-2.0
// The keys of a node class, once: writing, reading and comparing follow from this list.
#pragma once

#include "holdfast/health/fields.hpp"
#include "holdfast/health/limits.hpp"

namespace holdfast::health {

void class_fields(auto& visit, Of<NodeClass> auto& c) {
  visit("hosts", c.hosts, "host list of the nodes");
  visit("feature", c.feature, "Slurm feature of the nodes");
  visit("gpu_model", c.gpu_model, "what the name of their GPUs begins with");
  visit("gpus", c.gpus, "GPUs that must answer");
  visit("nvlinks", c.nvlinks, "active NVLinks of each GPU");
  visit("pcie_width", c.pcie_width, "PCIe lanes of each GPU");
  visit("driver", c.driver, "version of the GPU driver");
  visit("vbios", c.vbios, "version of the GPUs' VBIOS");
  visit("ecc", c.ecc, "ECC must be on");
  visit("fabric", c.fabric, "NVSwitches connect the GPUs");
  visit("mig", c.mig, "MIG must be on, or off");
  visit("ib_ports", c.ib_ports, "InfiniBand or RoCE ports that must be active");
  visit("ib_gigabits", c.ib_gigabits, "speed of each of them, Gb/s");
  visit("ib_layer", c.ib_layer, R"("InfiniBand" or "Ethernet")");
  visit("ib_firmware", c.ib_firmware, "firmware of the NICs");
  visit("ib_devices", c.ib_devices, R"(ports that must be active, by name: "mlx5_0/1")");
  visit("pkey", c.pkey, R"(partition key each port must have: "0x8001")");
  visit("nets", c.nets, "network interfaces that must be up");
  visit("net_megabits", c.net_megabits, "speed of each of them, Mb/s");
  visit("mtu", c.mtu, "MTU of each of them");
  visit("cpus", c.cpus, "PUs that must be online");
  visit("memory_gib", c.memory_gib, "memory, GiB");
  visit("huge_pages", c.huge_pages, "huge pages that must be set aside");
  visit("transparent_huge_pages", c.transparent_huge_pages, "always, madvise or never");
  visit("governor", c.governor, "CPU frequency governor");
  visit("mounts", c.mounts, "file systems that must be mounted, by path");
  visit("modules", c.modules, "kernel modules that must be loaded");
  visit("services", c.services, "services that must run");
  visit("kernel", c.kernel, "kernel release");
}

}  // namespace holdfast::health
