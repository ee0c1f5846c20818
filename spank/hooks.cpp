// SPDX-License-Identifier: Apache-2.0
// The plugin's callbacks, in the order Slurm calls them. In srun: init, options read, local user
// init. On each node, in slurmstepd: init and options read as root; user_init with the job's user
// as effective uid, once per step; task_init as the user, in each task's process. In slurmd: init
// alone, at its start. sbatch and salloc only learn the options.
//
// Whatever goes wrong is one line and 0: a step of a site that installed us must start as if it had
// not. The one exception is `strict`, which the user or the site asks for. It is kept in task_init,
// because a failing user_init drains nodes and is not seen by srun before Slurm 23.11, and not by a
// return code, because Slurm drops that of a plugin which plugstack.conf calls optional.
#include "hooks.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/spank/node_map.hpp"
#include "holdfast/spank/settings.hpp"
#include "host.hpp"
#include "local.hpp"
#include "options.hpp"
#include "orders.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdfast::spank {

namespace {

/// What one process knows: srun about its step, slurmstepd about its part of it.
struct Stage {
  Site site;
  CpuBindFacts cpu_bind;        ///< srun: before it read its options
  affinity::StepOrders orders;  ///< slurmstepd, from user_init on, by local rank
  std::string node;             ///< slurmstepd: this node's name
  bool refused{};               ///< slurmstepd: strict, and user_init failed, so no rank starts
  BindWish wish;                ///< slurmstepd, from user_init on
  std::unique_ptr<OnceOnNode> first_to_fail;
};

Stage& stage() {
  static Stage value;
  return value;
}

/// The one catch-all: no exception may reach Slurm's C.
template <class Work>
void guarded(const char* hook, Work work) noexcept {
  try {
    work();
  } catch (const std::exception& error) {
    ::slurm_error("holdfast: %s failed: %s", hook, error.what());
  } catch (...) {
    ::slurm_error("holdfast: %s failed", hook);
  }
}

/// A wish from the job's environment; a bad word there is ignored, and told once, in srun.
BindWish wish_of(const std::optional<std::string>& bind,
                 const std::optional<std::string>& visible,
                 bool tell) {
  BindWish wish;
  const auto complain = [tell](const char* name, const Failure& failure) {
    if (tell) tell_job(cat("ignoring ", name, ": ", failure.sentence()));
  };
  if (bind) {
    if (auto words = parse_bind(*bind)) {
      wish = *std::move(words);
    } else {
      complain("HOLDFAST_BIND", words.error());
    }
  }
  if (visible) {
    if (auto word = parse_visible(*visible)) {
      wish.visible = *std::move(word);
    } else {
      complain("HOLDFAST_VISIBLE", word.error());
    }
  }
  return wish;
}

/// Site, then environment, then options: the later has the last word.
BindWish settled(const BindWish& environment) {
  return over(over(stage().site.wish, environment), asked_by_option());
}

bool is_on(const BindWish& wish) { return wish.on.value_or(false); }

BindWish wish_of_srun(bool tell) {
  return settled(
      wish_of(read_own_variable("HOLDFAST_BIND"), read_own_variable("HOLDFAST_VISIBLE"), tell));
}

BindWish wish_of_job(spank_t spank) {
  return settled(wish_of(read_job_variable(spank, "HOLDFAST_BIND"),
                         read_job_variable(spank, "HOLDFAST_VISIBLE"),
                         false));
}

void keep_node_map(Refresh refresh) {
  const Site& site = stage().site;
  const auto written = write_node_map(site.program, site.deadline, refresh);
  if (!written) tell_log(written.error().sentence());
}

void on_init(spank_t spank, int count, char** arguments) {
  const std::vector<std::string_view> words(arguments, arguments + count);
  SiteRead read = read_site(words);
  stage().site = std::move(read.site);
  const spank_context_t context = ::spank_context();
  if (context == S_CTX_SLURMD) {
    for (const std::string& complaint : read.complaints)
      tell_log(complaint);
    keep_node_map(Refresh::always);
    return;
  }
  register_options(spank);
  if (context == S_CTX_LOCAL) {
    for (const std::string& complaint : read.complaints)
      tell_job(complaint);
    stage().cpu_bind = {read_own_variable("SLURM_CPU_BIND"),
                        read_own_variable("SLURM_CPU_BIND_TYPE").has_value()};
  }
}

void on_options_read(spank_t spank) {
  const spank_context_t context = ::spank_context();
  if (context == S_CTX_LOCAL) {
    const BindWish wish = wish_of_srun(true);
    if (!asked_by_option().visible.empty() && !is_on(wish)) {
      tell_job("--holdfast-visible does nothing here, binding is off; add --holdfast-bind=full");
    }
  }
  if (context == S_CTX_REMOTE && is_step_of_ranks(spank) && is_on(wish_of_job(spank))) {
    keep_node_map(Refresh::when_stale);
  }
}

void on_local_user_init(spank_t spank) {
  if (is_on(wish_of_srun(false))) hand_on_srun_facts(spank, stage().cpu_bind);
}

/// Explanations of many ranks are many lines, a flood is none.
constexpr std::size_t most_lines = 1000;

/// The program has put the node's name before each of them.
void tell_lines(const std::vector<std::string>& lines) {
  const std::size_t shown = std::min(lines.size(), most_lines);
  for (std::size_t i = 0; i < shown; ++i)
    tell_job(lines[i]);
  if (shown < lines.size())
    tell_job(cat(stage().node, ": ", lines.size() - shown, " more lines left out"));
}

void on_user_init(spank_t spank) {
  if (::spank_context() != S_CTX_REMOTE || !is_step_of_ranks(spank)) return;
  Stage& here = stage();
  here.orders = {};
  here.wish = wish_of_job(spank);
  if (!is_on(here.wish)) return;
  here.node = read_node_name();
  here.refused = here.wish.strict;  // until there are orders
  here.first_to_fail = std::make_unique<OnceOnNode>();
  auto facts = read_step_facts(spank);
  auto orders = facts ? ask_orders(spank, *facts, here.site, here.wish)
                      : Result<affinity::StepOrders>(facts.error());
  if (!orders) {
    tell_job(cat("ranks on ",
                 here.node,
                 here.wish.strict ? " do not start: " : " run unbound: ",
                 orders.error().sentence()));
    return;
  }
  here.orders = *std::move(orders);
  here.refused = false;
  tell_lines(here.orders.told);
}

/// The orders of the calling task; none for a task nobody placed.
Result<const affinity::RankOrders*> orders_of_task(spank_t spank) {
  const auto local = read_item<int>(spank, S_TASK_ID, "this task's local rank");
  if (!local) return local.error();
  const auto& ranks = stage().orders.ranks;
  const auto mine = std::ranges::find_if(ranks, [&](const affinity::RankOrders& one) {
    return static_cast<int>(one.local_rank) == *local;
  });
  if (mine != ranks.end()) return &*mine;
  return Failure{FailureKind::not_found, cat("nobody placed local rank ", *local), "", {}};
}

void tell_failed_task(spank_t spank, const Failure& failure) {
  Stage& here = stage();
  if (!here.first_to_fail->is_first()) return;
  const auto global = read_item<std::uint32_t>(spank, S_TASK_GLOBAL_ID, "this task's rank");
  tell_job(cat(global ? cat("rank ", *global) : std::string("a rank"),
               " on ",
               here.node,
               here.wish.strict ? " does not start: " : " runs unbound: ",
               failure.sentence()));
}

/// Ends the rank as Slurm does for a required plugin that fails in task_init: same call, same
/// status. The process is the task's own, forked to become the rank and nothing else.
[[noreturn]] void refuse_to_start() { ::_exit(1); }

void on_task_init(spank_t spank) {
  Stage& here = stage();
  if (::spank_context() != S_CTX_REMOTE || !is_on(here.wish)) return;
  if (here.orders.ranks.empty()) return;
  here.refused = here.wish.strict;  // until they are carried out
  const auto mine = orders_of_task(spank);
  const auto failure = mine ? apply_orders(spank, **mine) : std::optional(mine.error());
  if (!failure) {
    here.refused = false;
  } else {
    tell_failed_task(spank, *failure);
  }
}

}  // namespace

}  // namespace holdfast::spank

using namespace holdfast::spank;

int holdfast_on_init(spank_handle* spank, int count, char** arguments) noexcept {
  guarded("init", [&] { on_init(spank, count, arguments); });
  return 0;
}

int holdfast_on_options_read(spank_handle* spank) noexcept {
  guarded("init_post_opt", [&] { on_options_read(spank); });
  return 0;
}

int holdfast_on_local_user_init(spank_handle* spank) noexcept {
  guarded("local_user_init", [&] { on_local_user_init(spank); });
  return 0;
}

int holdfast_on_user_init(spank_handle* spank) noexcept {
  guarded("user_init", [&] { on_user_init(spank); });
  return 0;
}

int holdfast_on_task_init(spank_handle* spank) noexcept {
  guarded("task_init", [&] { on_task_init(spank); });
  if (stage().refused) refuse_to_start();
  return 0;
}
