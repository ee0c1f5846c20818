// SPDX-License-Identifier: Apache-2.0
// A process that looks like a rank of an attempt: it bears the attempt's mark in its environment.
#pragma once

#include "holdfast/common/text.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace holdfast::sentinel {

/// A job id of this test's process alone: tests run side by side.
inline std::string own_job() { return cat("test-", ::getpid()); }

class MarkedChild {
 public:
  /// With `late`, the mark of the attempt is put on by that command, at exec.
  MarkedChild(const std::string& job,
              unsigned attempt,
              unsigned rank,
              const std::vector<std::string>& command,
              const std::string& late = "")
      : pid_(::fork()) {
    ::setpgid(pid_, pid_);  // on both sides of the fork: what it leaves behind ends with it
    if (pid_ != 0) return;
    ::setenv("SLURM_JOB_ID", job.c_str(), 1);
    ::setenv("SLURM_STEP_ID", "0", 1);
    ::setenv("SLURM_PROCID", cat(rank).c_str(), 1);
    ::setenv("SLURM_LOCALID", cat(rank).c_str(), 1);
    if (late.empty()) ::setenv("HOLDFAST_ATTEMPT", cat(attempt).c_str(), 1);
    std::vector<std::string> words = late.empty() ? std::vector<std::string>{} : split_words(late);
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words)
      pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    ::_exit(127);
  }

  ~MarkedChild() {
    if (waited_) return;
    ::kill(-pid_, SIGKILL);
    (void)wait();
  }
  MarkedChild(const MarkedChild&) = delete;
  MarkedChild& operator=(const MarkedChild&) = delete;

  [[nodiscard]] int pid() const { return pid_; }

  /// Its exit code, or 128 + the signal that ended it.
  int wait() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  /// Whether it comes true within five seconds.
  template <class Condition>
  [[nodiscard]] bool wait_for(Condition condition) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

 private:
  static std::vector<std::string> split_words(const std::string& text) {
    std::vector<std::string> words;
    for (const auto word : split(text, ' '))
      words.emplace_back(word);
    return words;
  }

  pid_t pid_;
  mutable bool waited_{};
};

}  // namespace holdfast::sentinel
