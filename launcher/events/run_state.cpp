// SPDX-License-Identifier: Apache-2.0
// One function for each kind of event. Records may be missing (a full disk) and texts may be
// hostile, so nothing is taken for granted: an attempt that was never started is one of which only
// the end is known. No step costs more than the record is long.
#include "holdfast/events/run_state.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::events {

namespace {

std::uint64_t since(std::int64_t begin, std::int64_t end) {
  return end > begin ? static_cast<std::uint64_t>(end - begin) : 0;
}

class Step {
 public:
  Step(RunState& state, const Record& record)
      : state_(state), host_(record.host), at_(record.at_ms) {}

  void operator()(const RunStarted& event) {
    if (!state_.starts.empty())
      for (const std::string& node : state_.starts.back().nodes)
        state_.nodes[node].in_allocation = false;
    leave_attempt();
    for (const std::string& name : event.nodes) {
      NodeState& node = state_.nodes[name];
      node.in_allocation = true;
      node.unfit = false;
      stand(node, NodeStanding::expected);
    }
    state_.job = event.job;
    state_.command = event.command;
    state_.policy = event.policy;
    state_.version = event.version;
    state_.starts.push_back({.restart = event.restart,
                             .at_ms = at_,
                             .last_ms = at_,
                             .nodes = event.nodes,
                             .wanted = event.wanted,
                             .spares = event.spares,
                             .requeued = {},
                             .requeued_ms = {}});
    state_.ended.reset();
    state_.ended_ms.reset();
    state_.requeued.reset();
    state_.save_asked.reset();
  }

  void operator()(const TookOver& event) {
    state_.take_overs.push_back({state_.epoch, event.from_host, host_, event.silent_ms, at_});
  }

  void operator()(const NodeJoined& event) {
    NodeState& node = state_.nodes[event.node];
    node.address = event.address;
    stand(node, NodeStanding::living);
  }

  void operator()(const NodeLost& event) {
    NodeState& node = state_.nodes[event.node];
    stand(node, NodeStanding::lost);
    ++node.losses;
    node.why = event.how;
    if (state_.attempts.empty() || !node.in_attempt) return;
    AttemptState& attempt = state_.attempts.back();
    if (attempt.phase <= AttemptPhase::running && !attempt.detected_ms)
      attempt.detected_ms = event.silent_ms;
  }

  void operator()(const NodeBack& event) { stand(state_.nodes[event.node], NodeStanding::living); }

  void operator()(const NodeUnfit& event) {
    NodeState& node = state_.nodes[event.node];
    node.unfit = true;
    node.why = event.why;
  }

  void operator()(const AttemptStarted& event) {
    leave_attempt();
    AttemptState* attempt = attempt_of(event.attempt);
    if (attempt == nullptr) return;
    attempt->nodes = event.nodes;
    attempt->ranks = event.ranks;
    attempt->resume = event.resume;
    attempt->why = event.why;
    for (const std::string& node : event.nodes)
      state_.nodes[node].in_attempt = true;
    state_.save_asked.reset();
  }

  void operator()(const RanksRunning& event) {
    AttemptState* attempt = attempt_of(event.attempt);
    if (attempt == nullptr) return;
    attempt->launch_ms = event.after_ms;
    if (!attempt->running_ms) attempt->running_ms = at_;
    reach(*attempt, AttemptPhase::running);
  }

  void operator()(const RankFailed& event) {
    AttemptState* attempt = attempt_of(event.attempt);
    if (attempt == nullptr) return;
    ++attempt->failures;
    if (attempt->first_failure) return;
    attempt->first_failure = event;
    attempt->first_failure_ms = at_;
  }

  void operator()(const CheckpointSeen& event) {
    // Told again when an attempt is looked back on: what counts is when it was seen first.
    const bool again = event.step && !state_.checkpoints.empty() &&
                       state_.checkpoints.back().path == event.path &&
                       state_.checkpoints.back().step == event.step;
    if (again) return;
    if (AttemptState* attempt = attempt_of(event.attempt); attempt != nullptr) {
      ++attempt->checkpoints;
      if (event.step && (!attempt->newest_step || *attempt->newest_step < *event.step))
        attempt->newest_step = event.step;
    }
    auto& all = state_.checkpoints;
    // Half at a time, so that a step stays cheap.
    if (all.size() == max_checkpoints) all.erase(all.begin(), all.begin() + max_checkpoints / 2);
    const auto written = event.committed_ms ? static_cast<std::int64_t>(*event.committed_ms) : at_;
    all.push_back({event.path, event.step, event.attempt, std::min(written, at_)});
  }

  void operator()(const AttemptEnded& event) {
    AttemptState* attempt = attempt_of(event.attempt);
    if (attempt == nullptr) return;
    attempt->exit = event.exit;
    attempt->signal = event.signal;
    attempt->ran_ms = event.ran_ms;
    end(*attempt);
  }

  void operator()(const LossJudged& event) {
    AttemptState* attempt = attempt_of(event.attempt);
    if (attempt == nullptr) return;
    if (event.detected_ms)
      attempt->detected_ms = event.detected_ms;
    else if (!attempt->detected_ms && attempt->first_failure_ms)
      attempt->detected_ms = since(*attempt->first_failure_ms, at_);
    for (const std::string& name : event.blamed) {
      NodeState& node = state_.nodes[name];
      if (node.blamed.empty() || node.blamed.back() != event.attempt)
        node.blamed.push_back(event.attempt);
      node.why = event.why;
    }
    attempt->loss = event;
    end(*attempt);
  }

