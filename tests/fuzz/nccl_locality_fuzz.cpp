// SPDX-License-Identifier: Apache-2.0
// Any NCCL topology over a known machine: trees of CPUs, switches and devices, some of them the
// machine's own. The bytes steer how the file grows, for hardly any bytes are such a file by
// themselves. What comes out must be consistent, hold the same devices, and stay as it is when the
// file is read once more.
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace holdfast;
using namespace holdfast::affinity;

void must(bool holds) {
  if (!holds) std::abort();
}

Topology machine() {
  Topology topology;
  for (unsigned package = 0; package < 2; ++package) {
    const CpuSet pus{2 * package, 2 * package + 1};
    topology.packages.push_back({package, pus, ""});
    topology.memory.push_back({NumaNode{package}, pus, package, 0, false});
    for (const unsigned pu : pus)
      topology.cores.push_back({CpuSet{pu}, package, NumaNode{package}, package});
  }
  topology.bridges = {{"host 0", std::nullopt}, {"0000:10:00.0", 0U}};
  for (const char* at : {"0000:11:00.0", "0000:12:00.0"}) {
    Gpu gpu;
    gpu.id = *parse_gpu_id(at);
    gpu.near = {NumaNode{0}, topology.packages[0].pus};
    gpu.behind = 1;
    topology.gpus.push_back(gpu);
  }
  Nic nic;
  nic.name = "mlx5_0";
  nic.at = *parse_pci_address("0000:13:00.0");
  nic.ports.emplace_back();
  topology.nics.push_back(nic);
  return topology;
}

std::string grown_file(const std::uint8_t* data, std::size_t size) {
  constexpr std::array switches{"0000:10:00.0", "ffff:ff:01.0", "ffff:ff:02.0", "host 0"};
  constexpr std::array devices{"0000:11:00.0", "0000:12:00.0", "0000:13:00.0", "0000:77:00.0"};
  std::string text = "<system version=\"1\"><cpu numaid=\"0\" affinity=\"3\">";
  std::size_t open = 0;
  const auto close = [&](std::size_t down_to) {
    for (; open > down_to; --open)
      text += "</pci>";
  };
  for (std::size_t i = 0; i < size && i < 4096; ++i) {
    const unsigned choice = data[i] / 4 % 4;
    switch (data[i] % 4) {
      case 0:
        close(0);
        text += cat("</cpu><cpu numaid=\"", choice == 3 ? "-1" : cat(choice), "\" affinity=\"c\">");
        break;
      case 1:
        text += cat("<pci busid=\"", switches[choice], "\" class=\"0x060400\">");
        ++open;
        break;
      case 2:
        if (open != 0) close(open - 1);
        break;
      default:
        text += cat("<pci busid=\"", devices[choice], "\" class=\"0x030200\"/>");
    }
  }
  close(0);
  return text + "</cpu></system>";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = grown_file(data, size);
  const files::Descriptor file(::memfd_create("nccl", MFD_CLOEXEC));
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return 0;
  const std::string path = cat("/proc/self/fd/", file.get());
  const Topology before = machine();
  Topology placed = before;
  if (!add_nccl_locality(path, placed)) {
    must(placed == before);
    must(!parse_topology(text, "fuzz"));  // a file that is a machine by itself is good for another
    return 0;
  }
  must(!inconsistency(placed));
  must(placed.gpus.size() == before.gpus.size() && placed.nics.size() == before.nics.size());
  Topology again = placed;
  must(add_nccl_locality(path, again).has_value());
  must(again.gpus.size() == placed.gpus.size() && !inconsistency(again));
  for (std::size_t i = 0; i < placed.gpus.size(); ++i)
    must(again.gpus[i].near == placed.gpus[i].near);
  return 0;
}
