// SPDX-License-Identifier: Apache-2.0
#include "run/hand_back.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/slurm/job.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <memory>
#include <optional>

namespace holdfast::run {

namespace {

constexpr std::chrono::seconds patience{15};
/// Long enough for the last node to be cleaned up, or Slurm sets the begin anew, two minutes ahead.
constexpr std::chrono::seconds until_start{5};

/// The first command counts; what follows makes the start sooner and better, and the job is in the
/// queue without it.
struct Sequence : std::enable_shared_from_this<Sequence> {
  Sequence(boost::asio::io_context& io, std::function<void(Result<void>)> ear)
      : loop(io), told(std::move(ear)) {}

  void next() {
    if (commands.empty())
      return told(first_failure ? Result<void>(*first_failure) : Result<void>());
    process::Command command = std::move(commands.front());
    commands.pop_front();
    command.keeps_sigterm = true;
    process::ask(
        loop,
        command,
        patience,
        [self = shared_from_this(), words = command.words](Result<process::Answer> answer) {
          if (answer && !answer->end.well())
            answer = Failure{
                FailureKind::denied, cat(join(words, " "), ": ", trim(answer->errors)), "", {}};
          if (!answer && !self->requeued) return self->told(answer.error());
          self->requeued = true;
          if (!answer && !self->first_failure) self->first_failure = answer.error();
          self->next();
        });
  }

  boost::asio::io_context& loop;
  std::function<void(Result<void>)> told;
  std::deque<process::Command> commands;
  bool requeued{};
  std::optional<Failure> first_failure;
};

}  // namespace

void hand_back(boost::asio::io_context& io,
               const HandBackWish& wish,
               std::function<void(Result<void>)> told) {
  (void)std::signal(SIGTERM, SIG_IGN);  // Slurm ends the job around us as soon as it is requeued
  auto sequence = std::make_shared<Sequence>(io, std::move(told));
  process::ask(
      io, slurm::show_job(wish.job), patience, [sequence, wish](Result<process::Answer> answer) {
        std::vector<std::string> exclude = wish.exclude;
        if (answer)
          if (const auto job = slurm::parse_job(answer->output))
            for (const std::string& node : job->excluded)  // the list is replaced
              if (std::ranges::count(exclude, node) == 0) exclude.push_back(node);
        sequence->commands = {slurm::requeue(wish.job)};
        if (wish.one_node) sequence->commands.push_back(slurm::cut_to_one_node(wish.job));
        if (!exclude.empty()) sequence->commands.push_back(slurm::exclude(wish.job, exclude));
        sequence->commands.push_back(slurm::start_in(wish.job, until_start));
        sequence->next();
      });
}

}  // namespace holdfast::run
