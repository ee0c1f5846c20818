// SPDX-License-Identifier: Apache-2.0
#include "cli/render/owners.hpp"

#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/text.hpp"

#include <array>

namespace holdfast::cli {

Owners::Owners(const affinity::Plan* plan) : plan_(plan) {
  if (plan == nullptr) return;
  for (const affinity::Placement& placement : plan->ranks) {
    const unsigned rank = placement.rank.value;
    for (const unsigned pu : placement.pus)
      pus_[pu].push_back(rank);
    for (const std::size_t gpu : placement.gpus)
      gpus_[gpu].push_back(rank);
    for (const std::size_t nic : placement.nics)
      nics_[nic].push_back(rank);
  }
}

std::string_view color_of_rank(unsigned rank) {
  static constexpr std::array<std::string_view, 8> colors{
      "#77aadd", "#ee8866", "#eedd88", "#44bb99", "#ffaabb", "#99ddff", "#bbcc33", "#c9a9dd"};
  return colors[rank % colors.size()];
}

std::string ranks_in_words(const std::vector<unsigned>& ranks) {
  if (ranks.empty()) return "no rank";
  CpuSet numbers;
  for (const unsigned rank : ranks)
    numbers.insert(rank);
  return cat(ranks.size() == 1 ? "rank " : "ranks ", to_list(numbers));
}

}  // namespace holdfast::cli
