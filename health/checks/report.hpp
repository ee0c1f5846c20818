// SPDX-License-Identifier: Apache-2.0
// What a judge function sees and how it answers. One check, one report: it fills in what every
// finding of the check has in common, so that a judge says only what it found.
#pragma once

#include "holdfast/common/text.hpp"
#include "holdfast/health/check.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::health {

/// Since when a counter grew.
enum class Since { last_look, an_hour, a_day };

class Report {
 public:
  Report(const Check& check, const Sight& sight, Findings& out)
      : facts(sight.facts),
        node(sight.limits.node),
        tier(sight.tier),
        check_(check),
        sight_(sight),
        out_(out) {}

  const Facts& facts;
  const NodeClass& node;
  const Tier tier;

  /// The site's number, else the one the check ships.
  [[nodiscard]] double limit(std::string_view name) const;

  /// Growth since the baseline of this boot. Rates are told by an older one than the last look,
  /// which is minutes ago.
  [[nodiscard]] std::optional<std::uint64_t> grown(std::string_view subject,
                                                   std::string_view counter,
                                                   std::uint64_t value,
                                                   Since since = Since::last_look);

  /// The subjects that had this counter in the baseline of this boot.
  [[nodiscard]] std::vector<std::string> subjects_before(std::string_view counter) const;

  /// Seconds since the baseline.
  [[nodiscard]] std::int64_t seconds() const { return facts.at - sight_.before.at; }

  /// Hours since that baseline, at least one: a burst in a short window is no rate.
  [[nodiscard]] double hours(Since since = Since::an_hour) const;

  /// Calls `judge` with the value. One that could not be seen makes the finding `unknown`; one that
  /// nobody asked for or that the hardware lacks makes none.
  template <class T, class Judge>
  void see(std::string_view subject, const Fact<T>& fact, Judge judge) {
    if (fact.known()) {
      saw_ = true;
      judge(*fact);
    } else if (fact.unseen()) {
      unseen(subject, fact.why());
    }
  }

  /// The same for a whole list, without a word when it could not be seen: of that, the check that
  /// counts the list speaks, and the probe's own finding.
  template <class T, class Judge>
  void each(const Fact<std::vector<T>>& list, Judge judge) {
    if (!list.known()) return;
    for (const T& element : *list)
      judge(element);
  }

  /// Every GPU that answers its driver; of the others gpu.lost speaks.
  template <class Judge>
  void each_gpu(Judge judge) {
    each(facts.gpus, [&](const GpuFacts& gpu) {
      if (gpu.answer.known() && *gpu.answer != GpuAnswer::answers &&
          *gpu.answer != GpuAnswer::corrupt_inforom)
        return;
      judge(gpu, cat("GPU ", gpu.at));
    });
  }

  void saw() { saw_ = true; }

  /// Something is wrong, as bad as the check's row says.
  Finding& against(std::string_view subject, std::string what, std::string limit = {});

  /// Somebody should look; the node is fit.
  Finding& watch(std::string_view subject, std::string what, std::string limit = {});

  void unseen(std::string_view subject, std::string_view why);

  /// A value below or above a limit, told with both.
  void least(std::string_view subject, std::string_view of, double value, double limit);
  void most(std::string_view subject, std::string_view of, double value, double limit);

  /// Something was judged. Counters without a baseline were not: that they grew nowhere is not
  /// known.
  [[nodiscard]] bool has_seen() const { return saw_ && (asked_growth_ == 0 || got_growth_ > 0); }

 private:
  [[nodiscard]] const Baseline& before(Since since) const;

  const Check& check_;
  const Sight& sight_;
  Findings& out_;
  bool saw_{};
  unsigned asked_growth_{}, got_growth_{};
};

// Sets of tiers for the tables. Every check runs when a node returns to service.
inline constexpr Tiers repair = bit(Tier::return_to_service);
inline constexpr Tiers before_job = bit(Tier::prolog) | repair;
inline constexpr Tiers after_job = bit(Tier::epilog) | repair;
inline constexpr Tiers periodic = bit(Tier::periodic) | repair;
inline constexpr Tiers always = before_job | after_job | periodic;
inline constexpr Tiers in_job = bit(Tier::job);

// The subjects, one file each.
[[nodiscard]] std::span<const Check> gpu_driver_checks();
[[nodiscard]] std::span<const Check> gpu_mode_checks();
[[nodiscard]] std::span<const Check> gpu_memory_checks();
[[nodiscard]] std::span<const Check> gpu_use_checks();
[[nodiscard]] std::span<const Check> gpu_link_checks();
[[nodiscard]] std::span<const Check> gpu_heat_checks();
[[nodiscard]] std::span<const Check> gpu_around_checks();
[[nodiscard]] std::span<const Check> job_checks();
[[nodiscard]] std::span<const Check> kernel_log_checks();
[[nodiscard]] std::span<const Check> infiniband_checks();
[[nodiscard]] std::span<const Check> network_checks();
[[nodiscard]] std::span<const Check> memory_checks();
[[nodiscard]] std::span<const Check> cpu_checks();
[[nodiscard]] std::span<const Check> system_checks();
[[nodiscard]] std::span<const Check> storage_checks();
[[nodiscard]] std::span<const Check> slurm_checks();

}  // namespace holdfast::health
