// SPDX-License-Identifier: Apache-2.0
#include "recovery/node_signs.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/recovery/srun_messages.hpp"
#include "recovery/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace holdfast::recovery {

namespace {

constexpr std::size_t most_evidence = 8;

/// Xids after which the GPU or its node cannot be trusted, whatever the program did.
constexpr std::array broken_xids{
    9U,   12U,  16U,  38U,  46U,  48U,  54U,  56U,  57U,  58U,  61U,  62U,
    64U,  74U,  79U,  94U,  95U,  110U, 119U, 120U, 121U, 136U, 140U, 143U,
    149U, 157U, 158U, 167U, 168U, 169U, 171U, 172U, 173U, 175U,
};

bool says(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

std::optional<Cause> cause_of_xid(std::string_view text) {
  const auto xid = xid_of(text);
  if (!xid) return says(text, "off the bus") ? std::optional(Cause::hardware) : std::nullopt;
  if (std::ranges::find(broken_xids, *xid) != broken_xids.end()) return Cause::hardware;
  // The driver says what is to be done with the GPU; "0x0" is nothing.
  if (*xid == 154) {
    const std::size_t to = text.rfind(" to ");
    const bool nothing = to != std::string_view::npos && text.substr(to + 4).starts_with("0x0");
    return nothing ? std::nullopt : std::optional(Cause::hardware);
  }
  // NVLink's own: fatal for a link or told of another GPU's link. 145 is seen on every GPU.
  if (*xid >= 144 && *xid <= 150 && *xid != 145 && says(text, " Fatal ")) return Cause::hardware;
  return std::nullopt;
}

/// Blames nobody where most nodes show the same.
std::vector<std::string> blamed_of(const std::set<std::string>& showing, std::size_t nodes) {
  if (showing.size() > 1 && 2 * showing.size() > nodes) return {};
  return {showing.begin(), showing.end()};
}

/// The loss by all signs that mean `cause`.
std::optional<Loss> loss_by_signs(const Evidence& evidence, Cause cause, std::size_t nodes) {
  std::set<std::string> showing;
  const NodeSign* first = nullptr;
  Loss loss{.cause = cause, .self_proving = true};
  for (const NodeSign& sign : evidence.signs) {
    if (cause_of(sign) != cause) continue;
    showing.insert(sign.node);
    if (first == nullptr || sign.at_ms < first->at_ms) first = &sign;
    if (loss.evidence.size() < most_evidence)
      loss.evidence.push_back(cat(sign.node, ": ", shortened(sign.text)));
  }
  if (first == nullptr) return std::nullopt;
  loss.blamed = blamed_of(showing, nodes);
  loss.why = cat(first->node, " shows ", word_of(first->kind), ": ", shortened(first->text, 120));
  loss.fingerprint = cat(word_of(cause), '|', word_of(first->kind), '|', first->node);
  return loss;
}

std::optional<Loss> loss_by_silence(const Evidence& evidence) {
  std::set<std::string> gone;
  Loss loss{.cause = Cause::node_lost, .self_proving = true};
  for (const LostNode& node : evidence.lost_nodes) {
    gone.insert(node.node);
    if (loss.evidence.size() < most_evidence)
      loss.evidence.push_back(
          cat(node.node, ": ", node.how, ", silent for ", node.silent_ms, " ms"));
  }
  for (const Line& line : evidence.lines) {
    const SrunMessage message = parse_srun_message(line.text);
    if (message.kind != SrunMessageKind::node_failed) continue;
    gone.insert(message.nodes.begin(), message.nodes.end());
    if (loss.evidence.size() < most_evidence) loss.evidence.push_back(shortened(line.text));
  }
  if (gone.empty() && evidence.slurm != SlurmVerdict::node_fail) return std::nullopt;
  // A node that is still heard and broken all the same is not to be used again either.
  for (const NodeSign& sign : evidence.signs)
    if (cause_of(sign) == Cause::hardware) gone.insert(sign.node);
  loss.blamed.assign(gone.begin(), gone.end());
  loss.why = gone.empty()
                 ? "Slurm says that a node failed"
                 : cat(join(loss.blamed, ", "), gone.size() == 1 ? " is lost" : " are lost");
  loss.fingerprint = cat("node_lost|", join(loss.blamed, ","));
  return loss;
}

/// Killed for memory: by a node's sign, by how a rank ended, or by slurmstepd's count.
std::optional<Loss> loss_by_memory(const Evidence& evidence) {
  Loss loss{.cause = Cause::out_of_memory, .fingerprint = "out_of_memory|host"};
  for (const RankExit& exit : evidence.exits) {
    if (!exit.out_of_memory) continue;
    if (loss.why.empty())
      loss.why = cat("rank ", exit.rank, " on ", exit.node, " was killed for memory");
    if (loss.evidence.size() < most_evidence)
      loss.evidence.push_back(cat("rank ", exit.rank, " on ", exit.node, ": out of memory"));
  }
  for (const NodeSign& sign : evidence.signs) {
    if (sign.kind != SignKind::oom_kill) continue;
    if (loss.why.empty()) loss.why = cat("a process was killed for memory on ", sign.node);
    if (loss.evidence.size() < most_evidence)
      loss.evidence.push_back(cat(sign.node, ": ", shortened(sign.text)));
  }
  for (const Line& line : evidence.lines) {
    if (parse_srun_message(line.text).kind != SrunMessageKind::oom_events) continue;
    if (loss.why.empty()) loss.why = "Slurm counted kills for memory";
    if (loss.evidence.size() < most_evidence) loss.evidence.push_back(shortened(line.text));
  }
  if (loss.why.empty()) return std::nullopt;
  return loss;
}

}  // namespace

std::optional<unsigned> xid_of(std::string_view text) {
  const std::size_t word = text.find("Xid");
  if (word == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(word + 3);
  if (rest.starts_with(" (")) {
    const std::size_t close = rest.find("): ");
    if (close == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(close + 3);
  }
  while (rest.starts_with(' ') || rest.starts_with(':'))
    rest.remove_prefix(1);
  return parse_number<unsigned>(rest.substr(0, rest.find_first_not_of("0123456789")));
}

std::optional<Cause> cause_of(const NodeSign& sign) {
  switch (sign.kind) {
    case SignKind::xid:
      return cause_of_xid(sign.text);
    case SignKind::sxid:
      if (says(sign.text, "Non-fatal") || !says(sign.text, "Fatal")) return std::nullopt;
      return Cause::hardware;
    case SignKind::ecc:
    case SignKind::mce:
    case SignKind::gpu_lost:
    case SignKind::port_down:
    case SignKind::unfit:
      return Cause::hardware;
    case SignKind::oom_kill:
      return Cause::out_of_memory;
    case SignKind::mount_stuck:
      return Cause::storage;
    case SignKind::slurmd_gone:
      return Cause::node_lost;
    case SignKind::disk_full:  // a program that needed the space says so itself
    case SignKind::port_flap:
    case SignKind::stale_gpu_process:
      break;
  }
  return std::nullopt;
}

std::optional<Loss> loss_by_nodes(const Evidence& evidence, std::size_t nodes) {
  if (auto lost = loss_by_silence(evidence)) return lost;
  if (auto broken = loss_by_signs(evidence, Cause::hardware, nodes)) return broken;
  if (auto memory = loss_by_memory(evidence)) return memory;
  if (auto storage = loss_by_signs(evidence, Cause::storage, nodes)) return storage;
  // The ranks may be well under a dead slurmd, but no new ones can be started there.
  return loss_by_signs(evidence, Cause::node_lost, nodes);
}

}  // namespace holdfast::recovery
