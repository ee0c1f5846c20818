// SPDX-License-Identifier: Apache-2.0
// What each Xid means and what one of them asks for. By the number alone: what the line adds is
// judged in xid_verdict.cpp, what repetition adds in the checks and the node's history. A row
// is `by_program` where a bug in the running program is the usual cause; draining for it would let
// a user empty a cluster.
#include "holdfast/health/kernel_log/xid.hpp"

#include <algorithm>
#include <array>

namespace holdfast::health {

namespace {

constexpr auto note = Severity::note;
constexpr auto watch = Severity::watch;
constexpr auto unfit = Severity::unfit;
constexpr auto fatal = Severity::fatal;

// sorted by code, ranges do not overlap; a test holds both
constexpr std::array<Xid, 113> xids{{
    {1, 4, watch, Action::note, false, "invalid commands in a push buffer"},
    {6, 7, watch, Action::note, false, "invalid commands in a push buffer"},
    {8, 8, watch, Action::note, false, "GPU stopped working on a channel"},
    {9, 9, unfit, Action::reboot, false, "driver error while programming the GPU"},
    {11, 11, watch, Action::tell_user, true, "corrupted commands in a push buffer"},
    {12, 12, unfit, Action::reboot, false, "driver error while handling a GPU exception"},
    {13, 13, note, Action::tell_user, true, "exception in the program's GPU code"},
    {16, 16, unfit, Action::reboot, false, "display engine hangs"},
    {18, 18, unfit, Action::reboot, false, "bus mastering is disabled for the GPU"},
    {19, 19, unfit, Action::reboot, false, "display engine error"},
    {20, 22, watch, Action::note, false, "invalid commands for a video engine"},
    {24, 24, watch, Action::note, false, "a GPU semaphore timed out"},
    {25, 25, watch, Action::tell_user, true, "invalid commands in a push buffer"},
    {26, 26, unfit, Action::reboot, false, "frame buffer timed out"},
    {27, 29, unfit, Action::drain, false, "video processor exception"},
    {30, 30, unfit, Action::drain, false, "GPU semaphore access error"},
    {31, 31, note, Action::tell_user, true, "page fault by the program's GPU code"},
    {32, 32, watch, Action::note, false, "corrupted commands reached the GPU"},
    {33, 36, unfit, Action::reboot, false, "internal micro-controller or video error"},
    {37, 37, watch, Action::note, false, "driver firmware got an unknown command"},
    {38, 38, unfit, Action::reboot, false, "driver firmware stopped answering"},
    {39, 41, watch, Action::note, false, "copy engine exception"},
    {42, 42, unfit, Action::reboot, false, "video processor exception"},
    {43, 43, note, Action::tell_user, true, "the program's channel was reset"},
    {44, 44, unfit, Action::reboot, false, "fault while switching contexts"},
    {45, 45, note, Action::none, true, "channels of an ended program cleaned up"},
    {46, 46, fatal, Action::reset_gpu, false, "GPU stopped processing"},
    {47, 47, unfit, Action::reboot, false, "video processor exception"},
    {48, 48, fatal, Action::reset_gpu, false, "uncorrectable error in GPU memory"},
    {54, 54, unfit, Action::inspect, false, "auxiliary power is not connected"},
    {56, 56, unfit, Action::inspect, false, "display engine error"},
    {57, 57, unfit, Action::inspect, false, "GPU memory link training failed"},
    {58, 58, unfit, Action::inspect, false, "GPU memory interface is unstable"},
    {59, 59, unfit, Action::reboot, false, "internal micro-controller error"},
    {60, 60, watch, Action::note, false, "video processor exception"},
    {61, 61, unfit, Action::reboot, false, "internal micro-controller stopped"},
    {62, 62, fatal, Action::reset_gpu, false, "internal micro-controller halted"},
    {63, 63, watch, Action::reset_gpu, false, "a bad memory row was set aside; a reset applies it"},
    {64, 64, fatal, Action::rma, false, "a bad memory row could not be set aside"},
    {65, 65, unfit, Action::reboot, false, "video processor exception"},
    {66, 67, watch, Action::note, false, "driver accessed a forbidden register"},
    {68, 68, watch, Action::note, false, "video decoder exception"},
    {69, 69, watch, Action::tell_user, true, "graphics engine class error"},
    {70, 72, watch, Action::note, false, "copy engine exception"},
    {73, 73, watch, Action::note, false, "video encoder exception"},
    {74, 74, fatal, Action::reset_gpu, false, "NVLink error"},
    {75, 77, watch, Action::note, false, "copy engine exception"},
    {78, 78, watch, Action::note, false, "virtual GPU did not start"},
    {79, 79, fatal, Action::reboot, false, "GPU has fallen off the bus"},
    {80, 80, unfit, Action::inspect, false, "commands arrived at the GPU corrupted"},
    {81, 81, unfit, Action::inspect, false, "VGA subsystem error"},
    {82, 82, watch, Action::note, false, "JPEG engine exception"},
    {83, 84, watch, Action::note, false, "video decoder exception"},
    {85, 85, watch, Action::note, false, "copy engine exception"},
    {86, 86, watch, Action::note, false, "optical flow engine exception"},
    {88, 89, watch, Action::note, false, "video decoder exception"},
    {92, 92, watch, Action::note, false, "many corrected errors in GPU memory"},
    {93, 93, watch, Action::note, false, "InfoROM is worn out"},
    {94, 94, unfit, Action::reset_gpu, false, "memory error, contained to one program"},
    {95, 95, fatal, Action::reset_gpu, false, "memory error, not contained"},
    {96, 98, watch, Action::note, false, "video decoder exception"},
    {99, 105, watch, Action::note, false, "JPEG engine exception"},
    {106, 107, note, Action::none, false, "test message"},
    {109, 109, watch, Action::note, false, "switching contexts timed out"},
    {110, 110, fatal, Action::reset_gpu, false, "security fault"},
    {111, 118, watch, Action::note, false, "display engine error"},
    {119, 119, fatal, Action::reset_gpu, false, "GPU system processor does not answer"},
    {120, 120, fatal, Action::reset_gpu, false, "GPU system processor failed"},
    {121, 121, unfit, Action::inspect, false, "chip-to-chip link error"},
    {122, 122, watch, Action::note, false, "flash could not be read"},
    {123, 123, unfit, Action::inspect, false, "flash could not be written"},
    {124, 124, watch, Action::note, false, "flash could not be erased"},
    {125, 125, watch, Action::note, false, "InfoROM file system error"},
    {126, 135, watch, Action::note, false, "copy engine exception"},
    {136, 136, unfit, Action::reset_gpu, false, "NVLink training failed"},
    {137, 137, watch, Action::tell_user, true, "fault in the memory of a peer over NVLink"},
    {139, 139, watch, Action::note, false, "optical flow engine exception"},
    {140, 140, fatal, Action::reset_gpu, false, "uncorrectable memory error escaped"},
    {141, 141, watch, Action::tell_user, true, "error in CUDA's fast path"},
    {142, 142, watch, Action::note, false, "video encoder exception"},
    {143, 143, fatal, Action::reboot, false, "GPU did not initialize"},
    {144, 144, unfit, Action::reset_gpu, false, "NVLink error (SAW)"},
    {145, 145, unfit, Action::reset_gpu, false, "NVLink error (RLW)"},
    {146, 146, unfit, Action::reset_gpu, false, "NVLink error (TLW)"},
    {147, 147, unfit, Action::reset_gpu, false, "NVLink error (TREX)"},
    {148, 148, unfit, Action::reset_gpu, false, "NVLink error (NVLPW_CTRL)"},
    {149, 149, unfit, Action::reset_gpu, false, "NVLink error (NETIR)"},
    {150, 150, unfit, Action::reset_gpu, false, "NVLink error (MSE)"},
    {151, 151, unfit, Action::reboot, false, "key rotation failed"},
    {152, 153, note, Action::none, false, "deep learning accelerator error"},
    {154, 154, watch, Action::note, false, "driver changed the recovery action"},
    {155, 155, unfit, Action::reset_gpu, false, "NVLink error reported by software"},
    {156, 156, watch, Action::reset_gpu, false, "a bad part was set aside; a reset applies it"},
    {157, 157, unfit, Action::rma, false, "a bad part could not be set aside"},
    {158, 158, fatal, Action::reset_gpu, false, "GPU timed out for good"},
    {159, 159, watch, Action::note, false, "chip-to-chip error that follows from another"},
    {160, 160, watch, Action::note, false, "a memory channel was set aside"},
    {161, 161, watch, Action::inspect, false, "a memory channel could not be set aside"},
    {162, 162, watch, Action::note, false, "power smoothing is on again"},
    {163, 163, watch, Action::inspect, false, "power smoothing is off"},
    {164, 164, watch, Action::note, false, "power smoothing is near its end of life"},
    {165, 165, watch, Action::inspect, false, "power smoothing has reached its end of life"},
    {166, 166, unfit, Action::reset_gpu, false, "unsafe traffic on a protected link"},
    {167, 167, fatal, Action::reboot, false, "PCIe timed out for good"},
    {168, 168, unfit, Action::rma, false, "GPU memory is smaller than it was"},
    {169, 169, fatal, Action::reset_gpu, false, "security processor halted"},
    {170, 170, watch, Action::note, false, "interrupt of confidential computing"},
    {171, 171, watch, Action::reset_gpu, false, "detail of 48: the error is in DRAM"},
    {172, 172, unfit, Action::reset_gpu, false, "detail of 48: the error is in SRAM"},
    {173, 173, fatal, Action::reboot, false, "chip-to-chip link failed"},
    {174, 174, note, Action::none, false, "a channel was ended"},
    {175, 175, unfit, Action::reset_gpu, false, "memory subsystem error"},
    {176, 176, watch, Action::note, false, "PCIe fault that could be corrected"},
}};

}  // namespace

const Xid* find_xid(unsigned code) {
  const auto row = std::ranges::lower_bound(xids, code, {}, &Xid::last);
  return row != xids.end() && row->first <= code ? &*row : nullptr;
}

std::span<const Xid> all_xids() { return xids; }

}  // namespace holdfast::health
