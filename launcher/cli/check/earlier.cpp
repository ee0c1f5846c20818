// SPDX-License-Identifier: Apache-2.0
#include "cli/check/earlier.hpp"

#include "holdfast/health/learn.hpp"

#include <algorithm>

namespace holdfast::cli {

namespace {

using health::Facts;
using health::Tier;

/// Slurm is asked for features only where a class goes by them, and then once an hour: a thousand
/// nodes that ask every few minutes are work for the controller.
std::vector<std::string> features_for(const CheckWish& wish,
                                      const health::Slurm& slurm,
                                      const Facts& facts) {
  const bool wanted = std::ranges::any_of(
      wish.settings.classes, [](const health::NodeClass& node) { return !node.feature.empty(); });
  if (!wanted) return {};
  const auto memory = wish.store.read_memory();
  const bool fresh = memory && memory->features_at > facts.at - 3600;
  if (fresh || wish.tier == Tier::prolog)
    return memory ? memory->features : std::vector<std::string>{};
  const auto features = slurm.ask_features(facts.node);
  if (!features) return memory ? memory->features : std::vector<std::string>{};
  if (wish.options.has("act"))
    warn_unless(wish.store.change_memory([&](health::Memory& changed) {
      changed.features = *features;
      changed.features_at = facts.at;
    }),
                wish.caller);
  return *features;
}

}  // namespace

Baselines baselines_for(const CheckWish& wish) {
  using health::Age;
  const auto or_none = [](Result<health::Baseline> kept) {
    return kept ? std::move(*kept) : health::Baseline{};
  };
  const auto kept = [&](Age age) { return or_none(wish.store.read_baseline(age)); };
  if (wish.tier == Tier::epilog) {
    const health::Baseline begin = or_none(wish.jobs.read(wish.job));
    return {begin, begin, begin};
  }
  if (wish.tier == Tier::prolog) return {kept(Age::last), {}, {}};  // rates are for those with time
  return {kept(Age::last), kept(Age::hour), kept(Age::day)};
}

void keep_baseline(const CheckWish& wish, const Facts& facts) {
  if (wish.tier == Tier::epilog)
    wish.jobs.remove(wish.job);
  else if (wish.tier != Tier::prolog)
    warn_unless(wish.store.write_baseline(baseline_of(facts)), wish.caller);
  else if (!wish.job.empty())
    warn_unless(wish.jobs.write(wish.job, baseline_of(facts)), wish.caller);
}

health::NodeClass class_for(const CheckWish& wish, const Facts& facts, const health::Slurm& slurm) {
  const auto& classes = wish.settings.classes;
  health::NodeClass found = class_of(classes, facts.node, features_for(wish, slurm, facts), facts);
  const bool by_model = std::ranges::any_of(
      classes, [](const health::NodeClass& node) { return !node.gpu_model.empty(); });
  const bool goes_by_something =
      !found.hosts.empty() || !found.feature.empty() || !found.gpu_model.empty();
  if (!by_model || wish.options.has("facts")) return found;
  if (goes_by_something) {
    if (wish.options.has("act") && wish.tier != Tier::prolog)
      warn_unless(
          wish.store.change_memory([&](health::Memory& memory) { memory.node_class = found.name; }),
          wish.caller);
    return found;
  }
  const auto memory = wish.store.read_memory();
  const auto last = std::ranges::find_if(classes, [&](const health::NodeClass& node) {
    return memory && node.name == memory->node_class && !node.gpu_model.empty();
  });
  return last == classes.end() ? found : *last;
}

}  // namespace holdfast::cli
