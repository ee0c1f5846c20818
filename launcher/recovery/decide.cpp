// SPDX-License-Identifier: Apache-2.0
// The order of the questions is the policy: is it over for a reason nobody argues with; is the
// checkpoint to blame; will the same happen again; is there something to start from; is it Slurm
// that wants the job to go; are there nodes.
#include "holdfast/recovery/decide.hpp"

#include "holdfast/common/text.hpp"
#include "recovery/advice.hpp"
#include "recovery/placing.hpp"
#include "recovery/record.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace holdfast::recovery {

namespace {

/// What holdfast ends with where the program has left no status of its own.
constexpr int gave_up = 122;
constexpr int time_limit = 124;

std::string counted(std::size_t count, std::string_view noun) {
  return cat(count, ' ', noun, count == 1 ? "" : "s");
}

/// One decision in the making.
class Deciding {
 public:
  Deciding(const History& history, const Choice& choice, const Ground& ground, const Policy& policy)
      : history_(history),
        choice_(choice),
        ground_(ground),
        policy_(policy),
        last_(history.attempts.back()),
        loss_(last_.loss) {
    note_condemned();
    for (const std::string& node : ruled_out(history))
      out_.insert(node);
    out_.insert(ground.unfit.begin(), ground.unfit.end());
    decision_.exclude.assign(out_.begin(), out_.end());
  }

  Decision decide() {
    const bool done = ends_at_once() || ends_by_repetition() || asks_again() ||
                      ends_for_want_of_a_checkpoint() || goes_with_slurm() || ends_by_budget();
    if (!done) start_again();
    return std::move(decision_);
  }

 private:
  void note_condemned() {
    History before = history_;
    before.attempts.pop_back();
    const auto known = condemned(before, policy_);
    const auto now = condemned(history_, policy_);
    condemned_ = {now.begin(), now.end()};
    std::ranges::copy_if(now, std::back_inserter(decision_.condemn), [&](const std::string& one) {
      return std::ranges::find(known, one) == known.end();
    });
  }

  bool stop(std::string why, std::string verdict) {
    decision_.kind = DecisionKind::stop;
    decision_.why = std::move(why);
    decision_.verdict = std::move(verdict);
    decision_.nodes.clear();
    decision_.resume.reset();
    decision_.exit_code = loss_.exit_code != 0             ? loss_.exit_code
                          : loss_.cause == Cause::walltime ? time_limit
                                                           : gave_up;
    return true;
  }

  bool requeue(std::string why) {
    decision_.kind = DecisionKind::requeue;
    decision_.why = std::move(why);
    if (choice_.kind == ChoiceKind::good) decision_.resume = choice_.resume;
    return true;
  }

  void consider(std::string refused) { decision_.considered.push_back(std::move(refused)); }

  /// Nothing when the job may go back into the queue; else why not.
  [[nodiscard]] std::string no_requeue() const {
    if (!policy_.can_requeue) return "Slurm would not take the job back";
    if (history_.requeues >= policy_.max_requeues)
      return cat("it was requeued ", counted(history_.requeues, "time"), " already");
    return {};
  }

  bool ends_at_once() {
    if (loss_.cause == Cause::cancelled)
      return stop(loss_.why, "nothing is to be done: it was asked for");
    if (loss_.cause != Cause::user_error || !loss_.self_proving) return false;
    consider("restart: it would end in the same way");
    return stop(loss_.why, advice_for(loss_));
  }

  /// The checkpoint that this loss has condemned explains the earlier one too.
  [[nodiscard]] bool explained_by_checkpoint(const Attempt& earlier) const {
    return !decision_.condemn.empty() && last_.resume && earlier.resume &&
           earlier.resume->path == last_.resume->path;
  }

