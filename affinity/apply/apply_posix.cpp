// SPDX-License-Identifier: Apache-2.0
// Binding the calling process, by Linux system calls alone. Called by the plugin between fork and
// exec of a rank, and by `holdfast exec` before it becomes the rank: whatever fails here must leave
// the rank as it was, so that it can still run unbound.
#include "holdfast/affinity/apply.hpp"
#include "holdfast/common/text.hpp"

#include <cerrno>
#include <climits>
#include <cstddef>
#include <sched.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdfast::affinity {

namespace {

constexpr unsigned bits_per_word = sizeof(unsigned long) * CHAR_BIT;

/// A mask as the kernel takes it: as many words as the machine or the set needs, where the
/// fixed cpu_set_t of glibc ends at CPU 1,023.
using KernelMask = std::vector<unsigned long>;

KernelMask to_kernel(const CpuSet& set) {
  KernelMask mask(set.back() / bits_per_word + 1);
  for (const unsigned member : set)
    mask[member / bits_per_word] |= 1UL << (member % bits_per_word);
  return mask;
}

CpuSet from_kernel(const KernelMask& mask) {
  CpuSet set;
  for (std::size_t word = 0; word < mask.size(); ++word) {
    for (unsigned bit = 0; bit < bits_per_word; ++bit) {
      if ((mask[word] >> bit & 1UL) != 0) {
        set.insert(static_cast<unsigned>(word) * bits_per_word + bit);
      }
    }
  }
  return set;
}

/// 0 or the errno.
int set_affinity(const CpuSet& cpus) {
  const KernelMask mask = to_kernel(cpus);
  const long answer =
      ::syscall(SYS_sched_setaffinity, 0, mask.size() * sizeof(unsigned long), mask.data());
  return answer < 0 ? errno : 0;
}

// The kernel's numbers (linux/mempolicy.h); libnuma is not worth a library in the plugin for three.
constexpr int mpol_preferred = 1;
constexpr int mpol_preferred_many = 5;

/// 0 or the errno.
int set_memory_policy(int mode, const CpuSet& nodes) {
  const KernelMask mask = to_kernel(nodes);
  // The kernel reads one bit less than it is told: mm/mempolicy.c, get_nodes() decrements maxnode.
  const std::size_t bits = mask.size() * bits_per_word + 1;
  const long answer = ::syscall(SYS_set_mempolicy, mode, mask.data(), bits);
  return answer < 0 ? errno : 0;
}

FailureKind kind_of(int error_number) {
  switch (error_number) {
    case EPERM:
    case EACCES:
      return FailureKind::denied;
    case ENOSYS:
      return FailureKind::unsupported;
    default:
      return FailureKind::conflict;
  }
}

Failure cut_off(const CpuSet& asked, const CpuSet& left) {
  return {FailureKind::conflict,
          left.empty()
              ? cat("none of the CPUs ", to_list(asked), " may be used here")
              : cat("of the CPUs ", to_list(asked), " only ", to_list(left), " may be used here"),
          "bind inside the step's cpuset, or ask Slurm for more cores with --cpus-per-task",
          {}};
}

}  // namespace

Result<CpuSet> read_allowed_cpus() {
  // The kernel refuses a buffer smaller than its own masks and does not say how large they are.
  for (unsigned bits = 1024; bits <= CpuSet::limit; bits *= 2) {
    KernelMask mask(bits / bits_per_word);
    const long written =
        ::syscall(SYS_sched_getaffinity, 0, mask.size() * sizeof(unsigned long), mask.data());
    if (written >= 0) return from_kernel(mask);
    if (errno != EINVAL) break;
  }
  const int error_number = errno;
  return Failure{kind_of(error_number),
                 "the CPUs this process may use cannot be read",
                 "",
                 errno_code(error_number)};
}

Result<void> apply_cpus(const CpuSet& cpus) {
  if (cpus.empty()) return {};
  auto before = read_allowed_cpus();
  if (!before) return std::move(before).error();
  if (const int error_number = set_affinity(cpus); error_number != 0) {
    if (error_number == EINVAL) return cut_off(cpus, cpus & *before);
    return Failure{kind_of(error_number),
                   cat("CPUs ", to_list(cpus), " cannot be bound to"),
                   "",
                   errno_code(error_number)};
  }
  auto after = read_allowed_cpus();
  if (after && *after == cpus) return {};
  // A quarter of a plan is worse than none: the rank would share what is left with its neighbours.
  const int undone = set_affinity(*before);
  if (!after) return std::move(after).error();
  Failure failure = cut_off(cpus, *after);
  if (undone != 0) failure.what += " and the earlier binding could not be restored";
  return failure;
}

Result<void> apply_memory(const MemoryPolicy& policy) {
  if (policy.kind == MemoryPolicy::Kind::unchanged) return {};
  if (policy.nodes.empty()) {
    return Failure{FailureKind::bad_input, "a memory policy names no NUMA node", "", {}};
  }
  int error_number = EINVAL;
  if (policy.kind == MemoryPolicy::Kind::preferred_many) {
    error_number = set_memory_policy(mpol_preferred_many, policy.nodes);
  }
  // EINVAL is what a kernel before 5.15 says to a mode it does not know.
  if (error_number == EINVAL) {
    error_number = set_memory_policy(mpol_preferred, CpuSet{policy.nodes.front()});
  }
  if (error_number == 0) return {};
  // Containers' seccomp filters answer EPERM to the whole call: nothing was asked too much.
  const bool filtered = error_number == EPERM || error_number == ENOSYS;
  return Failure{filtered ? FailureKind::unsupported : kind_of(error_number),
                 cat("memory of NUMA node ", to_list(policy.nodes), " cannot be preferred"),
                 filtered ? "the kernel or the container forbids set_mempolicy" : "",
                 errno_code(error_number)};
}

}  // namespace holdfast::affinity
