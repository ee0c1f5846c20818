// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/slurm.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace holdfast::health {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_output = std::size_t{16} << 20;  // a fleet of 65,536 nodes fits

/// A child, ended with its group when it is left.
class Child {
 public:
  Child(pid_t pid, int output) : pid_(pid), output_(output) {}
  ~Child() {
    ::close(output_);
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int output() const { return output_; }

  /// Its wait status, once it has closed its output.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
  int output_;
};

Failure late(const std::string& program) {
  return {FailureKind::timed_out, cat(program, " did not answer in time"), {}, {}};
}

/// posix_spawn with standard output and error in a pipe; the child leads a group of its own.
Result<std::pair<pid_t, int>> start(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Failure{FailureKind::unreadable, "no pipe can be made", {}, errno_code(errno)};
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, words[0].c_str(), &files, &attributes, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  ::close(ends[1]);
  if (error == 0) return std::pair(pid, ends[0]);
  ::close(ends[0]);
  return Failure{FailureKind::not_found,
                 cat(words[0], " cannot be started"),
                 "set check.slurm_bin in holdfast.toml",
                 errno_code(error)};
}

Result<std::string> read_until(int fd, Clock::time_point end, const std::string& program) {
  std::string text;
  std::string buffer(std::size_t{64} << 10, '\0');
  while (text.size() < most_output) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return late(program);
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(got));
  }
  return Failure{FailureKind::unreadable, cat(program, " prints too much"), {}, {}};
}

std::string last_line(std::string_view text) {
  const auto lines = split(trim(text), '\n');
  return lines.empty() ? std::string("no word") : std::string(lines.back().substr(0, 200));
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& words,
                                std::chrono::milliseconds deadline) {
  const auto started = start(words);
  if (!started) return started.error();
  Child child(started->first, started->second);
  auto text = read_until(child.output(), Clock::now() + deadline, words[0]);
  if (!text) return text;
  // It closed its output: what is left is its exit, which a program of Slurm does at once.
  const int status = child.wait();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  return Failure{FailureKind::unreadable, cat(words[0], " failed: ", last_line(*text)), {}, {}};
}

}  // namespace holdfast::health
