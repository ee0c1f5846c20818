// SPDX-License-Identifier: Apache-2.0
// The order of the commands is the whole point: what may only be said while the job is pending
// comes after the requeue, and what nobody could say any more then is put on its way before it.
#include "run/hand_back.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/slurm/cluster.hpp"
#include "holdfast/slurm/job.hpp"
#include "holdfast/slurm/submission.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <memory>
#include <unistd.h>

namespace holdfast::run {

namespace {

using process::Answer;
using process::Command;

constexpr std::chrono::seconds patience{15};
/// Long enough for the last node to be cleaned up, or Slurm sets the begin anew, two minutes ahead.
constexpr std::chrono::seconds until_start{5};

/// What the job around us is must not be taken for what the new one shall be.
std::vector<std::string> names_of_this_job() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view whole = *entry;
    const std::string_view name = whole.substr(0, whole.find('='));
    const bool of_the_job = name.starts_with("SLURM_") && name != "SLURM_CONF";
    if (of_the_job || name == "HOLDFAST_ATTEMPT" || name == "HOLDFAST_STATE")
      names.emplace_back(name);
  }
  return names;
}

class HandingBack : public std::enable_shared_from_this<HandingBack> {
 public:
  HandingBack(boost::asio::io_context& io,
              HandBackWish wish,
              std::function<void(Result<std::string>)> told)
      : io_(io), wish_(std::move(wish)), told_(std::move(told)) {}

  void begin() {
    ask(slurm::show_job(wish_.job), [this](const Result<Answer>& answer) {
      if (answer) line_ = trim(answer->output);
      ask(slurm::show_cluster(), [this](const Result<Answer>& config) {
        if (config) cluster_ = slurm::parse_cluster(config->output);
        look();
      });
    });
  }

 private:
  /// `next` hears the answer of a command that went well, or the failure.
  void ask(Command command, std::function<void(Result<Answer>)> next) {
    command.keeps_sigterm = true;
    process::ask(
        io_,
        command,
        patience,
        [self = shared_from_this(), words = command.words, next = std::move(next)](
            Result<Answer> answer) {
          if (answer && !answer->end.well())
            answer = Failure{
                FailureKind::denied, cat(join(words, " "), ": ", trim(answer->errors)), "", {}};
          next(std::move(answer));
        });
  }

  void look() {
    const auto job = slurm::parse_job(line_);
    std::vector<std::string> exclude = wish_.exclude;
    if (job)
      for (const std::string& node : job->excluded)  // the list is replaced
        if (std::ranges::count(exclude, node) == 0) exclude.push_back(node);
    wish_.exclude = std::move(exclude);
    // slurmctld takes no update of such a job but while it is pending, and nothing of the job lives
    // then: scontrol would ask again and again until Slurm kills it.
    deaf_ = job && job->resized && !cluster_.accounting;
    if (wish_.submit_again) return write_script();
    requeue_with_updates();
  }

  [[nodiscard]] std::vector<Command> updates() const {
    std::vector<Command> all;
    if (wish_.one_node) all.push_back(slurm::cut_to_one_node(wish_.job));
    if (!wish_.exclude.empty()) all.push_back(slurm::exclude(wish_.job, wish_.exclude));
    all.push_back(slurm::start_in(wish_.job, deaf_ ? std::chrono::seconds(1) : until_start));
    return all;
  }

  void requeue_with_updates() {
    if (!deaf_) return requeue(updates());
    ask(slurm::errand(line_, wish_.job, updates()), [this](const Result<Answer>& answer) {
      if (!answer) note_ = owners_words(answer.error().sentence());
      requeue({});
    });
  }

  [[nodiscard]] std::string owners_words(const std::string& why) const {
    std::string words = cat("Slurm takes no update of job ",
                            wish_.job,
                            " before it is pending, and no errand could be sent (",
                            why,
                            "); say then:");
    for (const Command& update : updates())
      words += cat(" ", join(update.words, " "), ";");
    words.pop_back();
    return words;
  }

  /// The requeue counts; what follows makes the start sooner and better, and the job is in the
  /// queue without it.
  void requeue(std::vector<Command> then) {
    then_.assign(std::make_move_iterator(then.begin()), std::make_move_iterator(then.end()));
    ask(slurm::requeue(wish_.job), [this](const Result<Answer>& answer) {
      if (answer) return next();
      if (!wish_.no_script) return told_(answer.error());
      // Without a script the job would hold its nodes until its time is over.
      ask({{"scancel", wish_.job}, {}, {}, false},
          [this, failure = answer.error()](const Result<Answer>&) { told_(failure); });
    });
  }

  void next() {
    if (then_.empty()) return told_(note_);
    Command command = std::move(then_.front());
    then_.pop_front();
    ask(std::move(command), [this](const Result<Answer>& answer) {
      if (!answer && note_.empty()) note_ = answer.error().sentence();
      next();
    });
  }

  void write_script() {
    const std::string file = cat(wish_.state, "/batch_script");
    ask(slurm::write_script(wish_.job, file), [this, file](const Result<Answer>& answer) {
      if (!answer) return requeue_instead(answer.error());
      auto command =
          slurm::submit_again(line_, {file, wish_.nodes, wish_.exclude, cluster_.expedites});
      if (!command) return requeue_instead(command.error());
      command->unset = names_of_this_job();
      command->set = {{"HOLDFAST_CONTINUE", wish_.state}};
      submit(std::move(*command));
    });
  }

  void submit(Command command) {
    ask(std::move(command), [this](const Result<Answer>& answer) {
      if (!answer) return requeue_instead(answer.error());
      note_ = cat("submitted again as job ", trim(answer->output));
      if (!wish_.no_script) return told_(note_);
      ask({{"scancel", wish_.job}, {}, {}, false}, [this](const Result<Answer>&) { told_(note_); });
    });
  }

  void requeue_instead(const Failure& failure) {
    note_ = cat("requeued, for it could not be submitted again: ", failure.sentence());
    requeue_with_updates();
  }

  boost::asio::io_context& io_;
  HandBackWish wish_;
  std::function<void(Result<std::string>)> told_;
  std::string line_;  ///< of scontrol show job
  slurm::ClusterFacts cluster_;
  bool deaf_{};
  std::deque<Command> then_;
  std::string note_;
};

}  // namespace

void hand_back(boost::asio::io_context& io,
               const HandBackWish& wish,
               std::function<void(Result<std::string>)> told) {
  (void)std::signal(SIGTERM, SIG_IGN);  // Slurm ends the job around us as soon as it is requeued
  std::make_shared<HandingBack>(io, wish, std::move(told))->begin();
}

}  // namespace holdfast::run
