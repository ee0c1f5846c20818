// SPDX-License-Identifier: Apache-2.0
// The plugin reads this in slurmstepd. What is taken must be within bounds, and must come back the
// same when it is written and read again.
#include "holdfast/affinity/handover.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::affinity;
  const auto orders = read_handover({reinterpret_cast<const char*>(data), size});
  if (!orders) {
    if (orders.error().what.empty() || orders.error().what.size() > 400) std::abort();
    return 0;
  }
  if (orders->ranks.size() > max_handover_ranks) std::abort();
  const auto again = read_handover(write_handover(*orders));
  if (!again || *again != *orders) std::abort();
  return 0;
}