  void operator()(const TeardownDone& event) {
    AttemptState* attempt = attempt_of(event.attempt);
    if (attempt == nullptr) return;
    attempt->teardown = event;
    attempt->teardown_ms = event.took_ms;
    end(*attempt);
    reach(*attempt, AttemptPhase::torn_down);
  }

  void operator()(const Decided& event) {
    AttemptState* attempt = attempt_of(event.attempt);
    if (attempt == nullptr) return;
    attempt->decided = event;
    end(*attempt);
    reach(*attempt, AttemptPhase::decided);
  }

  void operator()(const Condemned& event) { state_.condemned.insert(event.path); }
  void operator()(const SaveAsked& event) { state_.save_asked = event; }
  void operator()(const SaveSeen&) { state_.save_asked.reset(); }
  void operator()(const Control& event) { state_.controls.push_back({event, at_}); }

  void operator()(const Requeued& event) {
    state_.requeued = event;
    if (state_.starts.empty()) return;
    state_.starts.back().requeued = event;
    state_.starts.back().requeued_ms = at_;
  }

  void operator()(const RunEnded& event) {
    state_.ended = event;
    state_.ended_ms = at_;
  }

  void operator()(const Note&) {}
  void operator()(const Unknown&) {}

 private:
  void stand(NodeState& node, NodeStanding standing) const {
    if (node.standing != standing || node.since_ms == 0) node.since_ms = at_;
    node.standing = standing;
  }

  /// The attempt of that number, new if it is higher than all; nothing if it is an old one that
  /// was never heard of. The log tells of the newest one as a rule.
  AttemptState* attempt_of(unsigned number) {
    auto& all = state_.attempts;
    if (all.empty() || all.back().number < number) {
      AttemptState& attempt = all.emplace_back();
      attempt.number = number;
      attempt.restart = state_.starts.empty() ? 0 : state_.starts.back().restart;
      attempt.started_ms = at_;
      return &attempt;
    }
    const auto found = std::ranges::lower_bound(all, number, {}, &AttemptState::number);
    return found->number == number ? &*found : nullptr;
  }

  static void reach(AttemptState& attempt, AttemptPhase phase) {
    attempt.phase = std::max(attempt.phase, phase);
  }

  void end(AttemptState& attempt) const {
    if (!attempt.ended_ms) attempt.ended_ms = at_;
    reach(attempt, AttemptPhase::ended);
  }

  void leave_attempt() {
    if (state_.attempts.empty()) return;
    for (const std::string& node : state_.attempts.back().nodes)
      state_.nodes[node].in_attempt = false;
  }

  RunState& state_;
  const std::string& host_;
  std::int64_t at_;
};

}  // namespace

const AttemptState* RunState::newest_attempt() const {
  return attempts.empty() ? nullptr : &attempts.back();
}

const AttemptState* RunState::newest_loss() const {
  const auto found = std::find_if(attempts.rbegin(), attempts.rend(), [](const auto& attempt) {
    return attempt.loss.has_value();
  });
  return found == attempts.rend() ? nullptr : &*found;
}

const SeenCheckpoint* RunState::newest_checkpoint() const {
  const auto found = std::find_if(
      checkpoints.rbegin(), checkpoints.rend(), [this](const SeenCheckpoint& checkpoint) {
        return !condemned.contains(checkpoint.path);
      });
  return found == checkpoints.rend() ? nullptr : &*found;
}

const ControlSaid* RunState::restarts_paused() const {
  const auto last = std::find_if(controls.rbegin(), controls.rend(), [](const ControlSaid& said) {
    return said.what.word == "pause-restarts" || said.what.word == "resume-restarts";
  });
  if (last == controls.rend() || last->what.word != "pause-restarts") return nullptr;
  const bool of_before = (!starts.empty() && last->at_ms < starts.back().at_ms) ||
                         (!take_overs.empty() && last->at_ms < take_overs.back().at_ms);
  return of_before ? nullptr : &*last;
}

std::vector<std::string> RunState::spares() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes)
    if (node.in_allocation && !node.in_attempt && !node.unfit &&
        node.standing == NodeStanding::living)
      names.push_back(name);
  return names;
}

std::vector<std::string> RunState::lost_nodes() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes)
    if (node.in_allocation && node.standing == NodeStanding::lost) names.push_back(name);
  return names;
}

std::string phase_of(const RunState& state) {
  if (state.ended) return state.ended->verdict.empty() ? "ended" : state.ended->verdict;
  if (state.requeued) return "requeued";
  const AttemptState* attempt = state.newest_attempt();
  const bool of_this_start = attempt != nullptr && !state.starts.empty() &&
                             attempt->restart == state.starts.back().restart;
  if (attempt == nullptr || (!state.starts.empty() && !of_this_start)) return "starting";
  switch (attempt->phase) {
    case AttemptPhase::starting:
      return "launching";
    case AttemptPhase::running:
      return "running";
    case AttemptPhase::ended:
    case AttemptPhase::torn_down:
    case AttemptPhase::decided:
      break;
  }
  return attempt->ended_well() ? "ending" : "recovering";
}

void apply(RunState& state, const Record& record) {
  if (record.epoch < state.epoch) return;
  state.epoch = record.epoch;
  state.supervisor = record.host;
  state.seq = std::max(state.seq, record.seq);
  if (state.first_ms == 0) state.first_ms = record.at_ms;
  state.last_ms = std::max(state.last_ms, record.at_ms);
  std::visit(Step(state, record), record.body);
  if (!state.starts.empty())
    state.starts.back().last_ms = std::max(state.starts.back().last_ms, record.at_ms);
}

RunState replay(std::span<const Record> records) {
  RunState state;
  for (const Record& record : records)
    apply(state, record);
  return state;
}

}  // namespace holdfast::events
