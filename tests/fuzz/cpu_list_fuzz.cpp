// SPDX-License-Identifier: Apache-2.0
// CPU lists and masks come from /sys, Slurm, recorded machines and users. What is read must survive
// being written and read again.
#include "holdfast/common/cpu_set.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& set : {parse_cpu_list(text), parse_cpu_mask(text)}) {
    if (!set) continue;
    const auto again = parse_cpu_list(to_list(*set));
    if (!again || *again != *set) std::abort();
    unsigned counted = 0;
    for (const unsigned member : *set)
      counted += set->contains(member) ? 1 : 0;
    if (counted != set->size()) std::abort();
  }
  return 0;
}
