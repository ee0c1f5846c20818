// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"
#include "holdfast/affinity/topology.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// Which ranks have what, turned round from a plan, and the colour of each rank. Without a plan
/// nobody owns anything.
class Owners {
 public:
  explicit Owners(const affinity::Plan* plan);

  [[nodiscard]] bool planned() const { return plan_ != nullptr; }
  [[nodiscard]] std::vector<unsigned> of_pu(unsigned pu) const { return find(pus_, pu); }
  [[nodiscard]] std::vector<unsigned> of_gpu(std::size_t gpu) const { return find(gpus_, gpu); }
  [[nodiscard]] std::vector<unsigned> of_nic(std::size_t nic) const { return find(nics_, nic); }
  [[nodiscard]] const affinity::Plan* plan() const { return plan_; }

 private:
  template <class Key>
  static std::vector<unsigned> find(const std::map<Key, std::vector<unsigned>>& in, Key key) {
    const auto found = in.find(key);
    return found == in.end() ? std::vector<unsigned>{} : found->second;
  }

  const affinity::Plan* plan_;
  std::map<unsigned, std::vector<unsigned>> pus_;
  std::map<std::size_t, std::vector<unsigned>> gpus_;
  std::map<std::size_t, std::vector<unsigned>> nics_;
};

/// A light colour that dark text is read on. There are eight, told apart also by the colour-blind
/// (after Paul Tol's "light" scheme); ranks beyond reuse them, so a rank's number is always shown
/// beside its colour.
[[nodiscard]] std::string_view color_of_rank(unsigned rank);

/// "rank 3", "ranks 0-3".
[[nodiscard]] std::string ranks_in_words(const std::vector<unsigned>& ranks);

}  // namespace holdfast::cli
