// SPDX-License-Identifier: Apache-2.0
// What the line adds to the number: the driver's own word on NVLink errors (144–150) and on what it
// wants done (154), which comes before any table of ours.
#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/xid.hpp"

#include <array>

namespace holdfast::health {

namespace {

struct RecoveryAction {
  Severity severity;
  Action action;
  std::string_view meaning;
};

constexpr std::array<RecoveryAction, 6> recovery_actions{{
    {Severity::pass, Action::none, "the driver asks for nothing"},
    {Severity::fatal, Action::reset_gpu, "the driver asks for a reset of the GPU"},
    {Severity::fatal, Action::reboot, "the driver asks for a reboot of the node"},
    {Severity::unfit, Action::drain, "the driver asks for an end of peer-to-peer traffic"},
    {Severity::fatal, Action::reset_gpu, "the driver asks for a drain and a reset of the GPU"},
    {Severity::unfit, Action::restart_service, "the driver asks for a recovery of the IMEX domain"},
}};

/// "NVLink error (RLW), sub-code 3, link 8"
std::string nvlink_meaning(std::string_view meaning, const NvlinkXid& nvlink) {
  std::string out = cat(meaning, ", sub-code ", nvlink.sub_code);
  if (nvlink.link) out += cat(", link ", *nvlink.link);
  out += nvlink.fatal ? ", fatal" : ", not fatal";
  return out;
}

}  // namespace

XidVerdict judge_recovery_action(std::uint64_t number) {
  if (number >= recovery_actions.size())
    return {
        Severity::unfit,
        Action::drain,
        false,
        cat("the driver asks for recovery action ", number, ", which is newer than this table")};
  const RecoveryAction& row = recovery_actions[number];
  return {row.severity, row.action, false, std::string(row.meaning)};
}

XidVerdict judge_xid(const XidLine& line) {
  if (line.code == 154 && line.action) {
    XidVerdict verdict = judge_recovery_action(*line.action);
    if (verdict.severity == Severity::pass) verdict.severity = Severity::note;  // it is an event
    return verdict;
  }
  const Xid* row = find_xid(line.code);
  if (row == nullptr)
    return {Severity::watch, Action::note, false, cat("Xid ", line.code, ", not in this table")};
  XidVerdict verdict{row->severity, row->action, row->by_program, std::string(row->meaning)};
  if (line.nvlink) {
    verdict.meaning = nvlink_meaning(row->meaning, *line.nvlink);
    if (line.nvlink->fatal) {
      verdict.severity = Severity::fatal;
    } else {
      verdict.severity = Severity::watch;
      verdict.action = Action::note;
    }
  }
  if (line.gpu_instance) verdict.meaning += cat(", MIG instance ", *line.gpu_instance);
  if (line.caused_by) verdict.meaning += cat(", follows from Xid ", *line.caused_by);
  return verdict;
}

}  // namespace holdfast::health
