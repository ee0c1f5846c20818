// SPDX-License-Identifier: Apache-2.0
#include "regrouping.hpp"

#include <cmath>
#include <utility>

namespace holdfast::affinity {

namespace {

class Regrouping {
 public:
  Regrouping(const Ground& ground, Dealing start, Effort& effort)
      : ground_(ground), effort_(effort), best_(std::move(start)) {
    const std::size_t before = effort_.left;
    least_ = dealing_cost(ground_, best_, UINT64_MAX, effort_);
    const std::size_t each = before - effort_.left + 1;
    if (ways() * static_cast<double>(each) <= static_cast<double>(effort_.left)) {
      Dealing groups(best_.size());
      try_all(groups, 0, ground_.place_of.size() % best_.size());
    } else {
      while (improve())
        continue;
    }
  }

  [[nodiscard]] Dealing take() && { return std::move(best_); }

 private:
  [[nodiscard]] std::size_t size() const { return ground_.place_of.size() / best_.size(); }

  /// How many groupings there are; a logarithm because factorials grow out of any type.
  [[nodiscard]] double ways() const {
    const auto factorial = [](std::size_t n) {
      double sum = 0;
      for (std::size_t i = 2; i <= n; ++i)
        sum += std::log(static_cast<double>(i));
      return sum;
    };
    const std::size_t gpus = ground_.place_of.size();
    const std::size_t bigger = gpus % best_.size();
    const std::size_t others = best_.size() - bigger;
    return std::exp(factorial(gpus) - static_cast<double>(bigger) * factorial(size() + 1) -
                    static_cast<double>(others) * factorial(size()) - factorial(bigger) -
                    factorial(others));
  }

  /// GPU after GPU to each group that has room; of the groups that are still empty only to the
  /// first, because groups have no names yet.
  void try_all(Dealing& groups, std::size_t gpu, std::size_t bigger) {
    if (least_ == 0) return;
    if (gpu == ground_.place_of.size()) {
      consider(groups);
      return;
    }
    for (auto& group : groups) {
      const bool was_empty = group.empty();
      const bool gets_bigger = group.size() == size();
      if (group.size() <= size() && (!gets_bigger || bigger != 0)) {
        group.push_back(gpu);
        try_all(groups, gpu + 1, bigger - (gets_bigger ? 1 : 0));
        group.pop_back();
      }
      if (was_empty) break;
    }
  }

  bool improve() {
    for (std::size_t one = 0; one < best_.size(); ++one)
      for (std::size_t other = 0; other < best_.size(); ++other)
        if (one != other && improve_between(one, other)) return true;
    return false;
  }

  bool improve_between(std::size_t one, std::size_t other) {
    for (std::size_t i = 0; i < best_[one].size(); ++i) {
      if (best_[one].size() > best_[other].size()) {
        Dealing moved = best_;
        moved[other].push_back(moved[one][i]);
        moved[one].erase(moved[one].begin() + static_cast<std::ptrdiff_t>(i));
        if (consider(moved)) return true;
      }
      for (std::size_t j = 0; one < other && j < best_[other].size(); ++j) {
        if (place(one, i) == place(other, j)) continue;
        Dealing swapped = best_;
        std::swap(swapped[one][i], swapped[other][j]);
        if (consider(swapped)) return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::size_t place(std::size_t group, std::size_t member) const {
    return ground_.place_of[best_[group][member]];
  }

  bool consider(const Dealing& candidate) {
    if (least_ == 0 || effort_.is_spent()) return false;
    const std::uint64_t cost = dealing_cost(ground_, candidate, least_, effort_);
    if (cost >= least_) return false;
    least_ = cost;
    best_ = candidate;
    return true;
  }

  const Ground& ground_;
  Effort& effort_;
  Dealing best_;
  std::uint64_t least_{};
};

}  // namespace

Dealing regrouped(const Ground& ground, Dealing start, Effort& effort) {
  return Regrouping(ground, std::move(start), effort).take();
}

}  // namespace holdfast::affinity
