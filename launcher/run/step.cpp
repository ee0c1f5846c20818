// SPDX-License-Identifier: Apache-2.0
#include "run/step.hpp"

#include "holdfast/checkpoint/resume.hpp"
#include "holdfast/common/text.hpp"

#include <chrono>
#include <csignal>

namespace holdfast::run {

namespace {

constexpr std::size_t lines_at_first = 500;
constexpr std::size_t lines_at_last = 3000;
constexpr std::size_t longest_line = 4096;

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Step::Step(Worker& worker, const std::string& directory, std::uint64_t cap, Ears ears)
    : ears_(std::move(ears)),
      out_(worker, 1, cat(directory, "/out"), cap),
      err_(worker, 2, cat(directory, "/err"), cap) {}

Result<std::unique_ptr<Step>> Step::start(boost::asio::io_context& io,
                                          Worker& worker,
                                          const attempt::Launch& launch,
                                          const std::string& directory,
                                          std::uint64_t cap,
                                          Ears ears) {
  std::unique_ptr<Step> step(
      new Step(worker, directory, cap, std::move(ears)));  // NOLINT(modernize-make-unique): private
  process::Child::Ears child_ears;
  Step* self = step.get();  // the child is the step's own and goes with it
  child_ears.output = [self](std::string_view chunk) { self->out_.write(chunk); };
  child_ears.errors = [self](std::string_view chunk) { self->hear_errors(chunk); };
  child_ears.ended = [self](process::End end) {
    if (!self->partial_.empty()) self->hear_line(std::exchange(self->partial_, {}));
    self->ears_.ended(end);
  };
  process::Command command{launch.words,
                           launch.set,
                           {"SLURM_NTASKS",
                            "SLURM_NPROCS",
                            "SLURM_DISTRIBUTION",
                            "SLURM_STEP_ID",
                            "SLURM_STEPID",
                            "SLURM_PROCID",
                            "SLURM_LOCALID"},
                           true};
  for (const std::string_view name : checkpoint::resume_variable_names())
    command.unset.emplace_back(name);
  auto child = process::Child::start(io, command, std::move(child_ears));
  if (!child) return child.error();
  step->child_ = std::move(*child);
  return step;
}

void Step::hear_errors(std::string_view chunk) {
  err_.write(chunk);
  partial_ += chunk;
  for (std::size_t end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
    hear_line(partial_.substr(0, end));
    partial_.erase(0, end + 1);
  }
  if (partial_.size() > longest_line) hear_line(std::exchange(partial_, {}));
}

void Step::hear_line(std::string line) {
  if (line.size() > longest_line) line.resize(longest_line);
  const auto message = recovery::parse_srun_message(line);
  recovery::Line heard{wall_ms(), "", std::nullopt, line};
  if (first_.size() < lines_at_first) {
    first_.push_back(std::move(heard));
  } else {
    if (last_.size() == lines_at_last) last_.pop_front();
    last_.push_back(std::move(heard));
  }
  if (message.kind != recovery::SrunMessageKind::other) ears_.said(message, line);
}

std::vector<recovery::Line> Step::lines() const {
  std::vector<recovery::Line> all = first_;
  all.insert(all.end(), last_.begin(), last_.end());
  return all;
}

void Step::drop() { child_->signal(SIGKILL); }

}  // namespace holdfast::run
