// SPDX-License-Identifier: Apache-2.0
// Small discrete choices inside a plan ("which ranks get one core more") whose price is a flow:
// every way is tried where that is cheap, else the first idea is improved step by step. Trials are
// rationed by counted work, never by a clock, so that the same node always gets the same plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::affinity {

/// What may still be spent on trials.
struct Effort {
  std::size_t left{};

  void spend(std::size_t work) { left -= work < left ? work : left; }
  [[nodiscard]] bool is_spent() const { return left == 0; }
};

/// The ration of one plan: about half a millisecond, and enough for every trial that a node with
/// four GPUs and eight cores has (tests/affinity/plan/oracle_test.cpp proves those exact).
inline constexpr std::size_t trial_steps = 40'000;

/// How many ways there are to take `total` things, at most limits[i] of kind i; counts no further
/// than `enough`.
[[nodiscard]] std::size_t ways_to_take(const std::vector<std::size_t>& limits,
                                       std::size_t total,
                                       std::size_t enough);

/// A running search for the cheapest way to take as many things as `start` takes, at most limits[i]
/// of kind i. The start wins ties. `price(counts)` gives the price, `floor` one below which none
/// is.
template <class Price>
class Choice {
 public:
  Choice(std::vector<std::size_t> limits,
         std::vector<std::size_t> start,
         std::uint64_t floor,
         Effort& effort,
         Price price)
      : limits_(std::move(limits)),
        best_(std::move(start)),
        floor_(floor),
        effort_(effort),
        price_(std::move(price)) {
    const std::size_t before = effort_.left;
    least_ = price_(best_);
    const std::size_t each = before - effort_.left + 1;
    std::size_t total = 0;
    for (const std::size_t count : best_)
      total += count;
    const std::size_t affordable = effort_.left / each;
    if (ways_to_take(limits_, total, affordable + 1) <= affordable) {
      std::vector<std::size_t> counts(limits_.size());
      try_all(counts, 0, total);
    } else {
      while (!is_over() && improve())
        continue;
    }
  }

  [[nodiscard]] const std::vector<std::size_t>& counts() const { return best_; }
  [[nodiscard]] std::uint64_t price() const { return least_; }

 private:
  [[nodiscard]] bool is_over() const { return least_ <= floor_ || effort_.is_spent(); }

  bool consider(const std::vector<std::size_t>& counts) {
    const std::uint64_t price = price_(counts);
    if (price >= least_) return false;
    least_ = price;
    best_ = counts;
    return true;
  }

  void try_all(std::vector<std::size_t>& counts, std::size_t kind, std::size_t rest) {
    if (least_ <= floor_) return;
    if (kind == limits_.size()) {
      if (rest == 0) consider(counts);
      return;
    }
    std::size_t later = 0;
    for (std::size_t i = kind + 1; i < limits_.size(); ++i)
      later += limits_[i];
    const std::size_t most = rest < limits_[kind] ? rest : limits_[kind];
    for (std::size_t count = most + 1; count-- > 0;) {
      if (rest - count > later) break;
      counts[kind] = count;
      try_all(counts, kind + 1, rest - count);
    }
    counts[kind] = 0;
  }

  /// Moves one thing from one kind to another where that helps.
  bool improve() {
    for (std::size_t from = 0; from < limits_.size(); ++from) {
      for (std::size_t to = 0; to < limits_.size(); ++to) {
        if (from == to || best_[from] == 0 || best_[to] == limits_[to]) continue;
        if (is_over()) return false;
        std::vector<std::size_t> counts = best_;
        --counts[from];
        ++counts[to];
        if (consider(counts)) return true;
      }
    }
    return false;
  }

  std::vector<std::size_t> limits_;
  std::vector<std::size_t> best_;
  std::uint64_t floor_;
  Effort& effort_;
  Price price_;
  std::uint64_t least_{};
};

}  // namespace holdfast::affinity
