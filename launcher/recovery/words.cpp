// SPDX-License-Identifier: Apache-2.0
// The words of this room's enumerations, as they stand in the event log and in files. They are read
// back by programs of other releases: a word is never changed.
#include "holdfast/recovery/cause.hpp"
#include "holdfast/recovery/decide.hpp"
#include "holdfast/recovery/evidence.hpp"

#include <algorithm>
#include <span>

namespace holdfast::recovery {

namespace {

/// The member of `all` whose word is `word`.
template <class Kind>
std::optional<Kind> find_word(std::span<const Kind> all, std::string_view word) {
  const auto found = std::ranges::find_if(all, [&](Kind kind) { return word_of(kind) == word; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::string_view word_of(Cause cause) {
  switch (cause) {
    case Cause::node_lost:
      return "node_lost";
    case Cause::hardware:
      return "hardware";
    case Cause::network:
      return "network";
    case Cause::storage:
      return "storage";
    case Cause::preempted:
      return "preempted";
    case Cause::walltime:
      return "walltime";
    case Cause::out_of_memory:
      return "out_of_memory";
    case Cause::user_error:
      return "user_error";
    case Cause::bad_checkpoint:
      return "bad_checkpoint";
    case Cause::hang:
      return "hang";
    case Cause::no_progress:
      return "no_progress";
    case Cause::launch_failed:
      return "launch_failed";
    case Cause::cancelled:
      return "cancelled";
    case Cause::unknown:
      break;
  }
  return "unknown";
}

std::string_view phrase_of(Cause cause) {
  switch (cause) {
    case Cause::node_lost:
      return "node lost";
    case Cause::hardware:
      return "hardware fault";
    case Cause::network:
      return "network fault";
    case Cause::storage:
      return "storage fault";
    case Cause::preempted:
      return "preempted";
    case Cause::walltime:
      return "out of time";
    case Cause::out_of_memory:
      return "out of memory";
    case Cause::user_error:
      return "error of the program";
    case Cause::bad_checkpoint:
      return "bad checkpoint";
    case Cause::hang:
      return "hang";
    case Cause::no_progress:
      return "no progress";
    case Cause::launch_failed:
      return "launch failed";
    case Cause::cancelled:
      return "cancelled";
    case Cause::unknown:
      break;
  }
  return "unknown cause";
}

std::optional<Cause> parse_cause(std::string_view word) {
  return find_word<Cause>(all_causes, word);
}

std::string_view word_of(SignKind kind) {
  switch (kind) {
    case SignKind::xid:
      return "xid";
    case SignKind::sxid:
      return "sxid";
    case SignKind::ecc:
      return "ecc";
    case SignKind::mce:
      return "mce";
    case SignKind::gpu_lost:
      return "gpu_lost";
    case SignKind::port_down:
      return "port_down";
    case SignKind::port_flap:
      return "port_flap";
    case SignKind::oom_kill:
      return "oom_kill";
    case SignKind::mount_stuck:
      return "mount_stuck";
    case SignKind::disk_full:
      return "disk_full";
    case SignKind::slurmd_gone:
      return "slurmd_gone";
    case SignKind::unfit:
      return "unfit";
    case SignKind::stale_gpu_process:
      break;
  }
  return "stale_gpu_process";
}

std::optional<SignKind> parse_sign_kind(std::string_view word) {
  return find_word<SignKind>(all_sign_kinds, word);
}

std::string_view word_of(SlurmVerdict verdict) {
  switch (verdict) {
    case SlurmVerdict::time_limit:
      return "time_limit";
    case SlurmVerdict::preempted:
      return "preempted";
    case SlurmVerdict::cancelled:
      return "cancelled";
    case SlurmVerdict::node_fail:
      return "node_fail";
    case SlurmVerdict::requeued_by_person:
      break;
  }
  return "requeued_by_person";
}

std::optional<SlurmVerdict> parse_slurm_verdict(std::string_view word) {
  return find_word<SlurmVerdict>(all_slurm_verdicts, word);
}

std::string_view word_of(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::restart:
      return "restart";
    case DecisionKind::replace:
      return "replace";
    case DecisionKind::shrink:
      return "shrink";
    case DecisionKind::requeue:
      return "requeue";
    case DecisionKind::stop:
      return "stop";
    case DecisionKind::choose_again:
      break;
  }
  return "choose_again";
}

std::optional<DecisionKind> parse_decision_kind(std::string_view word) {
  return find_word<DecisionKind>(all_decision_kinds, word);
}

}  // namespace holdfast::recovery
