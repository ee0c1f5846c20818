// SPDX-License-Identifier: Apache-2.0
// The file of `holdfast decide` is anybody's; what can be read of it must be decided, and twice in
// the same way.
#include "cli/decide/case_file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const auto all = cli::parse_case({reinterpret_cast<const char*>(data), size});
  if (!all) {
    if (all.error().what.empty()) std::abort();
    return 0;
  }
  const auto once = recovery::decide(all->history, all->choice, all->ground, all->policy);
  const auto twice = recovery::decide(all->history, all->choice, all->ground, all->policy);
  if (once.why.empty() || once.kind != twice.kind || once.nodes != twice.nodes) std::abort();
  return 0;
}
