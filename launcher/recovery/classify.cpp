// SPDX-License-Identifier: Apache-2.0
// One loss out of all evidence. The order is the design: whoever knows for certain speaks first,
// and words that ranks print about each other come last, because the first to complain is rarely
// the first to fail.
#include "holdfast/recovery/classify.hpp"

#include "holdfast/common/text.hpp"
#include "recovery/fingerprint.hpp"
#include "recovery/node_signs.hpp"
#include "recovery/reading.hpp"
#include "recovery/signals.hpp"
#include "recovery/speaker.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace holdfast::recovery {

namespace {

/// What shells and launchers make of a signal: 128 + n.
constexpr int shell_signal = 128;
/// Losing a peer is told within this time of its end; told earlier, it was the fabric.
constexpr std::int64_t echo_lead_ms = 1'000;
/// After this the program has long loaded what it resumed from.
constexpr std::int64_t loading_ms = 600'000;

std::string named(const std::optional<unsigned>& rank, const std::string& node) {
  if (rank && !node.empty()) return cat("rank ", *rank, " on ", node);
  if (rank) return cat("rank ", *rank);
  return node.empty() ? std::string("a rank") : cat("a rank on ", node);
}

/// The signal a rank ended by, also where a shell in between made a number of it.
int signal_of(const RankExit& exit) {
  if (exit.signal != 0) return exit.signal;
  const int signal = exit.exit_code - shell_signal;
  const bool known = signal == signals::interrupt || signal == signals::illegal ||
                     signal == signals::abort || signal == signals::bus ||
                     signal == signals::arithmetic || signal == signals::kill ||
                     signal == signals::segment || signal == signals::terminate;
  return known ? signal : 0;
}

/// Ended because somebody told it to.
bool was_told_to_end(const RankExit& exit) {
  const int signal = signal_of(exit);
  return signal == signals::terminate || signal == signals::interrupt;
}

std::optional<Loss> loss_by_slurm(const Evidence& evidence) {
  std::optional<SlurmVerdict> verdict = evidence.slurm;
  std::string line_text;
  for (const Line& line : evidence.lines) {
    if (verdict) break;
    const SrunMessageKind kind = parse_srun_message(line.text).kind;
    if (kind == SrunMessageKind::time_limit) verdict = SlurmVerdict::time_limit;
    if (kind == SrunMessageKind::preempted) verdict = SlurmVerdict::preempted;
    if (kind == SrunMessageKind::requeued) verdict = SlurmVerdict::requeued_by_person;
    if (verdict) line_text = shortened(line.text);
  }
  if (!verdict || *verdict == SlurmVerdict::node_fail) return std::nullopt;
  Loss loss{.self_proving = true};
  switch (*verdict) {
    case SlurmVerdict::time_limit:
      loss.cause = Cause::walltime;
      loss.why = "the job's time is over";
      break;
    case SlurmVerdict::preempted:
      loss.cause = Cause::preempted;
      loss.why = "Slurm takes the nodes back";
      break;
    case SlurmVerdict::cancelled:
      loss.cause = Cause::cancelled;
      loss.why = "the job was cancelled";
      break;
    case SlurmVerdict::requeued_by_person:
    case SlurmVerdict::node_fail:
      loss.cause = Cause::cancelled;
      loss.why = "the job was put back into the queue, and Slurm starts it again";
      break;
  }
  loss.fingerprint = cat(word_of(loss.cause), "|slurm");
  loss.evidence.push_back(line_text.empty() ? cat("Slurm says ", word_of(*verdict)) : line_text);
  return loss;
}

std::optional<Loss> loss_by_hang(const Evidence& evidence) {
  if (!evidence.hang) return std::nullopt;
  const HangSigns& hang = *evidence.hang;
  Loss loss{.cause = Cause::hang,
            .blamed = hang.nodes,
            .why = cat("nothing has moved for ", hang.quiet_ms / 1000, " s"),
            .fingerprint = "hang",
            .evidence = hang.signs};
  return loss;
}

/// srun was never run.
std::optional<Loss> loss_before_srun(const Evidence& evidence) {
  if (evidence.never_started.empty()) return std::nullopt;
  Loss loss{.cause = evidence.state_unwritable ? Cause::storage : Cause::launch_failed,
            .why = evidence.never_started,
            .evidence = {evidence.never_started}};
  loss.fingerprint = cat(word_of(loss.cause), "|before srun");
  return loss;
}

/// srun ended before any rank ran, and no message of it that is known says why.
Loss loss_by_silence(const Evidence& evidence, const Reading& reading) {
  Loss loss{.cause = Cause::launch_failed,
            .why = cat("the ranks never ran; srun ended with ", evidence.srun_exit),
            .fingerprint = "launch_failed"};
  if (reading.srun_said.empty()) return loss;
  loss.why += cat(": ", words_of_srun(reading.srun_said));
  loss.fingerprint = cat("launch_failed|", without_chance(reading.srun_said));
  loss.self_proving = !reading.srun_may_do_later;
  loss.evidence = {reading.srun_said};
  return loss;
}

/// The line asks for what cannot be. Where it brought ranks to run before, the job has changed and
/// not the line.
Loss loss_by_refusal(const Evidence& evidence, const Reading& reading) {
  return {.cause = evidence.ran_before ? Cause::launch_failed : Cause::user_error,
          .why = cat("srun refuses its line: ", words_of_srun(reading.launch_line)),
          .fingerprint = cat("refused|", without_chance(reading.launch_line)),
          .self_proving = true,
          .evidence = {reading.launch_line}};
}

std::optional<Loss> loss_by_launch(const Evidence& evidence, const Reading& reading) {
  if (!reading.launch) {
    if (evidence.ranks_ran || !evidence.exits.empty() || reading.suspect) return std::nullopt;
    return loss_by_silence(evidence, reading);
  }
  const SrunMessage& message = *reading.launch;
  if (message.kind == SrunMessageKind::refused) return loss_by_refusal(evidence, reading);
  Loss loss{.evidence = {reading.launch_line}};
  if (message.kind == SrunMessageKind::cannot_execute) {
    loss.cause = Cause::user_error;
    loss.why = "the program cannot be executed";
    loss.self_proving = true;
  } else {
    if (evidence.ranks_ran) return std::nullopt;
    loss.cause = Cause::launch_failed;
    loss.blamed = message.nodes;
    loss.why = message.nodes.empty()
                   ? cat("Slurm did not start the ranks: ", words_of_srun(reading.launch_line))
                   : cat("Slurm could not start ranks on ", join(message.nodes, ", "));
    loss.self_proving = !message.retryable;
  }
  loss.fingerprint = cat(word_of(loss.cause), '|', without_chance(reading.launch_line));
  return loss;
}

/// The cause a suspect stands for here: what was never resumed from cannot be a bad checkpoint.
Cause cause_here(const Suspect& suspect, const Evidence& evidence) {
  const bool loading = evidence.resumed && evidence.ran_ms <= loading_ms;
  return suspect.cause == Cause::bad_checkpoint && !loading ? Cause::user_error : suspect.cause;
}

/// Somebody else's process holds memory on the node that ran out of it.
bool is_crowded(const Evidence& evidence, const Suspect& suspect) {
  return suspect.cause == Cause::out_of_memory && !suspect.node.empty() &&
         std::ranges::any_of(evidence.signs, [&](const NodeSign& sign) {
           return sign.kind == SignKind::stale_gpu_process && sign.node == suspect.node;
         });
}

std::string place_of(const Suspect& suspect) {
  std::string place = without_chance(suspect.text);
  if (suspect.exception && !suspect.exception->frame.empty())
    place += cat('|', suspect.exception->frame);
  return place;
}

Loss loss_by_suspect(const Evidence& evidence, const Reading& reading, const RankIndex& ranks) {
  const Suspect& suspect = *reading.suspect;
  const std::string who = named(suspect.rank, suspect.node);
  Loss loss{.cause = cause_here(suspect, evidence),
            .fingerprint = {},
            .self_proving = suspect.proof && cause_here(suspect, evidence) == suspect.cause,
            .evidence = {cat(who, ": ", suspect.text)}};
  const bool of_node = suspect.row != nullptr && suspect.row->of_the_node;
  const std::size_t sayers = reading.nodes_saying_it.size();
  const bool everywhere = of_node && sayers > 1 && 2 * sayers > ranks.nodes();
  if (everywhere && loss.cause == suspect.cause && !suspect.proof)
    loss.cause = suspect.row->everywhere;
  else if (of_node && !everywhere && !suspect.node.empty() && loss.cause == suspect.cause)
    loss.blamed = {suspect.node};
  loss.why = suspect.row == nullptr ? cat(who, " ended with ", shortened(suspect.text, 120))
                                    : cat(who, ": ", suspect.row->means);
  if (is_crowded(evidence, suspect)) {
    loss.cause = Cause::hardware;
    loss.blamed = {suspect.node};
    loss.why += ", and a process of somebody else holds a GPU there";
  }
  if (suspect.exception && !suspect.exception->frame.empty())
    loss.evidence.push_back(cat("innermost frame: ", suspect.exception->frame));
  loss.fingerprint = cat(word_of(loss.cause), '|', place_of(suspect));
  return loss;
}

/// The first end that is nobody's echo, else simply the first.
struct RootExit {
  const RankExit* exit{};
  bool echo{};
};

RootExit root_exit(const Evidence& evidence, const Reading& reading) {
  const RankExit* best = nullptr;
  unsigned best_class = 9;
  for (const RankExit& exit : evidence.exits) {
    if (exit.exit_code == 0 && exit.signal == 0) continue;
    const bool echoes = reading.echoing.contains(exit.rank);
    const unsigned kind = was_told_to_end(exit) ? 2U : (echoes ? 1U : 0U);
    if (kind < best_class || (kind == best_class && exit.at_ms < best->at_ms)) {
      best = &exit;
      best_class = kind;
    }
  }
  if (best == nullptr) return {};
  const bool early_echo = reading.echoing.empty() && reading.first_echo_ms &&
                          *reading.first_echo_ms + echo_lead_ms < best->at_ms;
  const bool may_be_echo =
      signal_of(*best) == 0 || signal_of(*best) == signals::abort || was_told_to_end(*best);
  return {best, may_be_echo && reading.echoes != 0 && (best_class != 0 || early_echo)};
}

Loss loss_by_exit(const RankExit& exit) {
  const int signal = signal_of(exit);
  const std::string who = named(exit.rank, exit.node);
  Loss loss;
  if (signal == 0) {
    loss.cause = Cause::user_error;
    loss.why = cat(who, " ended with exit code ", exit.exit_code);
    loss.fingerprint = cat("user_error|exit ", exit.exit_code);
  } else {
    const bool own = signal == signals::segment || signal == signals::illegal ||
                     signal == signals::arithmetic || signal == signals::abort;
    loss.cause = own ? Cause::user_error : Cause::unknown;
    loss.why = cat(who,
                   " was ended by ",
                   signal_name(signal),
                   exit.core ? " and left a core" : "",
                   own ? "" : ", and nothing says why");
    loss.fingerprint = cat(word_of(loss.cause), "|signal ", signal);
    // Once is chance; a node where it happens twice is not used again.
    if (!own && !was_told_to_end(exit) && !exit.node.empty()) loss.blamed = {exit.node};
  }
  loss.evidence.push_back(loss.why);
  return loss;
}

/// All complain about a peer. The one that does not may be the peer.
Loss loss_by_echoes(const Reading& reading, const RankIndex& ranks) {
  Loss loss{.cause = Cause::network,
            .why = "ranks lost each other, and nothing says why",
            .fingerprint = "network|echoes",
            .evidence = reading.echo_lines};
  std::size_t silent = 0;
  std::size_t all = 0;
  std::set<std::string> homes;
  for (const RankBlock& block : ranks.blocks()) {
    const auto begin = reading.echoing.lower_bound(block.first);
    const auto end = reading.echoing.lower_bound(block.first + block.count);
    const auto heard = static_cast<std::size_t>(std::distance(begin, end));
    all += block.count;
    if (heard >= block.count) continue;
    silent += block.count - heard;
    homes.insert(block.node);
  }
  if (silent == 0 || 4 * silent > all || homes.size() != 1) return loss;
  loss.blamed = {*homes.begin()};
  loss.why = cat("all ranks but ", silent, " on ", *homes.begin(), " complain about a lost peer");
  loss.fingerprint = cat("network|silent|", *homes.begin());
  return loss;
}

Loss loss_by_ranks(const Evidence& evidence, const Reading& reading, const RankIndex& ranks) {
  const RootExit root = root_exit(evidence, reading);
  if (root.exit != nullptr && !root.echo) return loss_by_exit(*root.exit);
  if (reading.echoes != 0) return loss_by_echoes(reading, ranks);
  if (evidence.srun_exit != 0 && evidence.exits.empty()) {
    RankExit all{.exit_code = evidence.srun_exit};
    Loss loss = loss_by_exit(all);
    loss.blamed.clear();
    loss.why = cat("srun ended with ", evidence.srun_exit, ", and nothing says why");
    loss.evidence = {loss.why};
    loss.cause = Cause::unknown;
    loss.fingerprint = cat("unknown|srun ", evidence.srun_exit);
    return loss;
  }
  return Loss{.why = "the attempt ended, and nothing says why", .fingerprint = "unknown"};
}

Loss loss_by_order(const Evidence& evidence) {
  if (auto loss = loss_by_slurm(evidence)) return *loss;
  if (auto loss = loss_before_srun(evidence)) return *loss;
  const RankIndex ranks(evidence.ranks);
  if (auto loss = loss_by_nodes(evidence, ranks.nodes())) return *loss;
  if (auto loss = loss_by_hang(evidence)) return *loss;
  const Reading reading = read_lines(evidence, ranks);
  if (auto loss = loss_by_launch(evidence, reading)) return *loss;
  if (reading.suspect) return loss_by_suspect(evidence, reading, ranks);
  return loss_by_ranks(evidence, reading, ranks);
}

}  // namespace

Loss classify(const Evidence& evidence) {
  Loss loss = loss_by_order(evidence);
  loss.exit_code = evidence.srun_exit;
  return loss;
}

}  // namespace holdfast::recovery
