// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <sys/types.h>

namespace holdfast::spank {

/// How far the child came before it could not become the program; sent up its status pipe.
enum class ChildStage : int { descriptors, user, program };
struct ChildReport {
  ChildStage stage{};
  int error_number{};
};

/// All the child needs, made before the fork: behind it nothing may be allocated.
struct ChildStart {
  char* const* arguments{};
  char* const* environment{};
  int output{};  ///< write ends
  int errors{};
  int status{};
};

/// What happens between fork and exec; never returns. Async-signal-safe throughout: slurmstepd has
/// threads, and a lock one of them held at the fork is held for ever here.
[[noreturn]] void become_program(const ChildStart& start) noexcept;

}  // namespace holdfast::spank
