// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include "holdfast/common/poll_time.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

using Clock = ChildProcess::Clock;

void let_go_of_the_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);  // a session of its own would cost a group of the scheduler
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int file = 0; file <= 2; ++file)
    if (null < 0 || dup2(null, file) < 0) close(file);
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (const int signal : {SIGTERM, SIGINT, SIGALRM, SIGCHLD, SIGHUP})
    sigaction(signal, &plain, nullptr);
  plain.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &plain, nullptr);
}

[[noreturn]] void be_the_child(const std::function<void(int)>& work, int answer, pid_t parent) {
  let_go_of_the_parent(parent);
  try {
    work(answer);
  } catch (...) {
    _exit(2);  // out of memory, most likely: the parent says "ended with exit code 2"
  }
  _exit(0);  // not exit(): what the parent registered to run at its end is not ours
}

}  // namespace

std::optional<ChildProcess> ChildProcess::start(const std::function<void(int)>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  ChildProcess child;
  child.answers_ = files::Descriptor(ends[0]);
  files::Descriptor answer(ends[1]);
  const pid_t parent = getpid();
  child.pid_ = fork();
  if (child.pid_ == 0) {
    child.answers_.close();  // so that a parent that has gone is seen
    be_the_child(work, answer.get(), parent);
  }
  if (child.pid_ < 0) return std::nullopt;
  return child;
}

void ChildProcess::signal(int number) const {
  if (!reaped_) kill(pid_, number);
}

bool ChildProcess::reap() {
  if (reaped_) return true;
  const pid_t got = waitpid(pid_, &status_, WNOHANG);
  // ECHILD: somebody made the kernel reap our children
  reaped_ = got == pid_ || (got < 0 && errno == ECHILD);
  return reaped_;
}

/// Kernels before 5.3 have no pidfd: there the signal is waited for.
bool ChildProcess::wait_until(Clock::time_point end) {
  if (reap()) return true;
  const files::Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0U)));
  if (process.open()) {
    pollfd wait{process.get(), POLLIN, 0};
    while (poll(&wait, 1, poll_time_until(end)) < 0 && errno == EINTR) {
    }
    return reap();
  }
  sigset_t ended;
  sigset_t before;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &ended, &before);
  while (!reap() && Clock::now() < end) {
    const int left = poll_time_until(end);
    const timespec time{left / 1000, left % 1000 * 1'000'000L};
    sigtimedwait(&ended, nullptr, &time);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return reaped_;
}

}  // namespace holdfast::health
