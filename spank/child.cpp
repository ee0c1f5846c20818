// SPDX-License-Identifier: Apache-2.0
// The parent's side of asking a program: pipes, deadline, end. Called in user_init once per node
// and step, in init_post_opt and slurmd for the node map; never by two threads of one process at a
// time. Every wait here ends at the deadline: also when the program closes its pipes and lives on,
// leaves a grandchild behind that holds them, or hangs in the kernel where SIGKILL waits too.
#include "holdfast/spank/child.hpp"

#include "child_process.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::spank {

namespace {

using Clock = std::chrono::steady_clock;

// Enough for one sentence and a loader's complaint; what follows is read and dropped.
constexpr std::size_t max_complaint = 4096;

// How long a killed child may take to be gone before it is left to slurmstepd, its parent.
constexpr std::chrono::milliseconds burial{100};

using files::Descriptor;

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::optional<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Milliseconds for poll(), rounded up so that it does not spin through the last one.
int left_until(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left, 0));
}

/// What comes out of one pipe, up to a bound.
struct Stream {
  Descriptor fd;
  std::size_t bound{};
  std::string text{};
  bool overflowed{};

  /// Takes what is there; closes at the end.
  void take() {
    std::array<char, 16384> buffer;
    const ssize_t length = ::read(fd.get(), buffer.data(), buffer.size());
    if (length < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (length <= 0) return (void)fd.close();
    const auto got = static_cast<std::size_t>(length);
    const std::size_t room = std::min(got, bound - text.size());
    text.append(buffer.data(), room);
    overflowed = overflowed || room < got;
  }
};

/// A started program. Whatever happens, the destructor leaves neither it nor a zombie behind,
/// unless the kernel itself holds it.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), exit_(open_exit(pid)) {}
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Waits for its own end; nothing when it was still running at `until`.
  [[nodiscard]] std::optional<int> wait_until(Clock::time_point until) {
    while (pid_ > 0 && !reap()) {
      const int left = left_until(until);
      if (left == 0) return std::nullopt;
      // Linux before 5.3 has no descriptor to wait for: look again every millisecond.
      pollfd wait{exit_.get(), POLLIN, 0};
      ::poll(&wait, exit_.get() >= 0 ? 1 : 0, exit_.get() >= 0 ? left : 1);
    }
    return status_;
  }

 private:
  static Descriptor open_exit(pid_t pid) {
    return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  }

  /// True when it is gone. The whole group goes with it, before its number can be given anew: a
  /// grandchild that lives on would keep the user's step from ending.
  bool reap() {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
      if (info.si_pid == 0) return false;
      ::kill(-pid_, SIGKILL);
      while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
      }
    }
    // ECHILD: somebody else's wait() took it. Its answer decides then.
    pid_ = 0;
    return true;
  }

  void end() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    static_cast<void>(wait_until(Clock::now() + burial));
  }

  pid_t pid_;
  Descriptor exit_;
  int status_{};
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts)
    out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// The first line that says something, printable and without the name the teller puts before it.
std::string first_line(std::string_view text) {
  text = trim(text);
  constexpr std::string_view name = "holdfast: ";
  if (text.starts_with(name)) text.remove_prefix(name.size());
  std::string line(text.substr(0, text.find('\n')));
  std::ranges::replace_if(
      line, [](unsigned char letter) { return letter < ' ' || letter == 0x7f; }, ' ');
  return line;
}

Failure not_asked(const ChildWish& wish, std::string_view why, int error_number) {
  return {FailureKind::unsupported,
          cat(wish.arguments.front(), " could not be asked: ", why),
          "",
          errno_code(error_number)};
}

