// SPDX-License-Identifier: Apache-2.0
#include "sentinel/guard.hpp"

#include "sentinel/boot_clock.hpp"
#include "sentinel/pidfd.hpp"
#include "sentinel/ranks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::sentinel {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_sleep{500};  // a suspended machine's poll() wakes late
constexpr milliseconds kill_again{100};
constexpr milliseconds last_kill{10000};

constexpr std::array passed_on{SIGTERM, SIGINT, SIGHUP, SIGQUIT};

sigset_t signals_of_guard() {
  sigset_t set{};
  ::sigemptyset(&set);
  for (const int one : passed_on)
    ::sigaddset(&set, one);
  return set;
}

int status_of_child(int waited) {
  constexpr int by_signal = 128;
  if (WIFEXITED(waited)) return WEXITSTATUS(waited);
  return by_signal + (WIFSIGNALED(waited) ? WTERMSIG(waited) : 0);
}

class Guard {
 public:
  Guard(int child, int line, std::string job)
      : child_(child), line_(line), table_(std::move(job)) {}

  /// Until the child's end of the line is closed, which its death does.
  void keep(int signals) {
    bool open = true;
    while (open) {
      std::array<pollfd, 2> ready{pollfd{line_, POLLIN, 0}, pollfd{signals, POLLIN, 0}};
      const auto wait = static_cast<int>(sleep_for().count());
      if (::poll(ready.data(), ready.size(), wait) < 0 && errno != EINTR) return;
      if ((ready[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) open = take();
      if ((ready[1].revents & POLLIN) != 0) pass_on(signals);
      if (over()) kill_all();
    }
  }

  /// The ranks die with their sentinel.
  void end_ranks() {
    const auto until = read_boot_clock() + last_kill;
    // Twice none: a process that forked while the table was read is in the next reading.
    for (int none = 0; none < 2 && read_boot_clock() < until;) {
      none = kill_processes(table_, std::nullopt, SIGKILL) == 0 ? none + 1 : 0;
      (void)::poll(nullptr, 0, 10);
    }
  }

 private:
  [[nodiscard]] bool over() const { return read_boot_clock() >= until_; }

  [[nodiscard]] milliseconds sleep_for() const {
    if (over()) return kill_again;
    return std::clamp(until_ - read_boot_clock(), milliseconds(1), longest_sleep);
  }

  bool take() {
    std::int64_t until = 0;
    const auto got = ::recv(line_, &until, sizeof until, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got != sizeof until) return false;
    until_ = std::max(until_, milliseconds(until));
    return true;
  }

  void pass_on(int signals) const {
    signalfd_siginfo info{};
    if (::read(signals, &info, sizeof info) == sizeof info)
      (void)::kill(child_, static_cast<int>(info.ssi_signo));
  }

  void kill_all() {
    const std::uint32_t count = kill_processes(table_, std::nullopt, SIGKILL);
    // The first look finds them; those still dying when it looks again were counted.
    if (count > 0 && counted_for_ != until_)
      (void)::send(line_, &count, sizeof count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) counted_for_ = until_;
  }

  int child_;
  int line_;
  ProcessTable table_;
  milliseconds until_{};  // none yet
  std::optional<milliseconds> counted_for_;
};

}  // namespace

GuardLine::~GuardLine() { ::close(descriptor_); }

void GuardLine::hold_until(milliseconds boot_time) {
  const std::int64_t until = boot_time.count();
  // A guard that does not read is stopped; then the lease runs out, which is the safe side.
  (void)::send(descriptor_, &until, sizeof until, MSG_DONTWAIT | MSG_NOSIGNAL);
}

unsigned GuardLine::killed() {
  std::uint32_t count = 0;
  unsigned all = 0;
  while (::recv(descriptor_, &count, sizeof count, MSG_DONTWAIT) == sizeof count)
    all += count;
  return all;
}

int guard_child(int child, int line, const std::string& job) {
  const sigset_t set = signals_of_guard();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  Guard guard(child, line, job);
  guard.keep(signals);
  // The line is closed: the child ends, and if it does not, it is of no use any more.
  constexpr int time_to_end = 1000;
  const int handle = open_pidfd(child);
  pollfd ended{handle, POLLIN, 0};
  if (handle < 0 || ::poll(&ended, 1, time_to_end) != 1) (void)::kill(child, SIGKILL);
  if (handle >= 0) ::close(handle);
  int waited = 0;
  while (::waitpid(child, &waited, 0) < 0 && errno == EINTR) {
  }
  ::close(signals);
  ::close(line);
  const int status = status_of_child(waited);
  if (status != 0) guard.end_ranks();
  return status;
}

Result<int> fork_under_guard(const std::string& job) {
  std::array<int, 2> line{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line.data()) != 0)
    return Failure{
        FailureKind::unsupported, "no line to the guard can be made", "", errno_code(errno)};
  const pid_t guard = ::getpid();
  const pid_t child = ::fork();
  if (child < 0)
    return Failure{FailureKind::unsupported, "the guard cannot fork", "", errno_code(errno)};
  if (child > 0) {
    ::close(line[1]);
    ::_exit(guard_child(child, line[0], job));
  }
  ::close(line[0]);
  // A sentinel without its guard ends too: nobody would hold its lease. It kills the ranks on its
  // way.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != guard) ::_exit(1);
  return line[1];
}

}  // namespace holdfast::sentinel
