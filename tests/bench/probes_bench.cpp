// SPDX-License-Identifier: Apache-2.0
// What the quick look at a node costs on this machine: each look in this process, and the whole of
// gather() with its children. `probes-bench [RUNS]`; exit 1 when the whole misses its bar of 5 ms,
// a fiftieth of what NHC takes for its thirty checks. Best of all runs: a busy host only adds.
#include "holdfast/health/probes/gather.hpp"
#include "probes/looks.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <vector>

namespace {

using namespace holdfast::health;
using Clock = std::chrono::steady_clock;

double microseconds_of(const std::function<void()>& work) {
  const auto before = Clock::now();
  work();
  return std::chrono::duration<double, std::micro>(Clock::now() - before).count();
}

/// Adds the best time of one look to the sum.
void measure(const char* name, int runs, const std::function<void(Facts&)>& look, double& sum) {
  double best = std::numeric_limits<double>::max();
  for (int run = 0; run < runs; ++run) {
    Facts facts;
    facts.boot_id = "bench";
    best = std::min(best, microseconds_of([&] { look(facts); }));
  }
  std::printf("%-12s %8.0f us\n", name, best);
  sum += best;
}

double measure_looks(int runs) {
  const Tree tree("/");
  KernelLogCursor cursor;
  Facts first;
  first.boot_id = "bench";
  read_kernel_log(tree, cursor, first);
  double sum = 0;
  measure(
      "pci", runs, [&](Facts& facts) { look_at_pci(tree, Depth::quick, facts); }, sum);
  measure(
      "infiniband", runs, [&](Facts& facts) { look_at_ib(tree, Depth::quick, facts); }, sum);
  measure(
      "interfaces", runs, [&](Facts& facts) { look_at_nets(tree, facts); }, sum);
  measure(
      "memory", runs, [&](Facts& facts) { look_at_memory(tree, Depth::quick, facts); }, sum);
  measure(
      "cpu", runs, [&](Facts& facts) { look_at_cpu(tree, Depth::quick, facts); }, sum);
  measure(
      "system", runs, [&](Facts& facts) { look_at_system(tree, Depth::quick, facts); }, sum);
  measure(
      "services", runs, [&](Facts& facts) { look_at_services(tree, {}, facts.system); }, sum);
  measure(
      "processes", runs, [&](Facts& facts) { look_at_processes(tree, Depth::quick, facts); }, sum);
  measure(
      "slurm", runs, [&](Facts& facts) { look_at_slurm(tree, facts); }, sum);
  measure(
      "drives", runs, [&](Facts& facts) { look_at_drives(tree, Depth::quick, facts); }, sum);
  measure(
      "mounts", runs, [&](Facts& facts) { facts.storage.mounts = list_mounts(tree); }, sum);
  measure(
      "kernel log", runs, [&](Facts& facts) { read_kernel_log(tree, cursor, facts); }, sum);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 50;
  std::printf("each in this process, best of %d:\n", runs);
  const double sum = measure_looks(runs);
  std::printf("%-12s %8.0f us\n\n", "together", sum);

  GatherWish wish;
  wish.run_directory = std::filesystem::temp_directory_path() / "probes-bench";
  wish.cursor = gather(wish).cursor;
  std::vector<double> times;
  times.reserve(static_cast<std::size_t>(runs));
  for (int run = 0; run < runs; ++run)
    times.push_back(microseconds_of([&] { wish.cursor = gather(wish).cursor; }));
  std::ranges::sort(times);
  constexpr double bar = 5000;
  const auto at = [&times](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  std::printf("gather(), each probe in a child: best %.0f us, median %.0f, 99th %.0f (bar %.0f)\n",
              times.front(),
              at(0.5),
              at(0.99),
              bar);
  return times.front() <= bar ? 0 : 1;
}
