// SPDX-License-Identifier: Apache-2.0
#include "run/hand_back.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/slurm/job.hpp"

#include <algorithm>
#include <deque>
#include <memory>

namespace holdfast::run {

namespace {

constexpr std::chrono::seconds patience{15};
/// Long enough for the last node to be cleaned up, or Slurm sets the begin anew, two minutes ahead.
constexpr std::chrono::seconds until_start{5};

struct Sequence : std::enable_shared_from_this<Sequence> {
  Sequence(boost::asio::io_context& io, std::function<void(Result<void>)> ear)
      : loop(io), told(std::move(ear)) {}

  void next() {
    if (commands.empty()) return told({});
    const process::Command command = std::move(commands.front());
    commands.pop_front();
    process::ask(
        loop,
        command,
        patience,
        [self = shared_from_this(), words = command.words](Result<process::Answer> answer) {
          if (!answer) return self->told(answer.error());
          if (!answer->end.well())
            return self->told(Failure{
                FailureKind::denied, cat(join(words, " "), ": ", trim(answer->errors)), "", {}});
          self->next();
        });
  }

  boost::asio::io_context& loop;
  std::function<void(Result<void>)> told;
  std::deque<process::Command> commands;
};

}  // namespace

void hand_back(boost::asio::io_context& io,
               const HandBackWish& wish,
               std::function<void(Result<void>)> told) {
  auto sequence = std::make_shared<Sequence>(io, std::move(told));
  process::ask(
      io, slurm::show_job(wish.job), patience, [sequence, wish](Result<process::Answer> answer) {
        std::vector<std::string> exclude = wish.exclude;
        if (answer)
          if (const auto job = slurm::parse_job(answer->output))
            for (const std::string& node : job->excluded)
              if (std::ranges::count(exclude, node) == 0)
                exclude.push_back(node);  // the list is replaced, not added to
        sequence->commands = {slurm::hold(wish.job)};
        if (!exclude.empty()) sequence->commands.push_back(slurm::exclude(wish.job, exclude));
        if (wish.one_node) sequence->commands.push_back(slurm::cut_to_one_node(wish.job));
        sequence->commands.push_back(slurm::start_in(wish.job, until_start));
        sequence->commands.push_back(slurm::release(wish.job));
        sequence->next();
      });
}

}  // namespace holdfast::run