  bool ends_by_repetition() {
    const bool deterministic = loss_.cause == Cause::user_error ||
                               (loss_.cause == Cause::launch_failed && loss_.self_proving) ||
                               (loss_.cause == Cause::bad_checkpoint && !loss_.self_proving);
    const Attempt* before = deterministic ? same_before(history_) : nullptr;
    if (before != nullptr && !explained_by_checkpoint(*before)) {
      consider("restart: the same end at the same place twice is not chance");
      return stop(cat(loss_.why, "; attempt ", before->number, " ended in the same way"),
                  advice_for(loss_));
    }
    const unsigned idle = fruitless(history_);
    if (policy_.no_progress == 0 || idle < policy_.no_progress) return false;
    consider("restart: nothing new has been saved for too long");
    return stop(cat(counted(idle, "attempt"), " in a row saved nothing new; the last: ", loss_.why),
                advice_for_no_progress(loss_));
  }

  /// The choice is older than what is known now, or could not be made.
  bool asks_again() {
    const bool stale = choice_.kind == ChoiceKind::good && condemned_.contains(choice_.resume.path);
    const Budget patience = budget_of(policy_, Cause::storage);
    if (!stale &&
        (choice_.kind != ChoiceKind::unknown || choice_.asked > patience.restarts || is_slurms()))
      return false;
    decision_.kind = DecisionKind::choose_again;
    if (stale) {
      decision_.condemn = {choice_.resume.path};
      decision_.why =
          cat(choice_.resume.path, " is condemned: what was started from it died of it");
    } else {
      decision_.wait_ms = wait_after(patience, choice_.asked);
      decision_.why = cat("the checkpoints cannot be read: ", choice_.why);
    }
    return true;
  }

  [[nodiscard]] bool is_slurms() const {
    return loss_.cause == Cause::walltime || loss_.cause == Cause::preempted;
  }

  bool ends_for_want_of_a_checkpoint() {
    switch (choice_.kind) {
      case ChoiceKind::good:
        return false;
      case ChoiceKind::none_good:
        consider("start from the beginning: there are checkpoints, and it would overwrite them");
        return stop(cat("no checkpoint may be used: ", choice_.why),
                    "look at them with `holdfast ckpt explain`, put one right or move them away, "
                    "and submit again");
      case ChoiceKind::unknown:
        if (is_slurms()) return false;  // the next start asks anew
        return give_up_here(cat("the checkpoints could not be read, asked ",
                                counted(choice_.asked, "time"),
                                ": ",
                                choice_.why));
      case ChoiceKind::none_yet:
        break;
    }
    const auto saw_one = [](const Attempt& one) { return one.newest_step || one.resume; };
    if (std::ranges::none_of(history_.attempts, saw_one)) return false;
    consider("start from the beginning: earlier attempts had checkpoints");
    return stop("the checkpoints that earlier attempts had are gone",
                "see whether their file system is mounted here, and submit again");
  }

  bool goes_with_slurm() {
    if (!is_slurms()) return false;
    const std::string refused = no_requeue();
    if (refused.empty()) return requeue(loss_.why);
    consider(cat("requeue: ", refused));
    return stop(loss_.why, advice_for(loss_));
  }

  bool ends_by_budget() {
    const unsigned all = restarts(history_);
    if (all > policy_.max_restarts) {
      consider(cat("restart: it was restarted ",
                   counted(all - 1, "time"),
                   ", and ",
                   policy_.max_restarts,
                   " are allowed"));
      return stop(cat("all ",
                      counted(policy_.max_restarts, "restart"),
                      " are used up; the last: ",
                      loss_.why),
                  advice_for(loss_));
    }
    const Budget budget = budget_of(policy_, loss_.cause);
    const unsigned count = used(history_, loss_.cause);
    if (count <= budget.restarts) return false;
    const std::string spent = cat(phrase_of(loss_.cause),
                                  ' ',
                                  counted(count, "time"),
                                  " since something new was saved, and ",
                                  budget.restarts,
                                  " are forgiven");
    consider(cat("restart: ", spent));
    const std::string why = cat(spent, "; the last: ", loss_.why);
    if (is_of_the_nodes()) return give_up_here(why);
    return stop(why, advice_for(loss_));
  }