Failure not_started(const ChildWish& wish, const ChildReport& report) {
  if (report.stage == ChildStage::user) {
    return not_asked(wish, "the job's user could not be taken on", report.error_number);
  }
  if (report.stage == ChildStage::descriptors) {
    return not_asked(wish, "no descriptors", report.error_number);
  }
  const bool missing = report.error_number == ENOENT || report.error_number == ENOTDIR;
  return {missing ? FailureKind::not_found : FailureKind::denied,
          cat(wish.arguments.front(), " cannot be started"),
          "install holdfast on this node, or give its place as program= in plugstack.conf",
          errno_code(report.error_number)};
}

/// How an end is told; the program's own words first.
std::optional<Failure> failed_end(const ChildWish& wish, int status, const std::string& said) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
  const std::string how = WIFEXITED(status) ? cat("exit status ", WEXITSTATUS(status))
                                            : cat("signal ", WTERMSIG(status));
  if (!said.empty()) return Failure{FailureKind::unreadable, said, "", {}};
  return Failure{FailureKind::unreadable,
                 cat(wish.arguments.front(), " ended with ", how, " and said nothing"),
                 "run it by hand on this node",
                 {}};
}

struct Streams {
  Stream output;
  Stream errors;
  Stream status;

  /// Reads all three to their ends. False: `until` came first, or too much came.
  [[nodiscard]] bool read_until(Clock::time_point until) {
    const std::array<Stream*, 3> all{&output, &errors, &status};
    while (std::ranges::any_of(all, [](const Stream* one) { return one->fd.get() >= 0; })) {
      std::array<pollfd, 3> wait{};
      for (std::size_t i = 0; i < all.size(); ++i)
        wait[i] = {all[i]->fd.get(), POLLIN, 0};
      const int left = left_until(until);
      if (left == 0 || (::poll(wait.data(), wait.size(), left) < 0 && errno != EINTR)) return false;
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (wait[i].revents != 0) all[i]->take();
      }
      if (output.overflowed) return false;
    }
    return true;
  }
};

Result<ChildAnswer> listen(const ChildWish& wish, Child& child, Streams& streams) {
  const auto until = Clock::now() + wish.deadline;
  const bool whole = streams.read_until(until);
  if (streams.output.overflowed) {
    return Failure{FailureKind::unreadable,
                   cat(wish.arguments.front(), " said more than ", wish.max_output, " bytes"),
                   "",
                   {}};
  }
  const auto status = whole ? child.wait_until(until) : std::nullopt;
  if (!status) {
    return Failure{
        FailureKind::timed_out,
        cat(wish.arguments.front(), " did not answer within ", wish.deadline.count(), " ms"),
        "run it by hand on this node, or raise deadline= in plugstack.conf",
        {}};
  }
  if (streams.status.text.size() == sizeof(ChildReport)) {
    ChildReport report;
    std::memcpy(&report, streams.status.text.data(), sizeof report);
    return not_started(wish, report);
  }
  const std::string said = first_line(streams.errors.text);
  if (auto failure = failed_end(wish, *status, said)) return *std::move(failure);
  return ChildAnswer{std::move(streams.output.text), said};
}

}  // namespace

Result<ChildAnswer> ask_child(const ChildWish& wish) {
  auto output = open_pipe();
  auto errors = open_pipe();
  auto report = open_pipe();
  if (!output || !errors || !report) return not_asked(wish, "no descriptors", errno);
  const std::vector<char*> arguments = pointers_to(wish.arguments);
  const std::vector<char*> environment = pointers_to(wish.environment);
  const ChildStart start{arguments.data(),
                         environment.data(),
                         output->write.get(),
                         errors->write.get(),
                         report->write.get()};
  const pid_t pid = ::fork();
  if (pid < 0) return not_asked(wish, "no process", errno);
  if (pid == 0) become_program(start);
  ::setpgid(pid, pid);  // here and there: whoever is later finds it done
  Child child(pid);
  output->write.close();
  errors->write.close();
  report->write.close();
  Streams streams{{std::move(output->read), wish.max_output},
                  {std::move(errors->read), max_complaint},
                  {std::move(report->read), sizeof(ChildReport)}};
  return listen(wish, child, streams);
}

}  // namespace holdfast::spank
