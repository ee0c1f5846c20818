// SPDX-License-Identifier: Apache-2.0
#include "holdfast/spank/request.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace holdfast::spank {

namespace {

// A job that preloads its allocator or a profiler means its own ranks with it. In the program it
// could cost seconds, or the answer.
bool is_for_the_job_alone(std::string_view variable) {
  constexpr std::array<std::string_view, 4> prefixes{
      "LD_", "GLIBC_TUNABLES=", "MALLOC_", "HOLDFAST_CPU_BIND_IS_USERS="};
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return variable.starts_with(prefix); });
}

}  // namespace

std::string to_runs(std::span<const unsigned> numbers) {
  std::string out;
  for (std::size_t first = 0; first < numbers.size();) {
    std::size_t last = first;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
      ++last;
    if (!out.empty()) out += ',';
    out += cat(numbers[first]);
    if (last > first) out += cat('-', numbers[last]);
    first = last + 1;
  }
  return out;
}

std::vector<std::string> plan_arguments(const StepFacts& facts,
                                        const BindWish& wish,
                                        const std::string& program) {
  std::vector<std::string> arguments{program,
                                     "plan",
                                     "--for-step",
                                     "--local-ranks",
                                     cat(facts.global_ranks.size()),
                                     "--global-ranks",
                                     to_runs(facts.global_ranks),
                                     "--world",
                                     cat(facts.world),
                                     "--node-rank",
                                     cat(facts.node_rank),
                                     "--nodes",
                                     cat(facts.nodes)};
  const auto add = [&](const char* option, const std::string& value) {
    if (value.empty()) return;
    arguments.emplace_back(option);
    arguments.push_back(value);
  };
  add("--cores", facts.cores);
  add("--cpus", to_list(facts.cpus));
  add("--mode", wish.mode);
  add("--visible", wish.visible);
  if (wish.explain) arguments.emplace_back("--explain");
  return arguments;
}

std::vector<std::string> plan_environment(std::span<const std::string_view> job,
                                          bool cpu_bind_is_users) {
  std::vector<std::string> out;
  out.reserve(job.size() + 1);
  for (const std::string_view variable : job) {
    if (!is_for_the_job_alone(variable)) out.emplace_back(variable);
  }
  if (cpu_bind_is_users) out.emplace_back("HOLDFAST_CPU_BIND_IS_USERS=1");
  return out;
}

}  // namespace holdfast::spank
