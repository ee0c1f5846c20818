// SPDX-License-Identifier: Apache-2.0
// What a record of the kernel's log weighs in its context: how often it came, of which device, how
// long ago. The tables of kernel_log/ know what it means alone.
#pragma once

#include "report.hpp"

#include <cstdint>
#include <string>

namespace holdfast::health {

/// Whether a record is young enough to count, and no part of a boot.
[[nodiscard]] bool counts(const Report& report, const KernelEvent& event);

/// What was told of one device with one meaning.
struct Group {
  const KernelEvent* worst{};  ///< the last of the worst
  std::uint64_t times{};
  std::int64_t since{};  ///< when the first that was not taken back was told; 0: unknown
  bool over{};
};
/// What repetition or its place makes of an event. Gives the limit it is told with, if any.
using Weigh = std::string (*)(const Report& report, const Group& group, KernelEvent& event);

[[nodiscard]] std::string as_it_is(const Report& report, const Group& group, KernelEvent& event);
/// Harmless once, a sign of wear when it is told all the time.
[[nodiscard]] std::string corrected_storms(const Report& report,
                                           const Group& group,
                                           KernelEvent& event);
/// Of a device no job uses a PCIe error is watched only.
[[nodiscard]] std::string pcie_errors(const Report& report, const Group& group, KernelEvent& event);
/// A CPU that is stuck once may have had much to do.
[[nodiscard]] std::string lockups(const Report& report, const Group& group, KernelEvent& event);
/// A server that fails over is away for some seconds.
[[nodiscard]] std::string open_servers(const Report& report,
                                       const Group& group,
                                       KernelEvent& event);
/// A program may be behind a Xid that one GPU tells once, or another GPU.
[[nodiscard]] std::string repeated_xids(const Report& report,
                                        const Group& group,
                                        KernelEvent& event);
[[nodiscard]] std::string flaps(const Report& report, const Group& group, KernelEvent& event);

}  // namespace holdfast::health
