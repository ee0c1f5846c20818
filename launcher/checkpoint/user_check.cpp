// SPDX-License-Identifier: Apache-2.0
// The child gets its own process group, so that whatever it starts can be ended with it, and one
// pipe for all it says. The parent reads the pipe until it closes or the time is over; reading goes
// on until the very end, so that a chatty command does not block on a full pipe.
#include "holdfast/checkpoint/user_check.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace holdfast::checkpoint {

namespace {

using files::Descriptor;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kept_output = 4096;

struct Pipe {
  Descriptor out;
  Descriptor in;
};

Judgement verdict(Verdict verdict, std::string why) {
  Judgement judgement;
  judgement.verdict = verdict;
  judgement.reached = Level::semantic;
  judgement.why = std::move(why);
  return judgement;
}

/// Starts the command; its process number, or the errno as a negative number.
pid_t start(std::span<const std::string> command, int output) {
  std::vector<char*> words;
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: posix_spawn does not write to them
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  (void)::posix_spawn_file_actions_init(&actions);
  (void)::posix_spawnattr_init(&attributes);
  (void)::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  (void)::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  (void)::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  (void)::posix_spawnattr_setpgroup(&attributes, 0);
  pid_t child = -1;
  const int error =
      ::posix_spawnp(&child, words.front(), &actions, &attributes, words.data(), environ);
  (void)::posix_spawn_file_actions_destroy(&actions);
  (void)::posix_spawnattr_destroy(&attributes);
  return error == 0 ? child : -error;
}

/// Reads until the pipe closes; false when the time was over before. Keeps the last bytes.
bool drain(int pipe, Clock::time_point until, std::string& tail) {
  std::array<char, 4096> piece{};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ready{pipe, POLLIN, 0};
    const int polled = ::poll(&ready, 1, static_cast<int>(std::min<long>(left, 60'000)));
    if (polled <= 0) continue;
    const ssize_t got = ::read(pipe, piece.data(), piece.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return true;
    if (got < 0) continue;
    tail.append(piece.data(), static_cast<std::size_t>(got));
    if (tail.size() > kept_output) tail.erase(0, tail.size() - kept_output);
  }
}

/// Waits for the child within the time; nothing when it did not end.
std::optional<int> reap(pid_t child, Clock::time_point until) {
  // It has closed its output, so its end is near; a child that closes it and lives on is polled
  // for.
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (Clock::now() >= until) return std::nullopt;
    (void)::poll(nullptr, 0, 10);
  }
}

std::string last_line(std::string_view output) {
  std::string_view line;
  for (const std::string_view one : split(output, '\n'))
    if (!trim(one).empty()) line = trim(one);
  return std::string(line.substr(0, 200));
}

std::string said(const std::string& tail) {
  const std::string line = last_line(tail);
  return line.empty() ? std::string() : cat(": ", line);
}

}  // namespace

Judgement ask_user_check(std::span<const std::string> command, std::chrono::milliseconds limit) {
  if (command.empty()) return verdict(Verdict::unknown, "no command was given to verify it with");
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return verdict(Verdict::unknown, cat(command.front(), " cannot be started: no pipe"));
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  const auto until = Clock::now() + limit;
  const pid_t child = start(command, pipe.in.get());
  { const Descriptor closed = std::move(pipe.in); }  // else the pipe would never end
  if (child == -ENOENT)
    return verdict(Verdict::unknown,
                   cat(command.front(),
                       " is not there: name a program that PATH leads to, or its whole path"));
  if (child < 0)
    return verdict(Verdict::unknown,
                   cat(command.front(), " cannot be started: ", errno_code(-child).message()));
  std::string tail;
  const bool closed = drain(pipe.out.get(), until, tail);
  const auto status = closed ? reap(child, until) : std::nullopt;
  if (!status) {
    (void)::kill(-child, SIGKILL);
    (void)::waitpid(child, nullptr, 0);
    return verdict(
        Verdict::unknown,
        cat(command.front(), " did not end within ", limit.count(), " ms and was killed"));
  }
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0)
    return verdict(Verdict::good, cat(command.front(), " calls it good"));
  if (WIFSIGNALED(*status))
    return verdict(Verdict::damaged,
                   cat(command.front(), " was ended by signal ", WTERMSIG(*status), said(tail)));
  return verdict(Verdict::damaged,
                 cat(command.front(), " ended with ", WEXITSTATUS(*status), said(tail)));
}

}  // namespace holdfast::checkpoint
