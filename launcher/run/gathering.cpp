// SPDX-License-Identifier: Apache-2.0
#include "run/gathering.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/event.hpp"

#include <utility>

namespace holdfast::run {

namespace {

constexpr std::size_t most_signs = 5000;

/// A kernel's line in the words of the health checks.
std::optional<health::KernelEvent> event_of(const std::string& line) {
  health::KernelRecord record;
  record.text = health::printable(line);
  return health::event_of(record, 0);
}

/// What a line of the kernel's log is a sign of. By what the health checks make of the line, never
/// by a word somewhere in it: any user's process and files may be called by such words.
std::optional<recovery::SignKind> kind_of(const health::KernelEvent& event) {
  using From = health::KernelEventKind;
  using To = recovery::SignKind;
  const bool bad = is_bad(event.severity) && !event.by_program;
  switch (event.kind) {
    case From::xid:
      return To::xid;
    case From::sxid:
      return To::sxid;
    case From::off_bus:
      return To::gpu_lost;
    case From::mce:
      return bad ? std::optional(To::mce) : std::nullopt;
    case From::oom:
      return To::oom_kill;
    case From::link:  // of the fabric's own driver; one of the office network says "Link is Down"
      return !event.recovered && event.text.ends_with("Link down") ? std::optional(To::port_down)
                                                                   : std::nullopt;
    case From::network_fs:
      return bad ? std::optional(To::mount_stuck) : std::nullopt;
    case From::amd_gpu:
      if (bad && event.action == health::Action::reset_gpu) return To::ecc;
      [[fallthrough]];
    default:
      return event.severity == health::Severity::fatal && !event.by_program
                 ? std::optional(To::unfit)
                 : std::nullopt;
  }
}

}  // namespace

std::optional<std::string> fatal_fault(const sentinel::NodeSign& sign) {
  using Kind = sentinel::NodeSign::Kind;
  if (sign.kind == Kind::broken) return sign.text;
  if (sign.kind != Kind::kernel_line) return std::nullopt;
  const auto event = event_of(sign.text);
  if (!event || event->severity != health::Severity::fatal || event->by_program)
    return std::nullopt;
  return cat(event->device.empty() ? "" : event->device + ": ", event->meaning);
}

std::optional<recovery::NodeSign> meaning_of(const std::string& node,
                                             const sentinel::NodeSign& sign) {
  using From = sentinel::NodeSign::Kind;
  using To = recovery::SignKind;
  const auto as = [&](To kind, std::string text) {
    return recovery::NodeSign{node, kind, std::move(text), sign.at_ms};
  };
  if (sign.kind == From::out_of_memory)
    return as(To::oom_kill,
              cat("the kernel killed ", sign.count, " processes of the job for memory"));
  if (sign.kind == From::broken || sign.kind == From::unfit) return as(To::unfit, sign.text);
  if (sign.kind != From::kernel_line) return std::nullopt;
  // it names processes and cgroups, but only behind these words, and is no event of health
  if (sign.text.starts_with("oom-kill:constraint=")) return as(To::oom_kill, sign.text);
  const auto event = event_of(sign.text);
  const auto kind = event ? kind_of(*event) : std::nullopt;
  return kind ? std::optional(as(*kind, sign.text)) : std::nullopt;
}

std::optional<recovery::SlurmVerdict> verdict_of(const slurm::JobFacts& job, unsigned restart) {
  using recovery::SlurmVerdict;
  const auto is = [&](std::string_view state) {
    return job.state.find(state) != std::string::npos;
  };
  if (is("CANCELLED")) return SlurmVerdict::cancelled;
  if (is("TIMEOUT") || is("DEADLINE")) return SlurmVerdict::time_limit;
  if (is("PREEMPTED")) return SlurmVerdict::preempted;
  if (is("NODE_FAIL")) return SlurmVerdict::node_fail;
  // We still run, and Slurm has the job in the queue again: somebody put it there, and it was not
  // us.
  if (job.restarts > restart) return SlurmVerdict::requeued_by_person;
  return std::nullopt;
}

void Gathering::begin(std::set<std::string> nodes,
                      std::chrono::milliseconds patience,
                      std::function<void()> done) {
  open_ = std::move(nodes);
  slurm_open_ = true;
  slurm_.reset();
  done_ = std::move(done);
  timer_.expires_after(patience);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || !done_) return;
    std::exchange(done_, nullptr)();
  });
}

void Gathering::add(recovery::NodeSign sign) {
  if (signs_.size() < most_signs) signs_.push_back(std::move(sign));
}

void Gathering::node_answered(const std::string& node) {
  open_.erase(node);
  finish_if_done();
}

void Gathering::slurm_answered(std::optional<recovery::SlurmVerdict> verdict) {
  slurm_ = verdict;
  slurm_open_ = false;
  finish_if_done();
}

void Gathering::finish_if_done() {
  if (!done_ || !open_.empty() || slurm_open_) return;
  timer_.cancel();
  std::exchange(done_, nullptr)();
}

}  // namespace holdfast::run
