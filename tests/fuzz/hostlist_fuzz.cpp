// SPDX-License-Identifier: Apache-2.0
// Host lists come from Slurm's environment, which a user may have changed.
#include "holdfast/common/hostlist.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const auto hosts = parse_hostlist({reinterpret_cast<const char*>(data), size});
  if (!hosts) return 0;
  if (hosts->size() > max_hosts) std::abort();
  for (const std::string& host : *hosts) {
    if (host.empty()) std::abort();
  }
  return 0;
}
