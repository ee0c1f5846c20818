// SPDX-License-Identifier: Apache-2.0
// A child process on an io_context: started by posix_spawn, its output read in chunks, its end told
// once. The child is the leader of a process group of its own, so that a signal to the batch
// script's group does not reach it unasked.
#pragma once

#include "holdfast/common/result.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace holdfast::process {

struct Command {
  std::vector<std::string> words;                        ///< words[0] is looked for on PATH
  std::vector<std::pair<std::string, std::string>> set;  ///< on top of our own environment
  std::vector<std::string> unset;
  bool keeps_stdin{};  ///< false: /dev/null
  /// Starts with SIGTERM as it is here: ignored, where we ignore it. For what has to be finished
  /// while Slurm ends the job around it.
  bool keeps_sigterm{};
};

/// How a process ended.
struct End {
  int exit{};    ///< when signal is 0
  int signal{};  ///< 0: it exited
  bool core{};

  [[nodiscard]] bool well() const { return exit == 0 && signal == 0; }
  /// As a shell would have it: 128 + signal.
  [[nodiscard]] int status() const { return signal != 0 ? 128 + signal : exit; }
};

class Child {
 public:
  /// Called from the io_context, never from within start(). `output` and `errors` get each chunk as
  /// it comes; a pipe nobody is interested in is not made. `ended` comes once, after the last
  /// chunk, or two seconds after the process is gone when a grandchild keeps a pipe open.
  struct Ears {
    std::function<void(std::string_view)> output;
    std::function<void(std::string_view)> errors;
    std::function<void(End)> ended;
  };

  [[nodiscard]] static Result<std::unique_ptr<Child>> start(boost::asio::io_context& io,
                                                            const Command& command,
                                                            Ears ears);
  /// A child still running is left to itself; its ears are not called any more.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int pid() const;
  /// To the process alone, or to its whole group. A child that has ended is not signalled: its
  /// number may be another's.
  void signal(int number);
  void signal_group(int number);

 private:
  struct Inside;
  explicit Child(std::shared_ptr<Inside> inside);
  std::shared_ptr<Inside> inside_;
};

}  // namespace holdfast::process
