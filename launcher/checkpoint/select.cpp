// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/select.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

std::string shown(const Checkpoint& checkpoint) {
  return checkpoint.path.empty() ? std::string("the root itself") : checkpoint.path;
}

/// Why this one cannot be resumed from; empty when it can.
std::string objection(const Listed& listed, const Policy& policy) {
  const Judgement& judgement = listed.judgement;
  if (const Condemned* memory = find_condemned(policy.condemned, listed.checkpoint))
    return cat("condemned: ", memory->why);
  if (judgement.verdict == Verdict::unknown) {
    if (policy.trust_unknown && judgement.reached >= Level::edges) return {};
  } else if (judgement.verdict != Verdict::good) {
    return cat(to_text(judgement.verdict), ": ", judgement.why);
  }
  if (judgement.verdict == Verdict::unknown) return cat("unknown: ", judgement.why);
  if (judgement.reached < Level::edges)
    return "not looked into: raise the number of candidates to have them judged";
  if (judgement.flags.contains(Flag::model_only) && !policy.model_only)
    return "holds the model without the optimizer, and resuming from it would lose that silently";
  return {};
}

/// Whether passing it over counts towards the candidates that may disappoint. An unfinished save or
/// one in flight is no surprise, and a condemned one is known already.
bool disappoints(const Listed& listed, const Policy& policy) {
  const Verdict verdict = listed.judgement.verdict;
  return (verdict == Verdict::damaged || verdict == Verdict::unknown) &&
         listed.judgement.reached > Level::listing &&
         find_condemned(policy.condemned, listed.checkpoint) == nullptr;
}

/// Who was passed over, and why. Neighbours with one objection are told as one: of many that were
/// not looked into nobody reads each.
class PassedOver {
 public:
  void add(const Checkpoint& checkpoint, std::string why) {
    ++count_;
    if (!groups_.empty() && groups_.back().why == why)
      ++groups_.back().older;
    else
      groups_.push_back({shown(checkpoint), std::move(why), 0});
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::vector<std::string> sentences() const {
    std::vector<std::string> all;
    for (const Group& one : groups_) {
      const std::string_view ones = one.older == 1 ? " older one" : " older ones";
      all.push_back(one.older == 0 ? cat(one.newest, ": ", one.why)
                                   : cat(one.newest, " and ", one.older, ones, ": ", one.why));
    }
    return all;
  }

 private:
  struct Group {
    std::string newest, why;
    std::size_t older{};
  };
  std::vector<Group> groups_;
  std::size_t count_{};
};

bool worth_waiting_for(const Listed& listed, const Policy& policy, Time now) {
  return listed.judgement.verdict == Verdict::in_flight && listed.judgement.settles_at &&
         (!policy.wait_until || now < *policy.wait_until) &&
         find_condemned(policy.condemned, listed.checkpoint) == nullptr;
}

Choice without_candidates(const Catalogue& catalogue, const Policy& policy) {
  switch (catalogue.ground) {
    case Ground::absent:
      if (catalogue.root.empty()) return {ColdStart{"there is no checkpoint directory yet"}, {}};
      return {ColdStart{cat("the checkpoint directory ", catalogue.root, " is not there yet")}, {}};
    case Ground::empty:
      return {ColdStart{"the checkpoint directory is empty"}, {}};
    case Ground::foreign:
      if (policy.foreign_is_empty)
        return {ColdStart{"the checkpoint directory holds nothing that is a checkpoint"}, {}};
      return {NoneGood{cat("the checkpoint directory holds ",
                           catalogue.foreign,
                           ", which belongs to no format known here"),
                       "name the right directory, the format, or a marker file; or say that "
                       "starting anew is meant"},
              {}};
    case Ground::inhabited:
      break;
  }
  return {NoneGood{catalogue.notes.empty()
                       ? std::string("the checkpoint directory holds traces of checkpoints only")
                       : catalogue.notes.front().why,
                   "look at them before anything is started anew"},
          {}};
}

}  // namespace

Choice select(const Catalogue& catalogue, const Policy& policy, Time now) {
  if (catalogue.newest_first.empty()) return without_candidates(catalogue, policy);
  Choice choice;
  PassedOver passed_over;
  unsigned disappointed = 0;
  for (std::size_t i = 0; i < catalogue.newest_first.size(); ++i) {
    const Listed& listed = catalogue.newest_first[i];
    if (worth_waiting_for(listed, policy, now)) {
      Time until = *listed.judgement.settles_at;
      if (policy.wait_until) until = std::min(until, *policy.wait_until);
      choice.what = WaitFor{i, until, cat(shown(listed.checkpoint), ": ", listed.judgement.why)};
      choice.passed_over = passed_over.sentences();
      return choice;
    }
    std::string why_not = objection(listed, policy);
    if (why_not.empty()) {
      choice.what = Resume{i, listed.judgement.why};
      choice.passed_over = passed_over.sentences();
      return choice;
    }
    passed_over.add(listed.checkpoint, std::move(why_not));
    if (disappoints(listed, policy) && ++disappointed == policy.candidates) break;
  }
  choice.passed_over = passed_over.sentences();
  const std::size_t left = catalogue.newest_first.size() - passed_over.count();
  choice.what = NoneGood{
      cat("none of the ",
          passed_over.count(),
          " newest checkpoints may be used; ",
          choice.passed_over.front()),
      left == 0 ? std::string("look at them with `holdfast ckpt explain`")
                : cat(left,
                      " older ones were not looked at; allow more candidates, or look at them "
                      "with `holdfast ckpt explain`")};
  return choice;
}

}  // namespace holdfast::checkpoint
