// SPDX-License-Identifier: Apache-2.0
// Looks that may hang, each in a child. A child writes its facts as JSON into a pipe and exits; its
// parent waits for all pipes at once. Order: fork all, read until the deadline, end what is left,
// reap, and remember what cannot be reaped. A child holds nothing of its parent that others wait
// for: Slurm reads a prolog's output until its end, and a child stuck in the kernel would hold it
// open.
#include "child.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_answer = std::size_t{4} << 20;

struct Child {
  pid_t pid{-1};
  int answer{-1};  ///< read end of its pipe; -1 when it is over
  Clock::time_point started;
  std::string text;
  Seen seen;
  bool reaped{};
  int status{};
};

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the parent has gone: nobody wants the answer
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void let_go_of_the_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  setsid();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int file = 0; file <= 2; ++file)
    if (null < 0 || dup2(null, file) < 0) close(file);
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (const int signal : {SIGTERM, SIGINT, SIGALRM, SIGCHLD, SIGHUP})
    sigaction(signal, &plain, nullptr);
}

[[noreturn]] void be_the_child(const Look& look, int answer, pid_t parent) {
  let_go_of_the_parent(parent);
  signal(SIGPIPE, SIG_IGN);
  try {
    Facts facts;
    look.see(facts);
    write_all(answer, to_json(facts));
  } catch (...) {
    _exit(2);  // out of memory, most likely: the parent says "ended with exit code 2"
  }
  _exit(0);  // not exit(): what the parent registered to run at its end is not ours
}

bool start(const Look& look, Child& child) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  const pid_t parent = getpid();
  child.started = Clock::now();
  child.pid = fork();
  if (child.pid == 0) {
    close(ends[0]);
    be_the_child(look, ends[1], parent);
  }
  close(ends[1]);
  if (child.pid < 0) {
    close(ends[0]);
    return false;
  }
  child.answer = ends[0];
  return true;
}

int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count() + 1, 0));
}

void close_answer(Child& child) {
  if (child.answer >= 0) close(child.answer);
  child.answer = -1;
}

/// Takes what the pipe holds; closes it at its end, or when a child writes more than any could
/// mean.
void take_answer(Child& child) {
  std::array<char, 65'536> buffer{};
  const ssize_t got = read(child.answer, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return;
  if (got > 0) child.text.append(buffer.data(), static_cast<std::size_t>(got));
  if (got > 0 && child.text.size() <= max_answer) return;
  close_answer(child);
  const auto took = Clock::now() - child.started;
  child.seen.record.took_us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

/// Reads all pipes until each has ended or the time is out.
void take_answers(std::vector<Child>& children, Clock::time_point end) {
  for (;;) {
    std::vector<pollfd> waits;
    waits.reserve(children.size());
    for (const Child& child : children)
      if (child.answer >= 0) waits.push_back({child.answer, POLLIN, 0});
    if (waits.empty()) return;
    const int left = milliseconds_until(end);
    if (left <= 0) return;
    if (poll(waits.data(), waits.size(), left) < 0 && errno != EINTR) return;
    for (const pollfd& wait : waits) {
      if (wait.revents == 0) continue;
      take_answer(*std::ranges::find(children, wait.fd, &Child::answer));
    }
  }
}

bool reap(Child& child) {
  if (child.reaped) return true;
  const pid_t got = waitpid(child.pid, &child.status, WNOHANG);
  // ECHILD: somebody made the kernel reap our children
  child.reaped = got == child.pid || (got < 0 && errno == ECHILD);
  return child.reaped;
}

/// Waits until the child has ended. Kernels before 5.3 have no pidfd: there the signal is waited
/// for.
bool wait_for_end(Child& child, Clock::time_point end) {
  if (reap(child)) return true;
  const int process = static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0U));
  if (process >= 0) {
    pollfd wait{process, POLLIN, 0};
    while (poll(&wait, 1, milliseconds_until(end)) < 0 && errno == EINTR) {
    }
    close(process);
    return reap(child);
  }
  sigset_t ended;
  sigset_t before;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &ended, &before);
  while (!reap(child) && Clock::now() < end) {
    const int left = milliseconds_until(end);
    const timespec time{left / 1000, left % 1000 * 1'000'000L};
    sigtimedwait(&ended, nullptr, &time);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return child.reaped;
}

std::string how_it_ended(const Child& child) {
  if (WIFSIGNALED(child.status)) return cat("ended by signal ", WTERMSIG(child.status));
  if (WIFEXITED(child.status) && WEXITSTATUS(child.status) != 0)
    return cat("ended with exit code ", WEXITSTATUS(child.status));
  return "its answer cannot be read";
}

/// Makes of what was read, and how the child ended, what is known.
void conclude(Child& child, bool in_time, const LeftBehind& left_behind) {
  ProbeRecord& record = child.seen.record;
  if (!child.reaped) {
    left_behind.remember(record.name, child.pid);
    ++record.children_stuck;
  }
  if (in_time) {
    auto facts = parse_facts(child.text, record.name);
    if (facts) {
      child.seen.facts = std::move(*facts);
      return;
    }
    record.end = ProbeEnd::failed;
    record.why = how_it_ended(child);
    return;
  }
  record.end = child.reaped ? ProbeEnd::timed_out : ProbeEnd::stuck;
  record.why = child.reaped ? "was ended at the deadline" : "cannot be ended and was left behind";
}

void start_all(const std::vector<Look>& looks,
               const LeftBehind& left_behind,
               std::vector<Child>& children) {
  for (const Look& look : looks) {
    Child& child = children.emplace_back();
    ProbeRecord& record = child.seen.record;
    record.name = look.name;
    record.children_stuck = left_behind.count(look.name);
    if (record.children_stuck >= LeftBehind::most) {
      record.end = ProbeEnd::not_started;
      record.why = cat(record.children_stuck, " earlier ones cannot be ended");
    } else if (!start(look, child)) {
      record.end = ProbeEnd::not_started;
      record.why = cat("no process for it: ", errno_code(errno).message());
    }
  }
}

}  // namespace

std::vector<Seen> look_in_children(const std::vector<Look>& looks,
                                   const ChildRules& rules,
                                   const LeftBehind& left_behind,
                                   const std::function<void()>& meanwhile) {
  std::vector<Child> children;
  children.reserve(looks.size());
  const auto end = Clock::now() + rules.deadline;
  start_all(looks, left_behind, children);
  meanwhile();
  take_answers(children, end);
  for (Child& child : children)
    if (child.answer >= 0) kill(child.pid, rules.end_signal);
  std::vector<Seen> seen;
  seen.reserve(children.size());
  const auto last = std::max(Clock::now(), end) + rules.grace;
  for (Child& child : children) {
    if (child.pid > 0) {
      const bool in_time = child.answer < 0;
      // one that has answered may still hang while it exits; it gets the grace too
      wait_for_end(child, in_time ? Clock::now() + rules.grace : last);
      close_answer(child);
      if (!in_time)
        child.seen.record.took_us =
            static_cast<std::uint64_t>(std::chrono::microseconds(rules.deadline).count());
      conclude(child, in_time, left_behind);
    }
    seen.push_back(std::move(child.seen));
  }
  return seen;
}

}  // namespace holdfast::health
