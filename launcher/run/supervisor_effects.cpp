// SPDX-License-Identifier: Apache-2.0
// The machine's effects, carried out in order.
#include "holdfast/common/text.hpp"
#include "holdfast/events/state_directory.hpp"
#include "holdfast/events/status.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/slurm/job.hpp"
#include "run/hand_back.hpp"
#include "run/supervisor.hpp"

#include <algorithm>
#include <csignal>

#include <boost/asio/post.hpp>

namespace holdfast::run {

namespace {

constexpr std::chrono::seconds between_looks_at_log{1};

sentinel::Outcome outcome_of(supervise::Outcome outcome) {
  switch (outcome) {
    case supervise::Outcome::not_now:
      return sentinel::Outcome::not_now;
    case supervise::Outcome::wrong:
      return sentinel::Outcome::wrong;
    case supervise::Outcome::done:
      break;
  }
  return sentinel::Outcome::done;
}

template <class... Functions>
struct Cases : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Cases(Functions...) -> Cases<Functions...>;

}  // namespace

void Supervisor::hear(supervise::Happening happening) {
  boost::asio::post(loop_, [this, happening = std::move(happening)] {
    if (exit_ || stands_by_) return;
    take(machine_.on(happening, now()));
    arm();
  });
}

void Supervisor::take(std::vector<supervise::Effect> effects) {
  effects_.insert(effects_.end(),
                  std::make_move_iterator(effects.begin()),
                  std::make_move_iterator(effects.end()));
  if (!pumping_) pump();
}

void Supervisor::pump() {
  pumping_ = false;
  while (!effects_.empty() && !pumping_) {
    const supervise::Effect effect = std::move(effects_.front());
    effects_.pop_front();
    pumping_ = !carry_out(effect);
  }
}

bool Supervisor::carry_out(const supervise::Effect& effect) {
  return std::visit(
      Cases{
          [this](const supervise::Write& one) { return write(one.body); },
          [this](const supervise::StartStep& start) { return start_step(start); },
          [this](const supervise::TearDown& down) {
            roster_->tear_down(down.nodes, down.attempt, std::chrono::milliseconds(down.grace_ms));
            return true;
          },
          [this](const supervise::DropStep& drop) {
            if (step_ && drop.attempt == attempt_) step_->drop();
            return true;
          },
          [this](const supervise::SignalRanks& signal) {
            roster_->signal(signal.nodes, signal.attempt, signal.signal);
            return true;
          },
          [this](const supervise::ReadCatalogue& read) {
            catalogue_.read(read.condemned, read.writers_gone, [this](recovery::Choice choice) {
              hear(supervise::CatalogueRead{std::move(choice)});
            });
            return true;
          },
          [this](const supervise::Gather& one) {
            gather(one);
            return true;
          },
          [this](const supervise::SetMembers& members) {
            roster_->set_members(members.nodes);
            return true;
          },
          [this](const supervise::GiveBack& back) {
            give_back(back);
            return true;
          },
          [this](const supervise::HandBack& back) {
            hand_back_now(back);
            return true;
          },
          [this](const supervise::Say& one) {
            say(one.sentence);
            return true;
          },
          [this](const supervise::Reply& reply) {
            const auto found = replies_.find(reply.id);
            if (found == replies_.end()) return true;
            found->second({reply.sentence, outcome_of(reply.outcome)});
            replies_.erase(found);
            return true;
          },
          [this](const supervise::End& end) {
            if (end.when_the_log_says)
              stand_by();
            else
              finish(end.exit);
            return false;
          },
      },
      effect);
}

bool Supervisor::write(const events::Body& body) {
  if (std::holds_alternative<events::CheckpointSeen>(body)) ++checkpoints_seen_;
  log_.write(body, now().wall_ms, [this](const std::optional<Failure>& failure) {
    if (failure && failure->kind == FailureKind::conflict)
      hear(supervise::Deposed{failure->sentence()});
    tell_of_log(failure);
    pump();
  });
  return false;
}

/// Once when it begins and once when it is over: what is kept goes out with the first record that
/// can be written again.
void Supervisor::tell_of_log(const std::optional<Failure>& failure) {
  const bool kept = failure && failure->kind != FailureKind::conflict;
  if (kept && !log_kept_)
    say(cat("the event log cannot be written now and is kept in memory: ", failure->sentence()));
  if (!failure && log_kept_) say("the event log is written again");
  log_kept_ = kept;
}

bool Supervisor::start_step(const supervise::StartStep& start) {
  const attempt::RankMap map = attempt::deal(start.nodes, start.ranks, with_.line.dealing);
  disk_.hand(
      [state = with_.settings.state,
       number = start.attempt,
       hosts = attempt::host_file(map)]() -> Result<std::string> {
        auto directory = events::make_attempt_directory(state, number);
        if (!directory) return directory;
        if (auto written =
                events::replace_file(cat(*directory, "/hosts"), hosts, events::Readers::owner);
            !written)
          return written.error();
        return directory;
      },
      [this, start](const Result<std::string>& directory) {
        if (directory)
          launch(start, *directory);
        else
          hear(supervise::StepEnded{start.attempt, 1, 0, directory.error().sentence(), true});
        pump();
      });
  return false;
}

void Supervisor::launch(const supervise::StartStep& start, const std::string& directory) {
  if (stands_by_ || exit_) return;
  attempt_ = start.attempt;
  ranks_seen_.clear();
  first_gone_ms_.reset();
  votes_.clear();
  recovery::HangPolicy policy;
  policy.on = with_.settings.hang_watch;
  if (with_.settings.hang_timeout) policy.timeout_ms = with_.settings.hang_timeout->count();
  hang_.emplace(policy, hang_ ? hang_->longest_gap_ms() : 0);
  roster_->watch(start.attempt);
  attempt::LaunchWish wish;
  wish.number = start.attempt;
  wish.state = with_.settings.state;
  wish.host_file = cat(directory, "/hosts");
  if (with_.settings.place && !has_plugin_) wish.exec = with_.program;
  wish.ask_plugin = with_.settings.place && has_plugin_ && !with_.given_bind;
  wish.full_size = start.full_size;
  wish.given_master = with_.given_master;
  wish.allocation = with_.plan.allocation;
  if (start.resume) {
    if (auto told = tell_resumption(start.resume->path, wish); !told)
      return hear(supervise::StepEnded{start.attempt, 1, 0, told.error().sentence()});
  }
  const auto launch = attempt::launch_of(
      with_.line, attempt::deal(start.nodes, start.ranks, with_.line.dealing), wish);
  Step::Ears ears;
  ears.said = [this, number = start.attempt](const recovery::SrunMessage& message,
                                             const std::string& text) {
    hear(supervise::SrunSaid{number, message, text});
  };
  ears.ended = [this, number = start.attempt](process::End end) {
    hear(supervise::StepEnded{number, end.exit, end.signal, ""});
  };
  auto step =
      Step::start(loop_, mouth_, launch, directory, with_.settings.output_cap, std::move(ears));
  if (step) {
    step_ = std::move(*step);
    step_of_ = start.attempt;
  } else {
    hear(supervise::StepEnded{start.attempt, 127, 0, step.error().sentence()});
  }
}

/// The program hears of its checkpoint, or it is not started: without it, it would begin anew.
Result<void> Supervisor::tell_resumption(const std::string& path, attempt::LaunchWish& wish) const {
  const auto resumption = catalogue_.resumption_of(path);
  if (!resumption)
    return Failure{FailureKind::not_found,
                   cat(path, " was chosen, and the catalogue does not know it any more"),
                   "",
                   {}};
  wish.resume = checkpoint::resume_variables(*resumption);
  auto arguments = checkpoint::resume_arguments(with_.settings.resume_arg, *resumption);
  if (!arguments) return Failure(arguments.error()).within("--resume-arg");
  wish.resume_arguments = std::move(*arguments);
  return {};
}

void Supervisor::gather(const supervise::Gather& one) {
  gathering_.begin({one.nodes.begin(), one.nodes.end()},
                   std::chrono::milliseconds(one.patience_ms),
                   [this, attempt = one.attempt] { gathered(attempt); });
  for (const std::string& node : one.nodes)
    roster_->look_at(node, one.since_ms);
  process::ask(
      loop_,
      slurm::show_job(with_.plan.job),
      std::chrono::seconds(5),
      [this](Result<process::Answer> answer) {
        const auto job =
            answer ? slurm::parse_job(answer->output) : Result<slurm::JobFacts>(answer.error());
        gathering_.slurm_answered(job ? verdict_of(*job, with_.plan.restart) : std::nullopt);
      });
}

void Supervisor::gathered(unsigned attempt) {
  supervise::Gathered all;
  // An attempt whose srun was never run has no lines; those here are of the one before it.
  if (step_ && attempt == step_of_) all.lines = step_->lines();
  all.signs = gathering_.take_signs();
  all.slurm = gathering_.slurm();
  all.first_gone_ms = first_gone_ms_;
  hear(std::move(all));
}

void Supervisor::give_back(const supervise::GiveBack& back) {
  process::ask(
      loop_,
      slurm::keep_only(with_.plan.job, back.keep, with_.settings.state),
      std::chrono::seconds(15),
      [this, rest = back.rest](const Result<process::Answer>& answer) {
        const bool done = answer && answer->end.well();
        hear(supervise::GivenBack{
            rest, done, answer ? std::string(trim(answer->errors)) : answer.error().sentence()});
      });
}

void Supervisor::hand_back_now(const supervise::HandBack& back) {
  boost::system::error_code ignored;
  signals_.remove(SIGTERM, ignored);  // NOLINT(bugprone-unused-return-value): it was there
  const HandBackWish wish{.job = with_.plan.job,
                          .exclude = back.exclude,
                          .one_node = back.only_to_end,
                          .submit_again = back.submit_again,
                          .no_script = with_.plan.script_gone,
                          .nodes = static_cast<unsigned>(with_.plan.allocation.size()),
                          .state = with_.settings.state};
  hand_back(loop_, wish, [this](const Result<std::string>& done) {
    hear(supervise::HandedBack{done.has_value(), done ? *done : done.error().sentence()});
  });
}

void Supervisor::finish(int exit) {
  exit_ = exit;
  effects_.clear();
  sums_.reset();
  wake_.cancel();
  minute_.cancel();
  hang_tick_.cancel();
  sentinels_again_.cancel();
  signals_.cancel();
  if (!roster_) return loop_.stop();
  roster_->goodbye([this] {
    step_.reset();
    sentinels_.reset();
    loop_.stop();
  });
}

void Supervisor::stand_by() {
  stands_by_ = true;
  effects_.clear();
  sums_.reset();
  say("standing by until the run has ended");
  if (step_) step_->drop();
  sentinels_again_.cancel();
  // Without a roster no beat is acknowledged any more. The sentinels' srun stays: to end it would
  // end their step.
  roster_.reset();
  look_for_the_end();
}

void Supervisor::look_for_the_end() {
  disk_.hand(
      [state = with_.settings.state]() -> std::optional<int> {
        const auto log = events::read_log(state);
        if (!log) return std::nullopt;
        const auto run = events::replay(log->records);
        return run.ended ? std::optional(run.ended->exit) : std::nullopt;
      },
      [this](std::optional<int> exit) {
        if (exit) return finish(*exit);
        wake_.expires_after(between_looks_at_log);
        wake_.async_wait([this](boost::system::error_code error) {
          if (!error) look_for_the_end();
        });
      });
}

}  // namespace holdfast::run
