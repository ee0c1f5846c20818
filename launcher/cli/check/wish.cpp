// SPDX-License-Identifier: Apache-2.0
#include "cli/check/wish.hpp"

#include "cli/check/newest_checkpoint.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/slurm.hpp"
#include "holdfast/step/settings.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace holdfast::cli {

namespace {

using health::Tier;

std::string from_environment(const Caller& caller, std::string_view name) {
  const auto found = caller.environment.find(name);
  return found == caller.environment.end() ? std::string() : found->second;
}

bool belongs_to_a_name(unsigned char letter) {
  return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
}

/// What takes its time, and is looked at from time to time only.
void wish_for_rare_looks(const CheckWish& wish, health::GatherWish& gather) {
  if (wish.tier != Tier::periodic && wish.tier != Tier::return_to_service) return;
  gather.checkpoints = wish.settings.checkpoints;
  if (const auto named = wish.options.value("ckpt"))
    gather.checkpoints = {std::filesystem::absolute(*named).lexically_normal().string()};
  gather.find_newest_checkpoint = find_newest_checkpoint;
  if (wish.settings.event_log.empty()) return;
  gather.event_log = [&words = wish.settings.event_log, limit = gather.deadline * 3 / 4] {
    return health::run_program(words, limit);
  };
}

}  // namespace

Result<CheckWish> check_wish_of(const ParsedOptions& options, Caller& caller) {
  const std::string node = options.value("node").value_or("");
  if (!std::ranges::all_of(node, belongs_to_a_name))
    return Failure{FailureKind::bad_input,
                   cat("a node cannot be called \"", printable(node.substr(0, 40)), '"'),
                   "take its name in Slurm: letters, digits, -, _ and dots",
                   {}};
  auto settings =
      health::read_check_settings(options.value("settings").value_or(step::settings_file));
  if (!settings) return settings.error();
  const health::Store store(settings->state);
  const health::JobBaselines jobs(settings->run / "jobs");
  CheckWish wish{options, caller, std::move(*settings), Tier::return_to_service, {}, store, jobs};
  if (const auto word = options.value("tier")) wish.tier = *health::tier_of(*word);
  wish.job = options.value("job").value_or(from_environment(caller, "SLURM_JOB_ID"));
  return wish;
}

health::GatherWish gather_wish(const CheckWish& wish) {
  health::GatherWish gather;
  if (const auto root = wish.options.value("root")) gather.root = *root;
  gather.node = wish.options.value("node").value_or("");
  if (wish.tier == Tier::return_to_service) gather.depth = health::Depth::thorough;
  if (wish.tier == Tier::prolog) gather.depth = health::Depth::quick;
  gather.write_to = wish.settings.write_to;
  gather.leave_out = wish.settings.leave_out;
  for (const health::NodeClass& node : wish.settings.classes)
    gather.services.insert(gather.services.end(), node.services.begin(), node.services.end());
  gather.run_directory = wish.settings.run;
  // What is left of the prolog's second is for judging, and for the loader.
  const bool beside_a_job = wish.tier == Tier::prolog || wish.tier == Tier::job;
  gather.deadline = beside_a_job ? wish.settings.prolog_deadline * 4 / 5 : wish.settings.deadline;
  // Beside a running job only what its checks read; its sentinel reads the kernel's log itself.
  if (wish.tier == Tier::job)
    gather.without = {"processes", "host", "slurm", "storage", "kernel_log"};
  wish_for_rare_looks(wish, gather);
  std::string nvml = from_environment(wish.caller, "HOLDFAST_NVML_LIBRARY");
  if (nvml.empty()) nvml = wish.settings.nvml.string();
  if (!nvml.empty()) gather.nvml_library = nvml;
  if (wish.options.has("act"))
    if (const auto cursor = health::parse_kernel_log_cursor(wish.store.read_cursor()))
      gather.cursor = *cursor;
  return gather;
}

void warn_unless(const Result<void>& done, Caller& caller) {
  if (!done) caller.voice.warning(done.error().sentence());
}

}  // namespace holdfast::cli
