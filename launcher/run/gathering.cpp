// SPDX-License-Identifier: Apache-2.0
#include "run/gathering.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/event.hpp"
#include "holdfast/health/kernel_log/sxid.hpp"
#include "holdfast/health/kernel_log/xid.hpp"

#include <utility>

namespace holdfast::run {

namespace {

constexpr std::size_t most_signs = 5000;

/// A kernel's line in the words of the health checks.
std::optional<health::KernelEvent> event_of(const std::string& line) {
  health::KernelRecord record;
  record.text = line;
  return health::event_of(record, 0);
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
  const std::string text = lower(sign.text);
  const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  if (health::parse_xid_line(sign.text)) return as(To::xid, sign.text);
  if (health::parse_sxid_line(sign.text)) return as(To::sxid, sign.text);
  if (says("fallen off the bus")) return as(To::gpu_lost, sign.text);
  if (says("machine check") || says("mce: [hardware error]")) return as(To::mce, sign.text);
  if (says("uncorrected error") || says("uncorrectable")) return as(To::ecc, sign.text);
  if (says("out of memory: killed process") || says("oom-kill:"))
    return as(To::oom_kill, sign.text);
  if (says("link down") || says("link becomes down") || says("port down"))
    return as(To::port_down, sign.text);
  if (says("not responding, still trying") || says("not responding, timed out"))
    return as(To::mount_stuck, sign.text);
  if (fatal_fault(sign)) return as(To::unfit, sign.text);
  return std::nullopt;
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
