// SPDX-License-Identifier: Apache-2.0
// The answer to the plugin, once per node and step, in a child of slurmstepd that runs as the job's
// user with the job's environment. It has a deadline there, so it reads the node map where there is
// one and does no discovery.
#include "cli/plan_for_step.hpp"

#include "cli/planning.hpp"
#include "holdfast/affinity/handover.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/step/facts.hpp"

#include <array>
#include <unistd.h>

namespace holdfast::cli {

namespace {

Failure bad_call(std::string_view what) {
  return {FailureKind::bad_input,
          cat("the plugin's question makes no sense: ", what),
          "install plugin and program of one version",
          {}};
}

/// "4-7,12" as 4 5 6 7 12: the place in the list is the local rank, so the order counts.
Result<std::vector<unsigned>> numbers_in_runs(std::string_view runs) {
  std::vector<unsigned> numbers;
  for (const std::string_view run : split(runs, ',')) {
    const auto dash = run.find('-');
    const auto first = parse_number<unsigned>(run.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<unsigned>(run.substr(dash + 1));
    constexpr unsigned most_ranks = 1U << 30U;  // far above any step, far below overflow
    if (!first || !last || *last < *first || *last > most_ranks ||
        *last - *first >= affinity::max_local_ranks)
      return bad_call(cat("--global-ranks has \"", run.substr(0, 40), '"'));
    for (unsigned number = *first; number <= *last; ++number)
      numbers.push_back(number);
    if (numbers.size() > affinity::max_local_ranks)
      return bad_call("--global-ranks names too many ranks");
  }
  return numbers;
}

/// The step's ranks on this node, in local order.
Result<std::vector<affinity::RankFacts>> ranks_of(const ParsedOptions& options,
                                                  const affinity::Environment& environment) {
  const auto count = options.number("local-ranks");
  const auto globals = numbers_in_runs(options.value("global-ranks").value_or(""));
  if (!globals) return globals.error();
  if (!count || *count == 0 || globals->size() != *count)
    return bad_call("--global-ranks does not name --local-ranks ranks");
  const step::Rendezvous meeting = step::rendezvous_of(environment);
  std::vector<affinity::RankFacts> ranks;
  for (unsigned local = 0; local < *count; ++local) {
    affinity::RankFacts rank;
    rank.rank = GlobalRank((*globals)[local]);
    rank.world_size = options.number("world").value_or(*count);
    rank.local_rank = LocalRank(local);
    rank.local_size = *count;
    rank.node_rank =
        step::place_in_order(environment).value_or(options.number("node-rank").value_or(0));
    rank.nodes = options.number("nodes").value_or(1);
    rank.master_addr = meeting.address;
    rank.master_port = meeting.port;
    ranks.push_back(std::move(rank));
  }
  return ranks;
}

/// Slurm's "0-3,8" of abstract cores as numbers.
Result<std::vector<unsigned>> cores_of(const std::string& list) {
  const auto set = parse_cpu_list(list);
  if (!set) return set.error();
  return std::vector<unsigned>(set->begin(), set->end());
}

std::string host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("?");
}

/// What is told on the job's stderr: warnings always, every rank's place when asked.
std::vector<std::string> told(const step::Planned& planned,
                              const std::vector<affinity::RankFacts>& ranks,
                              bool explain) {
  std::vector<std::string> lines;
  if (auto warning = step::narrowed_warning(planned); !warning.empty())
    lines.push_back(cat(host(), ": ", warning));
  for (const std::string& note : planned.notes)
    lines.push_back(cat(host(), ": ", note));
  if (!explain) return lines;
  for (const std::string& note : planned.plan.notes)
    lines.push_back(cat(host(), ": ", note));
  for (const affinity::RankFacts& rank : ranks) {
    const auto& place = planned.plan.ranks[rank.local_rank.value];
    lines.push_back(cat(host(),
                        ": rank ",
                        rank.rank.value,
                        " on ",
                        step::pus_in_words(planned, rank.local_rank),
                        ": ",
                        place.why));
  }
  return lines;
}

}  // namespace

Result<ExitStatus> plan_for_step(const ParsedOptions& options, Caller& caller) {
  const auto ranks = ranks_of(options, caller.environment);
  if (!ranks) return ranks.error();
  auto request = planning_request(options, caller.environment);
  if (!request) return request.error();
  request->local_ranks = static_cast<unsigned>(ranks->size());
  request->in_step = true;
  if (const auto cpus = std::exchange(request->cpus, std::nullopt)) {
    const auto allowed = parse_cpu_list(*cpus);
    if (!allowed) return allowed.error();
    request->allowed = *allowed;
  }
  if (const auto list = options.value("cores")) {
    auto cores = cores_of(*list);
    if (!cores) return cores.error();
    request->cores = std::move(*cores);
  }
  const auto planned = step::make_planned(*request, caller.environment);
  if (!planned) return planned.error();
  affinity::StepOrders orders;
  orders.told = told(*planned, *ranks, options.has("explain"));
  for (const affinity::RankFacts& rank : *ranks)
    orders.ranks.push_back(step::orders_for(*planned, rank, caller.environment));
  caller.out << affinity::write_handover(orders);
  return ExitStatus::ok;
}

}  // namespace holdfast::cli
