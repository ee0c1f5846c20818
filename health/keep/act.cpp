// SPDX-License-Identifier: Apache-2.0
// The order matters: the drain is set before the memory of it is written. When the node dies in
// between, the drain stays until a person lifts it; the other way round we would lift what another
// run or a person set with the same words.
#include "holdfast/health/keep/act.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace holdfast::health {

namespace {

constexpr std::int64_t week = std::int64_t{7} * 86400;

class Acting {
 public:
  Acting(const Facts& facts,
         const Occasion& occasion,
         const Policy& policy,
         const Store& store,
         const Slurm& slurm)
      : facts_(facts), occasion_(occasion), policy_(policy), store_(store), slurm_(slurm) {}

  Done run(std::span<const Finding> findings) {
    recall();
    events_ = news(memory_, findings, facts_, occasion_.job);
    Findings all = with_open_faults(findings);
    Past past = past_for(all);
    if (must_ask(all, past)) fleet_ = ask();
    if (see_what_people_did()) {
      all = with_open_faults(findings);
      past = past_for(all);
    }
    done_.decision = decide_actions(all, fleet_, occasion_.node, past, policy_, facts_.boot_id);
    if (done_.decision.step == Decision::Step::drain) drain(all);
    if (done_.decision.step == Decision::Step::lift) lift();
    keep(findings, all);
    done_.findings = std::move(all);
    return std::move(done_);
  }

 private:
  /// Before and after jobs only a part of the checks runs: what passes there proves too little.
  [[nodiscard]] bool lifting_tier() const {
    return occasion_.tier == Tier::periodic || occasion_.tier == Tier::return_to_service;
  }

  void trouble(const Failure& failure) { done_.troubles.push_back(failure.sentence()); }

  void recall() {
    auto memory = store_.read_memory();
    if (memory)
      memory_ = std::move(*memory);
    else if (memory.error().kind != FailureKind::not_found)
      trouble(memory.error());
    // Who looks at a node before it goes back to work has seen to what was open.
    forget_open_ = occasion_.tier == Tier::return_to_service;
    memory_.open = still_open(memory_.open);
  }

  [[nodiscard]] OpenFaults still_open(const OpenFaults& open) const {
    if (forget_open_) return {};
    return without_closed(open, facts_, here(), memory_.drain);
  }

  /// This node as Slurm has it; none where Slurm was not asked, or does not know it.
  [[nodiscard]] const FleetNode* here() const {
    return fleet_ ? fleet_->find(occasion_.node) : nullptr;
  }

  [[nodiscard]] Findings with_open_faults(std::span<const Finding> findings) const {
    Findings all(findings.begin(), findings.end());
    for (Finding& fault : recalled(memory_.open, findings, occasion_.overrides))
      all.push_back(std::move(fault));
    return all;
  }

  [[nodiscard]] Past past_for(std::span<const Finding> findings) const {
    // What came before is of use to what is bad only, and with the months it is a megabyte to read.
    const bool any_bad = std::ranges::any_of(
        findings, [](const Finding& finding) { return is_bad(finding.severity); });
    const auto before = any_bad ? store_.read_events() : std::vector<HealthEvent>{};
    Past past = past_of(memory_, before, facts_.at);
    if (!lifting_tier()) past.drain.reset();
    return past;
  }

  std::optional<Fleet> ask() {
    auto fleet = slurm_.ask_fleet();
    if (fleet) return std::move(*fleet);
    trouble(fleet.error());
    return std::nullopt;
  }

  /// Waits for others that drained themselves in the same second: they take it back, or do not.
  std::optional<Fleet> ask_until_settled() {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds patience{2000};
    constexpr std::chrono::milliseconds between{100};
    const auto end = Clock::now() + patience;
    auto fleet = ask();
    while (fleet && after_drain(*fleet, occasion_.node, policy_) == AfterDrain::waits &&
           Clock::now() < end) {
      std::this_thread::sleep_for(between);
      fleet = ask();
    }
    return fleet;
  }

