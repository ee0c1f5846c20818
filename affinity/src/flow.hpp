// SPDX-License-Identifier: Apache-2.0
// The transportation problem: rows have a supply, columns a demand, every row can serve every
// column at a cost a unit. All sharing of cores, PUs and NICs in a plan is this problem on few
// classes. Solved by successive shortest paths (Dijkstra on reduced costs), which is exact, needs
// no tuning and touches every tie in index order: same input, same answer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast::affinity {

/// `Cost` is a number or a small struct of numbers: default zero, +, - and <. No cost is below
/// zero: then all potentials may start at zero, and columns that still lack units keep equal ones,
/// which makes the nearest of them in reduced costs the nearest in costs.
template <class Cost>
class Transport {
 public:
  /// `cost` row by row. As many units are sent as supply and demand allow, and no cheaper way to
  /// send as many exists.
  Transport(std::vector<std::uint64_t> supply,
            std::vector<std::uint64_t> demand,
            std::vector<Cost> cost)
      : rows_(supply.size()),
        columns_(demand.size()),
        supply_(std::move(supply)),
        demand_(std::move(demand)),
        cost_(std::move(cost)),
        sent_(cost_.size()),
        potential_(rows_ + columns_) {
    while (const auto end = nearest_open_column())
      send_to(*end);
  }

  [[nodiscard]] std::uint64_t sent(std::size_t row, std::size_t column) const {
    return sent_[row * columns_ + column];
  }

  [[nodiscard]] const Cost& cost(std::size_t row, std::size_t column) const {
    return cost_[row * columns_ + column];
  }

  /// Steps taken, for callers that ration their trials without looking at a clock.
  [[nodiscard]] std::size_t work() const { return work_; }

 private:
  // Nodes of the residual network: rows first, then columns.
  enum class Mark : std::uint8_t { far, seen, settled };

  void reach(std::size_t node, Cost distance, std::size_t from) {
    if (mark_[node] == Mark::settled) return;
    if (mark_[node] == Mark::seen && !(distance < distance_[node])) return;
    mark_[node] = Mark::seen;
    distance_[node] = distance;
    from_[node] = from;
  }

  [[nodiscard]] std::optional<std::size_t> nearest_seen() const {
    std::optional<std::size_t> best;
    for (std::size_t node = 0; node < mark_.size(); ++node)
      if (mark_[node] == Mark::seen && (!best || distance_[node] < distance_[*best])) best = node;
    return best;
  }

  /// Reaches on from a node whose distance is final. Ends at once at a column that lacks units and
  /// is as near as this node, for nothing can be nearer.
  std::optional<std::size_t> settle(std::size_t node) {
    mark_[node] = Mark::settled;
    work_ += columns_ + rows_;
    if (node >= rows_) {
      // Back along a row that serves this column: its reduced cost is zero by optimality.
      for (std::size_t r = 0; r < rows_; ++r)
        if (sent(r, node - rows_) != 0) reach(r, distance_[node], node);
      return std::nullopt;
    }
    const Cost here = distance_[node];
    for (std::size_t c = 0; c < columns_; ++c) {
      reach(rows_ + c, here + (cost(node, c) + potential_[node] - potential_[rows_ + c]), node);
      if (demand_[c] != 0 && !(here < distance_[rows_ + c])) return rows_ + c;
    }
    return std::nullopt;
  }

  /// The cheapest column that still wants a unit and can get one; potentials are brought up to it.
  std::optional<std::size_t> nearest_open_column() {
    mark_.assign(rows_ + columns_, Mark::far);
    distance_.assign(rows_ + columns_, Cost{});
    from_.assign(rows_ + columns_, none);
    for (std::size_t r = 0; r < rows_; ++r)
      if (supply_[r] != 0) reach(r, Cost{}, none);
    while (const auto node = nearest_seen()) {
      const bool is_end = *node >= rows_ && demand_[*node - rows_] != 0;
      const auto end = is_end ? node : settle(*node);
      if (end) {
        raise_potentials(distance_[*end]);
        return end;
      }
    }
    return std::nullopt;
  }

  void raise_potentials(const Cost& end) {
    for (std::size_t node = 0; node < mark_.size(); ++node) {
      const bool nearer = mark_[node] != Mark::far && distance_[node] < end;
      potential_[node] = potential_[node] + (nearer ? distance_[node] : end);
    }
  }

  void send_to(std::size_t end) {
    std::uint64_t units = demand_[end - rows_];
    std::size_t start = end;
    for (std::size_t at = end; from_[at] != none; at = from_[at]) {
      if (at < rows_) units = std::min(units, sent(at, from_[at] - rows_));
      start = from_[at];
    }
    units = std::min(units, supply_[start]);
    for (std::size_t at = end; from_[at] != none; at = from_[at]) {
      if (at < rows_)
        sent_[at * columns_ + (from_[at] - rows_)] -= units;
      else
        sent_[from_[at] * columns_ + (at - rows_)] += units;
    }
    supply_[start] -= units;
    demand_[end - rows_] -= units;
  }

  static constexpr std::size_t none = SIZE_MAX;

  std::size_t rows_;
  std::size_t columns_;
  std::vector<std::uint64_t> supply_;
  std::vector<std::uint64_t> demand_;
  std::vector<Cost> cost_;
  std::vector<std::uint64_t> sent_;
  std::vector<Cost> potential_;
  std::vector<Mark> mark_;
  std::vector<Cost> distance_;
  std::vector<std::size_t> from_;
  std::size_t work_{};
};

}  // namespace holdfast::affinity
