// SPDX-License-Identifier: Apache-2.0
// The child between fork and exec, in slurmstepd (or srun, or slurmd). It comes from a process with
// real uid root and hands a program to the user, so everything of the parent's is shed: signals,
// descriptors, working directory, and every uid and gid that is not the effective one.
#include "child_process.hpp"

#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::spank {

namespace {

[[noreturn]] void give_up(int status, ChildStage stage) noexcept {
  const ChildReport report{stage, errno};
  // Nobody to tell if even this fails; the parent then says "exit status 127".
  [[maybe_unused]] const ssize_t written = ::write(status, &report, sizeof report);
  ::_exit(127);
}

void reset_signals() noexcept {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal)
    ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void close_from(unsigned first) noexcept {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  // Linux before 5.9. RLIMIT_NOFILE may be lowered below an open descriptor, but Slurm only ever
  // does that in the tasks.
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  for (unsigned fd = first; fd < limit.rlim_cur; ++fd)
    ::close(static_cast<int>(fd));
}

/// Leaves 0 to 2 and the status pipe, which closes itself when the program begins; answers the
/// latter's number, or -1 with errno set.
int arrange_descriptors(const ChildStart& start) noexcept {
  // Out of the way first: any of them may lie where another one goes.
  const auto move = [](int fd) { return fd < 0 ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, 10); };
  const int input = move(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int output = move(start.output);
  const int errors = move(start.errors);
  const int status = move(start.status);
  if (input < 0 || output < 0 || errors < 0 || status < 0) return -1;
  constexpr int status_place = 3;
  const bool placed = ::dup2(input, 0) == 0 && ::dup2(output, 1) == 1 && ::dup2(errors, 2) == 2 &&
                      ::dup3(status, status_place, O_CLOEXEC) == status_place;
  if (!placed) return -1;
  close_from(status_place + 1);
  return status_place;
}

/// In user_init the real uid is root's and the effective one the user's; groups are the user's
/// already. Without privileges a process may still give up the uids it has, for good.
bool become_effective_user() noexcept {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::setresgid(group, group, group) != 0 || ::setresuid(user, user, user) != 0) return false;
  if (user != 0 && ::setuid(0) == 0) {
    errno = EPERM;
    return false;
  }
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

}  // namespace

void become_program(const ChildStart& start) noexcept {
  ::setpgid(0, 0);
  reset_signals();
  const int status = arrange_descriptors(start);
  if (status < 0) give_up(start.status, ChildStage::descriptors);
  // The job's directory may hang on a dead file server.
  if (::chdir("/") != 0 || !become_effective_user()) give_up(status, ChildStage::user);
  // After the change of uid, which clears it: should slurmstepd be killed, so is this.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::execve(start.arguments[0], start.arguments, start.environment);
  give_up(status, ChildStage::program);
}

}  // namespace holdfast::spank