  void drain(std::span<const Finding> findings) {
    Decision& decision = done_.decision;
    if (const auto drained = slurm_.drain(occasion_.node, decision.reason); !drained) {
      trouble(drained.error());
      decision.why = "Slurm did not take the drain";
      return;
    }
    const auto fleet = ask_until_settled();
    if (fleet && after_drain(*fleet, occasion_.node, policy_) != AfterDrain::stays) {
      decision.step = Decision::Step::nothing;
      decision.refuse_job = false;
      decision.why = "others were drained at the same moment: this node took its drain back";
      if (const auto back = slurm_.undrain(occasion_.node); !back) trouble(back.error());
      return;
    }
    // As Slurm has it: it may have changed a letter, and what is compared later is its text.
    const FleetNode* node = fleet ? fleet->find(occasion_.node) : nullptr;
    drain_changed_ = true;
    memory_.drain = OwnDrain{node != nullptr && node->drained ? node->reason : decision.reason,
                             facts_.boot_id,
                             facts_.at};
    remember_drain(findings);
  }

  /// A drain is an event of each part that it was for, also of one that was bad before already.
  void remember_drain(std::span<const Finding> findings) {
    for (const Finding& finding : findings) {
      if (!is_bad(finding.severity)) continue;
      const auto told = std::ranges::find_if(events_, [&finding](const HealthEvent& event) {
        return event.check == finding.check && event.subject == finding.subject;
      });
      HealthEvent event{facts_.at,
                        facts_.boot_id,
                        finding.check,
                        finding.subject,
                        finding.part,
                        finding.what,
                        finding.severity,
                        finding.action,
                        occasion_.job,
                        true};
      if (told == events_.end())
        events_.push_back(std::move(event));
      else
        *told = std::move(event);
    }
  }

  void lift() {
    if (const auto lifted = slurm_.undrain(occasion_.node); !lifted) {
      trouble(lifted.error());
      done_.decision.step = Decision::Step::nothing;
      done_.decision.why = "Slurm did not lift the drain";
      return;
    }
    memory_.drain.reset();
    drain_changed_ = true;
  }

  /// A person resumed the node, or put his own words to the drain: it is no longer ours, and what
  /// it and the open faults were for was seen to. Whether that changed what is known.
  bool see_what_people_did() {
    const FleetNode* node = here();
    const bool taken_over = node != nullptr && memory_.drain &&
                            (!node->drained || node->reason != memory_.drain->reason);
    if (taken_over) {
      memory_.drain.reset();
      drain_changed_ = true;
      forget_open_ = forget_open_ || !node->drained;
    }
    OpenFaults open = still_open(memory_.open);
    const bool closed = open != memory_.open;
    memory_.open = std::move(open);
    return closed || taken_over;
  }

  void count_clean_run(Memory& memory) const {
    if (!done_.decision.clean || done_.decision.step == Decision::Step::lift)
      memory.clean_runs = 0;
    else if (lifting_tier())
      memory.clean_runs = std::min(memory.clean_runs + 1, 1000U);
  }

  /// Another run may have written since this one read: only what this run knows better is changed.
  void keep(std::span<const Finding> seen, std::span<const Finding> findings) {
    if (const auto kept = store_.append(events_); !kept) trouble(kept.error());
    const auto kept = store_.change_memory([&](Memory& memory) {
      if (drain_changed_) memory.drain = memory_.drain;
      if (done_.decision.step == Decision::Step::lift) {
        std::erase_if(memory.lifted, [this](std::int64_t at) { return at < facts_.at - week; });
        memory.lifted.push_back(facts_.at);
      }
      count_clean_run(memory);
      stand(memory, findings, occasion_.tier);
      memory.open = with_new(still_open(memory.open), seen, facts_, memory.drain);
    });
    if (!kept) trouble(kept.error());
  }

  const Facts& facts_;
  const Occasion& occasion_;
  const Policy& policy_;
  const Store& store_;
  const Slurm& slurm_;
  Memory memory_;
  std::optional<Fleet> fleet_;
  bool drain_changed_{};
  bool forget_open_{};  ///< a person has seen to what was open
  std::vector<HealthEvent> events_;
  Done done_;
};

}  // namespace

Done act_on(std::span<const Finding> findings,
            const Facts& facts,
            const Occasion& occasion,
            const Policy& policy,
            const Store& store,
            const Slurm& slurm) {
  return Acting(facts, occasion, policy, store, slurm).run(findings);
}

}  // namespace holdfast::health
