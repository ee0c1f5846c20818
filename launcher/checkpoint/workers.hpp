// SPDX-License-Identifier: Apache-2.0
// Threads that do what may hang. A request is a job that owns all it touches; who asked waits for a
// while and then goes away, leaving the job to its thread. At most `most_abandoned` threads may be
// left like that, after which asking fails at once: a dead file system costs a few threads and one
// deadline each, not the program.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace holdfast::checkpoint {

class Workers {
 public:
  explicit Workers(unsigned most_abandoned);
  /// Ends idle threads and waits for them; hanging ones are left behind.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  enum class Outcome { done, timed_out, refused };

  /// Runs `job` in a worker and waits for it to finish, `patience` at most. On timed_out the job
  /// may still run, at any later time.
  Outcome run(std::function<void()> job, std::chrono::milliseconds patience);

  /// Starts `job` and does not wait; false when too many threads hang already. The caller waits by
  /// its own means and says abandon() if it gives up, with the ticket.
  struct Ticket;
  std::shared_ptr<Ticket> start(std::function<void()> job);
  /// True when the job was done before `until`.
  bool wait(Ticket& ticket, std::chrono::steady_clock::time_point until);
  /// Counts the job's thread as hanging until it is done after all.
  void abandon(Ticket& ticket);

 private:
  struct State;
  static void work(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace holdfast::checkpoint