  /// Other nodes may help.
  [[nodiscard]] bool is_of_the_nodes() const {
    switch (loss_.cause) {
      case Cause::out_of_memory:
      case Cause::user_error:
      case Cause::bad_checkpoint:
      case Cause::no_progress:
        return false;
      default:
        return true;
    }
  }

  /// Nothing more can be done within this allocation.
  bool give_up_here(const std::string& why) {
    if (policy_.on_exhausted == Exhausted::fail) {
      consider("requeue: --on-exhausted says fail");
      return stop(why, advice_for(loss_));
    }
    const std::string refused = no_requeue();
    if (refused.empty()) return requeue(why);
    consider(cat("requeue: ", refused));
    return stop(why, advice_for(loss_));
  }

  void start_again() {
    const Placing placing = place(ground_, out_);
    decision_.nodes = placing.nodes;
    if (choice_.kind == ChoiceKind::good) decision_.resume = choice_.resume;
    decision_.wait_ms = wait_after(budget_of(policy_, loss_.cause), used(history_, loss_.cause));
    for (const auto& [gone, spare] : placing.replaced)
      consider(cat("restart on the same nodes: ", gone, " is out"));
    if (placing.nodes.size() >= std::max<std::size_t>(ground_.wanted, 1)) {
      start_in_full(placing);
      return;
    }
    for (const std::string& gone : placing.dropped)
      consider(cat("replace ", gone, ": no spare is left"));
    const std::string few = cat(counted(placing.nodes.size(), "node"), " of ", ground_.wanted);
    if (policy_.shrink_to && !placing.nodes.empty() && placing.nodes.size() >= *policy_.shrink_to) {
      const bool same = placing.nodes == ground_.in_use;
      decision_.kind = same ? DecisionKind::restart : DecisionKind::shrink;
      decision_.why = cat(loss_.why, same ? "; again on " : "; goes on with ", few);
      return;
    }
    consider(policy_.shrink_to
                 ? cat("shrink: ", few, " are left, and --shrink-to says ", *policy_.shrink_to)
                 : cat("shrink: ", few, " are left, and --shrink-to is not given"));
    decision_.nodes.clear();
    decision_.wait_ms = 0;
    decision_.resume.reset();
    give_up_here(cat(loss_.why, "; only ", few, " are left"));
  }

  void start_in_full(const Placing& placing) {
    if (placing.replaced.empty() && placing.added.empty() && placing.dropped.empty()) {
      decision_.kind = DecisionKind::restart;
      decision_.why = cat(loss_.why, "; again on the same nodes");
      return;
    }
    decision_.kind = DecisionKind::replace;
    std::vector<std::string> moves;
    moves.reserve(placing.replaced.size() + placing.added.size());
    for (const auto& [gone, spare] : placing.replaced)
      moves.push_back(cat(spare, " stands in for ", gone));
    for (const std::string& node : placing.added)
      moves.push_back(cat(node, " joins"));
    decision_.why = cat(loss_.why, "; ", join(moves, ", "));
  }

  const History& history_;
  const Choice& choice_;
  const Ground& ground_;
  const Policy& policy_;
  const Attempt& last_;
  const Loss& loss_;
  std::set<std::string> condemned_;
  std::set<std::string> out_;
  Decision decision_;
};

}  // namespace

Decision decide(const History& history,
                const Choice& choice,
                const Ground& ground,
                const Policy& policy) {
  if (!history.attempts.empty()) return Deciding(history, choice, ground, policy).decide();
  Decision decision;
  decision.exit_code = gave_up;
  decision.why = "nothing was lost yet";
  decision.verdict = "there is nothing to decide before an attempt has ended";
  return decision;
}

}  // namespace holdfast::recovery
