// SPDX-License-Identifier: Apache-2.0
// One function for each happening: what it means in the phase the run is in.
#include "holdfast/common/text.hpp"
#include "holdfast/supervise/machine.hpp"

#include <algorithm>

namespace holdfast::supervise {

void Machine::hear(const Tick&, Now now) { ticked(now); }

void Machine::hear(const Joined& joined, Now now) {
  living_.insert(joined.node);
  fenced_at_.erase(joined.node);
  write(events::NodeJoined{joined.node, joined.address});
  node_came(joined.node, now);
}

void Machine::hear(const Lost& lost, Now now) { node_lost(lost, now); }

void Machine::hear(const Back& back, Now now) {
  living_.insert(back.node);
  write(events::NodeBack{back.node});
  node_came(back.node, now);
}

void Machine::node_came(const std::string& node, Now now) {
  returning_.erase(node);
  // What it did while nobody heard it must be over before its word counts.
  if (phase_ == Phase::stopping && std::ranges::count(attempt_.nodes, node) != 0) {
    to_tear_down_.insert(node);
    effects_.emplace_back(TearDown{attempt_.number, {node}, 0});
  }
  if (phase_ == Phase::gathering) gather_or_go(now);
  if (phase_ == Phase::judging) judge_when_all_is_known(now);
}

void Machine::hear(const Broke& broke, Now now) {
  say(cat("node ", broke.node, " is broken: ", broke.what));
  const bool runs = phase_ == Phase::running || phase_ == Phase::saving;
  // Of a node that computes the evidence speaks, so that a fault that most nodes show blames none.
  if (runs && std::ranges::count(attempt_.nodes, broke.node) != 0)
    return stop(Aim::judge, cat("node ", broke.node, " broke"), now);
  rule_out(broke.node, broke.what);
}

void Machine::hear(const TornDown& torn, Now now) { torn_down(torn, now); }

void Machine::hear(const RanksSeen& seen, Now now) {
  if (seen.attempt != attempt_.number || attempt_.running_wall != 0 || seen.count < attempt_.ranks)
    return;
  if (phase_ != Phase::running && phase_ != Phase::saving) return;
  attempt_.running_wall = now.wall_ms;
  write(events::RanksRunning{attempt_.number,
                             static_cast<std::uint64_t>(now.steady_ms - attempt_.started_steady)});
}

void Machine::hear(const SrunSaid& said, Now now) { rank_failed(said, now); }

void Machine::hear(const StepEnded& ended, Now now) { step_ended(ended, now); }

void Machine::hear(const CatalogueRead& read, Now now) {
  catalogue_busy_ = false;
  if (phase_ == Phase::choosing) return chosen(read.choice, now);
  if (phase_ == Phase::saving || phase_ == Phase::running) return saw_checkpoint(read.choice, now);
  if (phase_ != Phase::judging) return;
  choice_ = read.choice;
  judge_when_all_is_known(now);
}

void Machine::hear(const Gathered& gathered, Now now) {
  if (first_look_ == FirstLook::asked) {
    first_look_ = FirstLook::done;
    if (phase_ == Phase::gathering) return gather_or_go(now);
  }
  if (phase_ != Phase::judging || gathered_) return;
  gathered_ = gathered;
  judge_when_all_is_known(now);
}

void Machine::hear(const Hung& hung, Now now) {
  if (hung.attempt != attempt_.number || phase_ != Phase::running) return;
  attempt_.hang = hung.signs;
  attempt_.silent_ms = hung.signs.quiet_ms;
  stop(Aim::judge, "nothing moves any more", now);
}

void Machine::hear(const EndIsNear& near, Now now) {
  const bool runs = phase_ == Phase::running || phase_ == Phase::saving;
  if (plan_.program_requeues) {
    say(cat(near.why, "; the program requeues the job itself (--requeue-owner)"));
    if (runs && plan_.save_signal != 0) ask_to_save(Aim::judge, near.why, std::nullopt, now);
    return;
  }
  if (runs) return ask_to_save(Aim::requeue_after_save, near.why, std::nullopt, now);
  if (phase_ != Phase::stopping && phase_ != Phase::handing_back) hand_back({}, near.why, now);
}

void Machine::hear(const StopAsked& asked, Now now) {
  if (phase_ == Phase::handing_back) return;
  stop_asked_ = asked.why;
  if (!attempt_.slurm) attempt_.slurm = recovery::SlurmVerdict::cancelled;
  if (phase_ == Phase::running || phase_ == Phase::saving) return stop(Aim::judge, asked.why, now);
  if (phase_ == Phase::stopping) return look_whether_stopped(now);
  if (phase_ == Phase::judging && !judged_) return;
  end(143, "cancelled", asked.why, now);
}

void Machine::hear(const Told& word, Now now) { told(word, now); }

void Machine::hear(const GivenBack& answer, Now) {
  for (const std::string& node : answer.nodes) {
    if (answer.done) {
      write(events::NodeLost{node, "given back to Slurm: more nodes came than are needed", 0});
    } else {
      plan_.excluded.erase(node);
      given_back_.erase(node);
    }
  }
  if (answer.done)
    say(cat("given back to Slurm: ", join(answer.nodes, ",")));
  else
    say(cat(
        "Slurm does not take ", join(answer.nodes, ","), " back, kept as spares: ", answer.why));
}

void Machine::hear(const HandedBack& answer, Now) {
  if (phase_ != Phase::handing_back) return;
  phase_ = Phase::ended;
  if (!answer.done) say(cat("the job could not be put back into the queue: ", answer.why));
  if (answer.done && !answer.why.empty()) say(answer.why);
  if (!answer.done && !exit_after_hand_back_) {
    write(events::RunEnded{122, "gave_up", answer.why});
    effects_.emplace_back(End{122});
    return;
  }
  effects_.emplace_back(End{exit_after_hand_back_.value_or(123)});
}

void Machine::hear(const Wired& wired, Now) { leaf_ = wired.leaf; }

void Machine::hear(const StateUnseen& unseen, Now now) {
  std::string why = cat("the state directory ",
                        unseen.directory,
                        " is not the same on ",
                        join(unseen.nodes, ","),
                        "; name one with --state that lies on a file system of all nodes");
  // A node that came later, such as one that was booted anew: it never joins, so it is not used.
  if (phase_ != Phase::gathering) return say(std::move(why));
  end(125, "state_not_shared", std::move(why), now);
}

void Machine::hear(const Deposed& deposed, Now) {
  // Once the job is requeued its sentinels go, and their votes with them.
  if (phase_ == Phase::handing_back) return;
  say(deposed.why);
  phase_ = Phase::ended;
  effects_.emplace_back(End{125, true});
}

}  // namespace holdfast::supervise
