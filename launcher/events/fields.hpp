// SPDX-License-Identifier: Apache-2.0
// The fields of every kind of event, named once: the writer and the reader of lines both walk this
// list, so they cannot disagree. `on(name, field)` is data, `on.words(name, field)` is for people
// and may be cut.
#pragma once

#include "holdfast/events/record.hpp"

#include <concepts>
#include <type_traits>

namespace holdfast::events {

/// Const or not: the writer walks const events, the reader fills others.
template <class Event, class Kind>
concept is = std::same_as<std::remove_const_t<Event>, Kind>;

void walk(auto& on, is<RunStarted> auto& event) {
  on("job", event.job);
  on("restart", event.restart);
  on("nodes", event.nodes);
  on("wanted", event.wanted);
  on("spares", event.spares);
  on("command", event.command);
  on("policy", event.policy);
  on("version", event.version);
}

void walk(auto& on, is<TookOver> auto& event) {
  on("from_host", event.from_host);
  on("silent_ms", event.silent_ms);
}

void walk(auto& on, is<NodeJoined> auto& event) {
  on("node", event.node);
  on("address", event.address);
}

void walk(auto& on, is<NodeLost> auto& event) {
  on("node", event.node);
  on.words("how", event.how);
  on("silent_ms", event.silent_ms);
}

void walk(auto& on, is<NodeBack> auto& event) { on("node", event.node); }

void walk(auto& on, is<NodeUnfit> auto& event) {
  on("node", event.node);
  on.words("why", event.why);
}

void walk(auto& on, is<AttemptStarted> auto& event) {
  on("attempt", event.attempt);
  on("nodes", event.nodes);
  on("ranks", event.ranks);
  on("resume", event.resume);
  on.words("why", event.why);
}

void walk(auto& on, is<RanksRunning> auto& event) {
  on("attempt", event.attempt);
  on("after_ms", event.after_ms);
}

void walk(auto& on, is<RankFailed> auto& event) {
  on("attempt", event.attempt);
  on("rank", event.rank);
  on("node", event.node);
  on("exit", event.exit);
  on("signal", event.signal);
  on("core", event.core);
  on("oom", event.oom);
  on.words("text", event.text);
}

void walk(auto& on, is<CheckpointSeen> auto& event) {
  on("attempt", event.attempt);
  on("path", event.path);
  on("step", event.step);
  on("committed_ms", event.committed_ms);
}

void walk(auto& on, is<AttemptEnded> auto& event) {
  on("attempt", event.attempt);
  on("exit", event.exit);
  on("signal", event.signal);
  on("ran_ms", event.ran_ms);
}

void walk(auto& on, is<LossJudged> auto& event) {
  on("attempt", event.attempt);
  on("cause", event.cause);
  on("blamed", event.blamed);
  on.words("why", event.why);
  on("fingerprint", event.fingerprint);
  on("detected_ms", event.detected_ms);
  on("self_proving", event.self_proving);
  on("exit", event.exit);
  on.words("evidence", event.evidence);
}

void walk(auto& on, is<TeardownDone> auto& event) {
  on("attempt", event.attempt);
  on("took_ms", event.took_ms);
  on("nodes", event.nodes);
  on("unreachable", event.unreachable);
}

void walk(auto& on, is<Decided> auto& event) {
  on("attempt", event.attempt);
  on("decision", event.decision);
  on("nodes", event.nodes);
  on("exclude", event.exclude);
  on("resume", event.resume);
  on("wait_ms", event.wait_ms);
  on.words("why", event.why);
}

void walk(auto& on, is<Condemned> auto& event) {
  on("path", event.path);
  on.words("why", event.why);
}

void walk(auto& on, is<SaveAsked> auto& event) {
  on("signal", event.signal);
  on.words("why", event.why);
  on("lead_ms", event.lead_ms);
}

void walk(auto& on, is<SaveSeen> auto& event) {
  on("path", event.path);
  on("step", event.step);
  on("took_ms", event.took_ms);
}

void walk(auto& on, is<Control> auto& event) {
  on("user", event.user);
  on("word", event.word);
  on("args", event.args);
}

void walk(auto& on, is<Requeued> auto& event) {
  on.words("how", event.how);
  on("exclude", event.exclude);
  on.words("why", event.why);
}

void walk(auto& on, is<Note> auto& event) { on.words("text", event.text); }

void walk(auto& on, is<RunEnded> auto& event) {
  on("exit", event.exit);
  on("verdict", event.verdict);
  on.words("why", event.why);
}

/// All its fields are of a newer release.
void walk(auto&, is<Unknown> auto&) {}

}  // namespace holdfast::events
