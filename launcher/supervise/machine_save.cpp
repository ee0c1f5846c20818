// SPDX-License-Identifier: Apache-2.0
// Saving before the end, what people say, and the end.
#include "holdfast/common/text.hpp"
#include "holdfast/supervise/machine.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace holdfast::supervise {

namespace {

constexpr std::int64_t between_looks_ms = 1'000;

constexpr std::array<std::string_view, 6> words_of_people{
    "save", "restart", "swap", "stop-after-checkpoint", "pause-restarts", "resume-restarts"};

}  // namespace

void Machine::ask_to_save(Aim then, std::string why, std::optional<unsigned> reply, Now now) {
  if (phase_ == Phase::saving) {
    // Asked again: there is no more time.
    if (then == Aim::requeue_after_save) save_->then = then;
    if (then == Aim::requeue_after_save && save_->signalled) return save_failed(now);
    if (reply) effects_.emplace_back(Reply{*reply, "a checkpoint has been asked for already"});
    return;
  }
  if (plan_.save_signal == 0) {
    if (reply) {
      effects_.emplace_back(
          Reply{*reply,
                "the run was started without --save-signal: the program cannot be asked to save",
                Outcome::wrong});
      return;
    }
    return stop(then, std::move(why), now);
  }
  Save save;
  save.then = then;
  save.why = std::move(why);
  save.asked_steady = now.steady_ms;
  save.deadline = now.steady_ms + plan_.save_lead_ms;
  save.reply = reply;
  save_ = std::move(save);
  phase_ = Phase::saving;
  if (!catalogue_busy_) read_catalogue(now);
}

events::CheckpointSeen Machine::checkpoint_record(const recovery::Choice& choice,
                                                  std::optional<std::uint64_t> step) const {
  const auto& when = choice.committed_ms;
  return {attempt_.number,
          choice.resume.path,
          step,
          when && *when > 0 ? std::optional(static_cast<std::uint64_t>(*when)) : std::nullopt};
}

void Machine::saw_checkpoint(const recovery::Choice& choice, Now now) {
  const bool good = choice.kind == recovery::ChoiceKind::good;
  const auto step = good ? choice.resume.step : std::nullopt;
  const auto known = attempt_.newest_step
                         ? attempt_.newest_step
                         : (attempt_.resume ? attempt_.resume->step : std::nullopt);
  if (step && (!known || *step > *known)) {
    attempt_.newest_step = step;
    write(checkpoint_record(choice, step));
  }
  if (phase_ != Phase::saving) return;
  save_->look_at = now.steady_ms + between_looks_ms;
  if (!save_->signalled) {
    save_->signalled = true;
    // What the attempt began from, or saved before somebody asked, is not what was asked for. The
    // look may have found none good just now, when one was being written.
    save_->newest_before = std::max(
        {step, attempt_.newest_step, attempt_.resume ? attempt_.resume->step : std::nullopt});
    write(events::SaveAsked{
        cat(plan_.save_signal), save_->why, static_cast<std::uint64_t>(plan_.save_lead_ms)});
    say(cat("asking the ranks to save: ", save_->why));
    std::vector<std::string> nodes;
    std::ranges::copy_if(attempt_.nodes,
                         std::back_inserter(nodes),
                         [this](const std::string& node) { return lives(node); });
    effects_.emplace_back(SignalRanks{attempt_.number, plan_.save_signal, std::move(nodes)});
    return;
  }
  if (!step || (save_->newest_before && *step <= *save_->newest_before)) return;
  const Save save = *std::exchange(save_, std::nullopt);
  write(events::SaveSeen{
      choice.resume.path, step, static_cast<std::uint64_t>(now.steady_ms - save.asked_steady)});
  if (save.reply)
    effects_.emplace_back(
        Reply{*save.reply, cat("saved: step ", *step, " in ", choice.resume.path)});
  phase_ = Phase::running;
  if (save.then != Aim::judge) stop(save.then, cat("saved at step ", *step, "; ", save.why), now);
}

void Machine::save_failed(Now now) {
  const Save save = *std::exchange(save_, std::nullopt);
  phase_ = Phase::running;
  const std::string sentence = cat("no new checkpoint became complete in time; ", save.why);
  say(sentence);
  if (save.reply) effects_.emplace_back(Reply{*save.reply, sentence, Outcome::not_now});
  if (save.then == Aim::requeue_after_save) stop(save.then, sentence, now);
}

