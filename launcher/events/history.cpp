// SPDX-License-Identifier: Apache-2.0
#include "holdfast/events/history.hpp"

#include <algorithm>

namespace holdfast::events {

recovery::Resume resume_of(const ResumePoint& point) {
  return {point.path, point.step, point.format};
}

ResumePoint resume_point(const recovery::Resume& resume) {
  return {resume.path, resume.step, resume.format};
}

LossJudged loss_record(unsigned attempt,
                       const recovery::Loss& loss,
                       std::optional<std::uint64_t> detected_ms) {
  return {.attempt = attempt,
          .cause = std::string(word_of(loss.cause)),
          .blamed = loss.blamed,
          .why = loss.why,
          .fingerprint = loss.fingerprint,
          .detected_ms = detected_ms,
          .self_proving = loss.self_proving,
          .exit = loss.exit_code,
          .evidence = loss.evidence};
}

recovery::Loss loss_of(const LossJudged& record) {
  return {.cause = recovery::parse_cause(record.cause).value_or(recovery::Cause::unknown),
          .blamed = record.blamed,
          .why = record.why,
          .fingerprint = record.fingerprint,
          .self_proving = record.self_proving,
          .evidence = record.evidence,
          .exit_code = record.exit};
}

Decided decided_record(unsigned attempt, const recovery::Decision& decision) {
  Decided record{.attempt = attempt,
                 .decision = std::string(word_of(decision.kind)),
                 .nodes = decision.nodes,
                 .exclude = decision.exclude,
                 .resume = {},
                 .wait_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(decision.wait_ms, 0)),
                 .why = decision.why};
  if (decision.resume) record.resume = resume_point(*decision.resume);
  return record;
}

recovery::History history_of(const RunState& state) {
  recovery::History history;
  history.requeues = state.starts.empty() ? 0 : static_cast<unsigned>(state.starts.size() - 1);
  for (const AttemptState& attempt : state.attempts) {
    if (!attempt.loss) continue;
    recovery::Attempt& out = history.attempts.emplace_back();
    out.number = attempt.number;
    out.started_ms = attempt.started_ms;
    out.running_ms = attempt.running_ms.value_or(0);
    out.ended_ms = attempt.ended_ms.value_or(attempt.started_ms);
    if (attempt.resume) out.resume = resume_of(*attempt.resume);
    out.newest_step = attempt.newest_step;
    out.loss = loss_of(*attempt.loss);
    out.nodes = attempt.nodes;
  }
  return history;
}

}  // namespace holdfast::events
