// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/events/run_state.hpp"
#include "holdfast/recovery/decide.hpp"

namespace holdfast::events {

/// The attempts whose loss was judged, as recovery::decide() wants them. A cause this release does
/// not know is Cause::unknown.
[[nodiscard]] recovery::History history_of(const RunState& state);

/// One loss, there and back.
[[nodiscard]] LossJudged loss_record(unsigned attempt,
                                     const recovery::Loss& loss,
                                     std::optional<std::uint64_t> detected_ms);
[[nodiscard]] recovery::Loss loss_of(const LossJudged& record);

/// The words of a decision; what it condemns is written as records of its own.
[[nodiscard]] Decided decided_record(unsigned attempt, const recovery::Decision& decision);

[[nodiscard]] recovery::Resume resume_of(const ResumePoint& point);
[[nodiscard]] ResumePoint resume_point(const recovery::Resume& resume);

}  // namespace holdfast::events
