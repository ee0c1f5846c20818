// SPDX-License-Identifier: Apache-2.0
// From the program's answer to a bound rank. Asked in user_init, in slurmstepd, once per node;
// applied in task_init, in each task's own process between fork and exec. slurmstepd has threads,
// so behind that fork only memory, system calls and Slurm's environment are touched: glibc keeps
// malloc usable there, nothing else with a lock is called.
#include "orders.hpp"

#include "holdfast/affinity/apply.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/spank/child.hpp"

#include <algorithm>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace holdfast::spank {

namespace {

/// The user's own choice of CPUs: srun says so, or where --export kept its word from the job, the
/// type Slurm hands on with an explicit choice only (at this time, before it binds itself).
bool cpu_bind_is_users(spank_t spank) {
  if (const auto told = read_job_variable(spank, "HOLDFAST_CPU_BIND_IS_USERS")) return *told == "1";
  const auto type = read_job_variable(spank, "SLURM_CPU_BIND_TYPE");
  return type && !type->empty();
}

/// Orders must be for exactly the ranks that were asked about.
std::optional<Failure> mismatch(const affinity::StepOrders& orders, const StepFacts& facts) {
  const auto is_foreign = [&](const affinity::RankOrders& rank) {
    return rank.local_rank >= facts.global_ranks.size();
  };
  const auto foreign = std::ranges::find_if(orders.ranks, is_foreign);
  if (foreign == orders.ranks.end() && orders.ranks.size() == facts.global_ranks.size()) {
    return std::nullopt;
  }
  return Failure{FailureKind::unreadable,
                 cat("the hand-over places ",
                     orders.ranks.size(),
                     " ranks, not local ranks 0 to ",
                     facts.global_ranks.size() - 1),
                 "install the same holdfast release as program and as Slurm plugin on this node",
                 {}};
}

}  // namespace

OnceOnNode::OnceOnNode() : spoken_(nullptr) {
  void* page = ::mmap(nullptr,
                      sizeof(std::atomic<bool>),
                      PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS,
                      -1,
                      0);
  if (page != MAP_FAILED) spoken_ = new (page) std::atomic<bool>(false);
}

OnceOnNode::~OnceOnNode() {
  if (spoken_ != nullptr) ::munmap(spoken_, sizeof *spoken_);
}

bool OnceOnNode::is_first() { return spoken_ == nullptr || !spoken_->exchange(true); }

Result<affinity::StepOrders> ask_orders(spank_t spank,
                                        const StepFacts& facts,
                                        const Site& site,
                                        const BindWish& wish) {
  const auto environment = read_job_environment(spank);
  if (!environment) return environment.error();
  const auto answer = ask_child({plan_arguments(facts, wish, site.program),
                                 plan_environment(*environment, cpu_bind_is_users(spank)),
                                 site.deadline,
                                 affinity::max_handover_bytes});
  if (!answer) return answer.error();
  auto orders = affinity::read_handover(answer->output);
  if (!orders) return orders;
  if (auto wrong = mismatch(*orders, facts)) return *std::move(wrong);
  if (!answer->complaint.empty())
    orders->told.insert(orders->told.begin(), cat(facts.node, ": ", answer->complaint));
  return orders;
}

std::optional<Failure> apply_orders(spank_t spank, const affinity::RankOrders& orders) {
  std::optional<Failure> first;
  const auto note = [&first](const Result<void>& done) {
    if (!done && !first) first = done.error();
    return !first;
  };
  // Memory near a GPU whose cores the rank did not get would be far from where it runs.
  if (note(affinity::apply_cpus(orders.cpus))) note(affinity::apply_memory(orders.memory));
  for (const auto& [name, value] : orders.environment)
    note(apply_variable(spank, name, value));
  return first;
}

}  // namespace holdfast::spank
