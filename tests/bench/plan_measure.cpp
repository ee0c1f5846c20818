// SPDX-License-Identifier: Apache-2.0
#include "plan_measure.hpp"

#include "equal_shares.hpp"
#include "holdfast/affinity/cost.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <ctime>
#include <random>

namespace holdfast::bench {

namespace {

using affinity::Grant;
using affinity::Mode;
using affinity::Wish;

/// Time of this thread on a CPU: planning waits for nothing, and other load on the machine must not
/// count.
double cpu_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

class Measurement {
 public:
  explicit Measurement(const Machine& machine) : machine_(machine) {
    result_.name = machine.name;
    result_.cores = machine.topology.cores.size();
    result_.pus = machine.topology.pus().size();
    result_.gpus = machine.topology.gpus.size();
  }

  MachineResult run(unsigned random_grants) {
    const auto gpus = static_cast<unsigned>(result_.gpus);
    const auto most =
        gpus != 0 ? 4 * gpus : std::min(64U, 2 * static_cast<unsigned>(result_.cores));
    unsigned averaged = 0;
    for (unsigned ranks = 1; ranks <= most; ++ranks) {
      const auto full = plan_everything(ranks, Mode::full);
      const auto local = plan_everything(ranks, Mode::local);
      const double better = std::min(full.binding(), local.binding());
      if (gpus == 0 || ranks > 2 * gpus) continue;
      ++averaged;
      result_.full += full.binding();
      result_.local += local.binding();
      result_.better += better;
      result_.equal += or_equal_shares(ranks, better);
      if (ranks != gpus) continue;
      result_.better_at_gpus = better;
      result_.nic_weight = full.nic_weight;
      result_.nic_overload = full.nic_overload;
    }
    for (double* sum : {&result_.full, &result_.local, &result_.better, &result_.equal})
      *sum = averaged == 0 ? 0 : *sum / averaged;
    plan_parts(random_grants, most);
    result_.times = times_of(microseconds_);
    return std::move(result_);
  }

 private:
  affinity::Cost plan_everything(unsigned ranks, Mode mode) {
    Wish wish;
    wish.local_ranks = ranks;
    wish.mode = mode;
    double best = 1e9;
    for (int turn = 0; turn < 3; ++turn) {
      const double start = cpu_microseconds();
      const auto made = affinity::plan(machine_.topology, {}, wish);
      if (made) best = std::min(best, cpu_microseconds() - start);
    }
    microseconds_.push_back(best);
    return judge({}, wish);
  }

  /// The better mode's binding cost, or that of equal shares among its ranks where it is less.
  double or_equal_shares(unsigned ranks, double better) {
    for (const Mode mode : {Mode::full, Mode::local}) {
      Wish wish;
      wish.local_ranks = ranks;
      wish.mode = mode;
      const auto made = affinity::plan(machine_.topology, {}, wish);
      if (!made) continue;  // judged already
      const auto cost = affinity::cost_of(machine_.topology, {}, wish, made->ranks);
      const auto equal = equal_shares_cost(machine_.topology, made->ranks, cost.oversharing);
      if (equal) better = std::min(better, *equal);
    }
    return better;
  }

  affinity::Cost judge(const Grant& grant, const Wish& wish) {
    ++result_.maps;
    const auto made = affinity::plan(machine_.topology, grant, wish);
    if (!made) {
      result_.violations.push_back(made.error().sentence());
      return {};
    }
    for (auto& sentence : affinity::violations_of(machine_.topology, grant, wish, made->ranks))
      result_.violations.push_back(cat(wish.local_ranks, " ranks: ", sentence));
    return affinity::cost_of(machine_.topology, grant, wish, made->ranks);
  }

  /// The same parts in every run: a bar that moves with chance is none.
  void plan_parts(unsigned grants, unsigned most_ranks) {
    std::mt19937_64 chance(20261122);
    const CpuSet all = machine_.topology.pus();
    for (unsigned i = 0; i < grants; ++i) {
      Grant grant{CpuSet{}, std::nullopt};
      const std::uint64_t one_in = 1 + chance() % 8;
      for (const unsigned pu : all)
        if (chance() % one_in == 0) grant.pus->insert(pu);
      if (grant.pus->empty()) grant.pus->insert(all.front());
      Wish wish;
      wish.local_ranks = 1 + static_cast<unsigned>(chance() % most_ranks);
      wish.mode = chance() % 2 == 0 ? Mode::full : Mode::local;
      judge(grant, wish);
    }
  }

  const Machine& machine_;
  MachineResult result_;
  std::vector<double> microseconds_;
};

}  // namespace

Times times_of(std::vector<double> microseconds) {
  if (microseconds.empty()) return {};
  std::ranges::sort(microseconds);
  const std::size_t last = microseconds.size() - 1;
  return {microseconds.front(),
          microseconds[last / 2],
          microseconds[last * 99 / 100],
          microseconds.back()};
}

MachineResult measure(const Machine& machine, unsigned random_grants) {
  return Measurement(machine).run(random_grants);
}

}  // namespace holdfast::bench
