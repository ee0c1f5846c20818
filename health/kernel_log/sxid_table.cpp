// SPDX-License-Identifier: Apache-2.0
// What an NVSwitch's errors mean, by number. An error of one port ends the jobs that use it; an
// error of the fabric ends every job on the node.
#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/sxid.hpp"

#include <algorithm>
#include <array>

namespace holdfast::health {

namespace {

constexpr auto note = Severity::note;
constexpr auto watch = Severity::watch;
constexpr auto fatal = Severity::fatal;

constexpr std::string_view corrected = "NVSwitch corrected a memory error";
constexpr std::string_view port = "an NVSwitch port failed";
constexpr std::string_view whole_fabric = "the NVSwitch fabric failed";

// sorted by code, ranges do not overlap; a test holds both
constexpr std::array<Sxid, 55> sxids{{
    {10001, 10002, watch, Action::inspect, "NVSwitch register access failed"},
    {10003, 10003, fatal, Action::reboot, whole_fabric},
    {10004, 10004, watch, Action::inspect, "NVSwitch is too hot"},
    {10005, 10005, note, Action::none, "NVSwitch has cooled down"},
    {11001, 11001, fatal, Action::reset_gpu, port},
    {11004, 11004, fatal, Action::reset_gpu, "NVSwitch refused a GPU's traffic"},
    {11009, 11009, fatal, Action::reset_gpu, port},
    {11012, 11012, note, Action::none, corrected},
    {11013, 11013, fatal, Action::reset_gpu, port},
    {11018, 11020, fatal, Action::reset_gpu, port},
    {11021, 11023, note, Action::none, corrected},
    {12001, 12002, fatal, Action::reset_gpu, port},
    {12020, 12020, fatal, Action::reboot, whole_fabric},
    {12021, 12021, note, Action::none, corrected},
    {12022, 12022, fatal, Action::reset_gpu, port},
    {12023, 12023, note, Action::none, corrected},
    {12024, 12027, fatal, Action::reset_gpu, port},
    {12028, 12028, fatal, Action::reset_gpu, "NVSwitch refused a GPU's traffic"},
    {12030, 12030, watch, Action::note, "an NVSwitch port reported an error"},
    {12031, 12032, fatal, Action::reset_gpu, port},
    {14017, 14017, fatal, Action::reset_gpu, port},
    {15001, 15001, fatal, Action::reset_gpu, port},
    {15006, 15006, fatal, Action::reset_gpu, port},
    {15008, 15008, note, Action::none, corrected},
    {15009, 15010, fatal, Action::reset_gpu, port},
    {15011, 15011, note, Action::none, corrected},
    {15012, 15013, fatal, Action::reset_gpu, port},
    {19047, 19048, fatal, Action::reset_gpu, port},
    {19049, 19049, note, Action::none, corrected},
    {19054, 19054, fatal, Action::reset_gpu, port},
    {19055, 19055, note, Action::none, corrected},
    {19056, 19056, fatal, Action::reset_gpu, port},
    {19057, 19057, note, Action::none, corrected},
    {19058, 19058, fatal, Action::reset_gpu, port},
    {19059, 19059, note, Action::none, corrected},
    {19060, 19061, fatal, Action::reset_gpu, port},
    {19062, 19062, note, Action::none, corrected},
    {19063, 19064, fatal, Action::reset_gpu, port},
    {19065, 19065, note, Action::none, corrected},
    {19066, 19067, fatal, Action::reset_gpu, port},
    {19068, 19068, note, Action::none, corrected},
    {19069, 19070, fatal, Action::reset_gpu, port},
    {19071, 19071, note, Action::none, corrected},
    {19084, 19084, fatal, Action::reset_gpu, "a GPU stopped answering the NVSwitch"},
    {20001, 20001, watch, Action::note, "NVLink had to send again"},
    {20009, 20009, watch, Action::note, "NVLink receives with errors"},
    {20012, 20012, watch, Action::inspect, "NVLink connection is broken or loose"},
    {20034, 20034, fatal, Action::reset_gpu, "an NVLink went down"},
    {22003, 22003, fatal, Action::reboot, whole_fabric},
    {22011, 22011, fatal, Action::reboot, whole_fabric},
    {22012, 22012, watch, Action::inspect, "an NVLink is not available"},
    {22013, 22013, note, Action::none, "NVLink management request, harmless"},
    {23001, 23017, fatal, Action::reboot, whole_fabric},
    {24001, 24003, note, Action::none, corrected},
    {24004, 24007, fatal, Action::reset_gpu, port},
}};

}  // namespace

const Sxid* find_sxid(unsigned code) {
  const auto row = std::ranges::lower_bound(sxids, code, {}, &Sxid::last);
  return row != sxids.end() && row->first <= code ? &*row : nullptr;
}

std::span<const Sxid> all_sxids() { return sxids; }

SxidVerdict judge_sxid(const SxidLine& line) {
  const std::string where = line.link ? cat(", link ", *line.link) : std::string();
  if (const Sxid* row = find_sxid(line.code)) {
    // potentially fatal: the driver knows whether it was
    if (row->severity == Severity::watch && line.fatal.value_or(false))
      return {Severity::fatal, std::max(row->action, Action::reset_gpu), cat(row->meaning, where)};
    return {row->severity, row->action, cat(row->meaning, where)};
  }
  const std::string unknown = cat("SXid ", line.code, where, ", not in this table");
  if (line.fatal.value_or(false)) return {Severity::fatal, Action::reset_gpu, unknown};
  return {Severity::watch, Action::note, unknown};
}

}  // namespace holdfast::health
