// SPDX-License-Identifier: Apache-2.0
// process-times: what whole processes take, from the start to the exit that their parent sees. A
// shell that starts them adds a fork of its own to each, 0.3 ms, which is much beside a program of
// 3 ms; posix_spawn does not. Of several commands each takes its turn, so that whatever else the
// machine does hits all of them; what one leaves running is ended before the next, who would find
// it in his way and in /proc (NHC leaves a shell and a sleep for each command it runs).
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <optional>
#include <spawn.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace holdfast {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::string_view usage =
    "usage: process-times RUNS COMMAND... [-- COMMAND...]...\n"
    "Prints a line for each command: least, middle and 99th of a hundred of its wall times in ms.\n"
    "In a command {} stands for the number of the run, and a first word DIR/: for where to run "
    "it.\n";

struct Command {
  std::vector<std::string> words;
  std::string directory;  ///< empty: this one
  std::vector<double> took;
};

/// A word with the number of the run in it.
std::string word_of_run(std::string word, unsigned run) {
  const auto place = word.find("{}");
  if (place != std::string::npos) word.replace(place, 2, std::to_string(run));
  return word;
}

/// Ends the children that ended commands left to this process, and theirs, as they become its own.
void end_what_is_left() {
  while (true) {
    std::ifstream list("/proc/thread-self/children");
    pid_t child = 0;
    bool any = false;
    while (list >> child) {
      any = true;
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    if (!any) return;
  }
}

/// Its time in ms; nothing where it cannot be started. How it ends does not matter here.
std::optional<double> time_of(const Command& command, unsigned run) {
  std::vector<std::string> words;
  for (const std::string& word : command.words)
    words.push_back(word_of_run(word, run));
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (!command.directory.empty())
    posix_spawn_file_actions_addchdir_np(&files, command.directory.c_str());
  pid_t process = 0;
  const auto begun = Clock::now();
  const int error =
      posix_spawnp(&process, words[0].c_str(), &files, nullptr, arguments.data(), environ);
  if (error == 0)
    while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
  const auto took = Clock::now() - begun;
  posix_spawn_file_actions_destroy(&files);
  end_what_is_left();
  if (error != 0) return std::nullopt;
  return Milliseconds(took).count();
}

std::vector<Command> commands_in(const std::vector<std::string>& words) {
  std::vector<Command> all(1);
  for (const std::string& word : words) {
    if (word == "--")
      all.emplace_back();
    else if (all.back().words.empty() && all.back().directory.empty() && word.ends_with("/:"))
      all.back().directory = word.substr(0, word.size() - 1);
    else
      all.back().words.push_back(word);
  }
  return all;
}

double share(const std::vector<double>& sorted, double part) {
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(last * part + 0.5)];
}

int measure(unsigned runs, std::vector<Command> commands) {
  for (unsigned run = 0; run <= runs; ++run)
    for (Command& command : commands) {
      const auto took = time_of(command, run);
      if (!took) {
        std::cerr << "process-times: " << command.words[0] << " cannot be started\n";
        return 1;
      }
      if (run > 0) command.took.push_back(*took);  // the first one warms the caches
    }
  std::cout << std::fixed << std::setprecision(3);
  for (Command& command : commands) {
    std::ranges::sort(command.took);
    std::cout << command.took.front() << ' ' << share(command.took, 0.5) << ' '
              << share(command.took, 0.99) << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace holdfast

int main(int count, char** words) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::vector<std::string> rest(words + 1, words + count);
  const auto runs = rest.empty() ? std::nullopt : holdfast::parse_number<unsigned>(rest[0]);
  if (!runs || *runs == 0 || *runs > 1'000'000) {
    std::cerr << holdfast::usage;
    return 2;
  }
  auto commands = holdfast::commands_in({rest.begin() + 1, rest.end()});
  const auto empty = [](const holdfast::Command& one) { return one.words.empty(); };
  if (std::ranges::any_of(commands, empty)) {
    std::cerr << holdfast::usage;
    return 2;
  }
  return holdfast::measure(*runs, std::move(commands));
}
