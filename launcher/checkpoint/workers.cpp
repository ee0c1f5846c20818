// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/workers.hpp"

#include <utility>

namespace holdfast::checkpoint {

struct Workers::Ticket {
  std::function<void()> job;
  bool done{};
  bool abandoned{};
};

/// Shared by all threads and the owner; the last of them ends it, which after a hang may be long
/// after the owner is gone.
struct Workers::State {
  std::mutex lock;
  std::condition_variable wake;      ///< for workers: a job or the end
  std::condition_variable finished;  ///< for askers and the destructor
  std::deque<std::shared_ptr<Ticket>> waiting;
  unsigned idle{};
  unsigned threads{};
  unsigned abandoned{};
  unsigned most_abandoned{};
  bool closing{};
};

Workers::Workers(unsigned most_abandoned) : state_(std::make_shared<State>()) {
  state_->most_abandoned = most_abandoned;
}

Workers::~Workers() {
  std::unique_lock hold(state_->lock);
  state_->closing = true;
  state_->wake.notify_all();
  state_->finished.wait(hold, [&] { return state_->threads <= state_->abandoned; });
}

void Workers::work(const std::shared_ptr<State>& state) {
  std::unique_lock hold(state->lock);
  while (true) {
    ++state->idle;
    state->wake.wait(hold, [&] { return state->closing || !state->waiting.empty(); });
    --state->idle;
    if (state->waiting.empty()) break;
    const std::shared_ptr<Ticket> ticket = std::move(state->waiting.front());
    state->waiting.pop_front();
    hold.unlock();
    ticket->job();
    ticket->job = nullptr;  // lets go of what the job held before anybody is told that it is done
    hold.lock();
    ticket->done = true;
    if (ticket->abandoned) --state->abandoned;
    state->finished.notify_all();
  }
  --state->threads;
  state->finished.notify_all();
}

std::shared_ptr<Workers::Ticket> Workers::start(std::function<void()> job) {
  const std::lock_guard hold(state_->lock);
  if (state_->abandoned >= state_->most_abandoned) return nullptr;
  auto ticket = std::make_shared<Ticket>();
  ticket->job = std::move(job);
  state_->waiting.push_back(ticket);
  if (state_->idle < state_->waiting.size()) {
    ++state_->threads;
    // Detached, because a thread that hangs in the kernel can never be joined; the count says when
    // the others are gone.
    std::thread([state = state_] { work(state); }).detach();
  }
  state_->wake.notify_one();
  return ticket;
}

bool Workers::wait(Ticket& ticket, std::chrono::steady_clock::time_point until) {
  std::unique_lock hold(state_->lock);
  return state_->finished.wait_until(hold, until, [&] { return ticket.done; });
}

void Workers::abandon(Ticket& ticket) {
  const std::lock_guard hold(state_->lock);
  if (ticket.done || ticket.abandoned) return;
  ticket.abandoned = true;
  ++state_->abandoned;
}

Workers::Outcome Workers::run(std::function<void()> job, std::chrono::milliseconds patience) {
  const auto ticket = start(std::move(job));
  if (!ticket) return Outcome::refused;
  if (wait(*ticket, std::chrono::steady_clock::now() + patience)) return Outcome::done;
  abandon(*ticket);
  return Outcome::timed_out;
}

}  // namespace holdfast::checkpoint
