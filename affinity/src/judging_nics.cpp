// SPDX-License-Identifier: Apache-2.0
// Which NIC serves which GPU is not written in a placement: a rank with two GPUs has up to two
// NICs, and its GPUs use them as is best. So the judge takes, GPU by GPU, the cheapest chain of
// changes (a GPU moves to another of its NICs, one of that NIC's GPUs moves on, …), which ends at
// the best.
#include "holdfast/affinity/distance.hpp"
#include "judging.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::affinity {

namespace {

/// What a GPU counts that no NIC serves although the node has one: the farthest path.
constexpr unsigned unserved_weight = 8;

struct Customer {
  std::size_t gpu{};
  std::vector<std::size_t> nics;  ///< of the ranks that own the GPU
  std::optional<std::size_t> served_by;
};

std::vector<Customer> customers_of(const Usable& usable, const std::vector<Placement>& ranks) {
  std::vector<Customer> customers;
  for (const std::size_t gpu : usable.gpus) {
    Customer customer{gpu, {}, {}};
    bool is_owned = false;
    for (const Placement& rank : ranks) {
      if (std::ranges::find(rank.gpus, gpu) == rank.gpus.end()) continue;
      is_owned = true;
      customer.nics.insert(customer.nics.end(), rank.nics.begin(), rank.nics.end());
    }
    if (is_owned) customers.push_back(std::move(customer));
  }
  return customers;
}

class Service {
 public:
  Service(const Topology& topology, const std::vector<Placement>& ranks, const Usable& usable)
      : topology_(topology),
        customers_(customers_of(usable, ranks)),
        fair_((usable.gpus.size() + usable.nics.size() - 1) / usable.nics.size()),
        load_(topology.nics.size()) {
    for (std::size_t i = 0; i < customers_.size(); ++i)
      if (!customers_[i].nics.empty()) serve(i);
  }

  void tell(std::size_t gpus, Cost& cost) const {
    double weight = 0;
    double beyond = 0;
    for (const Customer& customer : customers_)
      weight += customer.served_by ? path(customer, *customer.served_by) : unserved_weight;
    for (const std::size_t load : load_)
      beyond += load > fair_ ? static_cast<double>(load - fair_) : 0;
    cost.nic_weight = customers_.empty() ? 0 : weight / static_cast<double>(customers_.size());
    cost.nic_overload = beyond / static_cast<double>(gpus);
  }

 private:
  struct Way {
    int price{};
    std::size_t customer{};            ///< who moves to this NIC
    std::optional<std::size_t> after;  ///< from which NIC
    bool open{};
  };

  [[nodiscard]] int path(const Customer& customer, std::size_t nic) const {
    return static_cast<int>(
        path_weight(topology_, topology_.gpus[customer.gpu], topology_.nics[nic]));
  }

  /// Dearer than all paths together.
  [[nodiscard]] int fee(std::size_t nic) const {
    return load_[nic] >= fair_ ? static_cast<int>(unserved_weight * (customers_.size() + 1)) : 0;
  }

  /// Bellman and Ford: NICs are nodes, a customer that may change its NIC is an edge.
  void serve(std::size_t newcomer) {
    std::vector<Way> ways(load_.size());
    for (const std::size_t nic : customers_[newcomer].nics)
      ways[nic] = {path(customers_[newcomer], nic), newcomer, std::nullopt, true};
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < customers_.size(); ++i)
        changed = (customers_[i].served_by && extend(ways, i)) || changed;
    }
    std::optional<std::size_t> end;
    for (std::size_t nic = 0; nic < ways.size(); ++nic)
      if (ways[nic].open && (!end || ways[nic].price + fee(nic) < ways[*end].price + fee(*end)))
        end = nic;
    if (!end) return;
    ++load_[*end];
    for (std::optional<std::size_t> nic = end; nic; nic = ways[*nic].after)
      customers_[ways[*nic].customer].served_by = *nic;
  }

  bool extend(std::vector<Way>& ways, std::size_t mover) const {
    const Customer& customer = customers_[mover];
    const std::size_t here = *customer.served_by;
    if (!ways[here].open) return false;
    bool changed = false;
    for (const std::size_t there : customer.nics) {
      const int price = ways[here].price - path(customer, here) + path(customer, there);
      if (there == here || (ways[there].open && ways[there].price <= price)) continue;
      ways[there] = {price, mover, here, true};
      changed = true;
    }
    return changed;
  }

  const Topology& topology_;
  std::vector<Customer> customers_;
  std::size_t fair_;
  std::vector<std::size_t> load_;
};

}  // namespace

void judge_nics(const Topology& topology,
                const Usable& usable,
                const std::vector<Placement>& ranks,
                Cost& cost) {
  if (usable.gpus.empty() || usable.nics.empty()) return;
  Service(topology, ranks, usable).tell(usable.gpus.size(), cost);
}

}  // namespace holdfast::affinity