/// Whoever reads the output waits for an attempt that does not come.
void Machine::tell_of_pause(Now now) {
  say(cat("restarts are paused, ",
          paused_->user,
          " asked for it ",
          std::max<std::int64_t>(0, now.wall_ms - paused_->since_wall) / 1000,
          " s ago; `holdfast ctl ",
          plan_.job,
          " resume-restarts` ends that"));
}

void Machine::told(const Told& told, Now now) {
  const auto answer = [&](std::string sentence, Outcome outcome = Outcome::done) {
    effects_.emplace_back(Reply{told.id, std::move(sentence), outcome});
  };
  if (std::ranges::count(words_of_people, told.word) == 0) {
    std::vector<std::string> words(words_of_people.begin(), words_of_people.end());
    return answer(cat("unknown word '", told.word, "'; the words are ", join(words, ", ")),
                  Outcome::wrong);
  }
  write(events::Control{told.user, told.word, told.args});
  const bool runs = phase_ == Phase::running;
  if (told.word == "pause-restarts") {
    if (!paused_) paused_ = Pause{told.user, now.wall_ms};
    tell_of_pause(now);
    return answer("no attempt is started until resume-restarts");
  }
  if (told.word == "resume-restarts") {
    if (paused_) say(cat("restarts are no longer paused, ", told.user, " asked for it"));
    paused_.reset();
    answer("attempts are started again");
    if (phase_ == Phase::waiting && now.steady_ms >= next_at_) carry_on(now);
    return;
  }
  if (!runs)
    return answer(cat("no attempt is running now (", word_of(phase_), "); try again later"),
                  Outcome::not_now);
  if (told.word == "save")
    return ask_to_save(Aim::judge, cat(told.user, " asked for it"), told.id, now);
  if (told.word == "stop-after-checkpoint")
    return ask_to_save(Aim::stop_after_save, cat(told.user, " asked for the end"), told.id, now);
  if (told.word == "swap") {
    if (told.args.size() != 1 || std::ranges::count(attempt_.nodes, told.args.front()) == 0)
      return answer(cat("swap wants one node of the attempt: ", join(attempt_.nodes, ",")),
                    Outcome::wrong);
    if (usable_nodes().size() <= attempt_.nodes.size())
      return answer("there is no spare to swap it with", Outcome::not_now);
    rule_out(told.args.front(), cat(told.user, " asked for another node in its place"));
  }
  answer(cat("attempt ", attempt_.number, " is being restarted"));
  stop(Aim::restart, cat(told.user, " asked for ", told.word), now);
}

void Machine::hand_back(std::vector<std::string> exclude, const std::string& why, Now now) {
  if (!plan_.policy.can_requeue)
    return end(122,
               "gave_up",
               cat(why, "; Slurm does not take the job back (sbatch --requeue would allow it)"),
               now);
  for (const std::string& node : plan_.allocation)
    if (unfit_.contains(node) && std::ranges::count(exclude, node) == 0) exclude.push_back(node);
  // We live on this node, so it is not dead; a list that says so was made while Slurm ended the
  // sentinels.
  if (std::ranges::count(exclude, plan_.host) != 0) exclude.clear();
  const bool anew = plan_.submits_again && !exclude.empty();
  write(events::Requeued{anew ? "sbatch" : "scontrol requeue", exclude, why});
  say(cat("back into the queue: ", why));
  phase_ = Phase::handing_back;
  effects_.emplace_back(HandBack{std::move(exclude), false, anew});
}

void Machine::end(int exit, std::string verdict, std::string why, Now) {
  say(cat(verdict, ": ", why));
  write(events::RunEnded{exit, std::move(verdict), std::move(why)});
  if (plan_.script_gone && plan_.policy.can_requeue) {
    // The batch script is gone with its host; Slurm hears how it went from a script that only looks
    // into the log.
    exit_after_hand_back_ = exit;
    phase_ = Phase::handing_back;
    effects_.emplace_back(HandBack{{}, true});
    return;
  }
  phase_ = Phase::ended;
  effects_.emplace_back(End{exit});
}

}  // namespace holdfast::supervise
