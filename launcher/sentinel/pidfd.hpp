// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace holdfast::sentinel {

/// A descriptor that becomes readable when the process is no more; -1 with errno where there is
/// none (kernels before 5.3). libc has no function for it before 2.36.
[[nodiscard]] inline int open_pidfd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

}  // namespace holdfast::sentinel
