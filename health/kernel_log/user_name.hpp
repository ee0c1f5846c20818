// SPDX-License-Identifier: Apache-2.0
// Any user may call a process as he likes, in 15 bytes, and a file in 255. The kernel tells both,
// unfiltered, in records that are its own.
#pragma once

#include "holdfast/health/kernel_event.hpp"

#include <optional>
#include <string_view>

namespace holdfast::health {

/// Bytes of a process's own name: TASK_COMM_LEN without its end.
inline constexpr std::size_t max_process_name = 15;

/// Whether a line has the shape of those that the kernel begins with the name of a process: then
/// nothing it says is the kernel's word on the node.
[[nodiscard]] bool may_begin_with_a_name(std::string_view text);

/// "python[4711]: segfault at 0 ip … in libnccl.so.2[…]": evidence about a program, nothing more.
[[nodiscard]] std::optional<KernelEvent> crash_of(std::string_view text);

}  // namespace holdfast::health
