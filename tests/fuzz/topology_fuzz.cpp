// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recorded machine: hwloc XML, NCCL XML or JSON. Whatever is accepted must be
// consistent, survive JSON, and let distances be computed.
#include "holdfast/affinity/distance.hpp"
#include "holdfast/affinity/read.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::affinity;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto topology = parse_topology(text, "fuzz");
  if (!topology) {
    must(!topology.error().what.empty());
    return 0;
  }
  must(!inconsistency(*topology));
  auto again = parse_topology(to_json(*topology), "fuzz");
  must(again.has_value());
  again->origin = topology->origin;
  must(*again == *topology);
  for (std::size_t i = 0; i < topology->gpus.size() && i < 4; ++i) {
    const Gpu& gpu = topology->gpus[i];
    must(half_distance(*topology, topology->cores.front(), gpu.near) <= 4);
    for (std::size_t k = 0; k < topology->nics.size() && k < 4; ++k)
      must(path_weight(*topology, gpu, topology->nics[k]) <= 8);
  }
  return 0;
}
