// SPDX-License-Identifier: Apache-2.0
#include "sentinel/boot_clock.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/messages.hpp"
#include "sentinel/node.hpp"
#include "sentinel/ranks.hpp"

#include <algorithm>
#include <csignal>
#include <netdb.h>

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kill_again{20};
constexpr std::chrono::milliseconds kill_time{5000};  // what is left then is stuck in the kernel
constexpr std::chrono::milliseconds port_time{1000};
constexpr std::chrono::milliseconds longest_grace{600000};

}  // namespace

void Node::obey(const std::string& kind, const json::object& order) {
  const auto attempt = number_in<unsigned>(order, "attempt").value_or(0);
  if (kind == "watch") {
    watch(attempt);
  } else if (kind == "tear_down") {
    const auto grace = Time(number_in<std::int64_t>(order, "grace_ms").value_or(0));
    tear_down(attempt, std::clamp(grace, Time(0), Time(longest_grace)));
  } else if (kind == "signal") {
    const unsigned count =
        signal_ranks(table_, attempt, number_in<int>(order, "signal").value_or(0));
    say({{"kind", "signalled"}, {"attempt", attempt}, {"count", count}});
  } else if (kind == "look") {
    look(number_in<std::int64_t>(order, "since_ms").value_or(0));
  } else if (kind == "ask_port") {
    ask_port(text_in(order, "host").value_or(""),
             number_in<std::uint16_t>(order, "port").value_or(0));
  }
}

void Node::watch(unsigned attempt) {
  watched_ = attempt;
  if (attempt > 0) over_ = std::max(over_, attempt - 1);
}

void Node::tear_down(unsigned attempt, Time grace) {
  // The order comes over every link, and may be repeated with less grace.
  if (const auto running = teardowns_.find(attempt); running != teardowns_.end()) {
    running->second->kill_at = std::min(running->second->kill_at, read_boot_clock() + grace);
    return;
  }
  const auto teardown = std::make_shared<Teardown>(context_);
  const Time now = read_boot_clock();
  teardown->attempt = attempt;
  teardown->kill_at = now + grace;
  teardown->give_up_at = now + grace + kill_time;
  teardowns_.emplace(attempt, teardown);
  if (grace > Time(0)) {
    kill_processes(table_, attempt, SIGTERM);
    // A stopped process does not see SIGTERM before it goes on.
    kill_processes(table_, attempt, SIGCONT);
  }
  go_on(teardown);
}

void Node::go_on(const std::shared_ptr<Teardown>& teardown) {
  if (closed_) return;
  const Time now = read_boot_clock();
  const int signal_number = now >= teardown->kill_at ? SIGKILL : 0;
  const unsigned left = kill_processes(table_, teardown->attempt, signal_number);
  teardown->none = left == 0 ? teardown->none + 1 : 0;
  // Twice none: a process that forked while the table was read is in the next reading.
  if (teardown->none >= 2 || now >= teardown->give_up_at) {
    teardowns_.erase(teardown->attempt);
    over_ = std::max(over_, teardown->attempt);
    return say({{"kind", "torn_down"}, {"attempt", teardown->attempt}, {"count", left}});
  }
  teardown->timer.expires_after(left == 0 ? Time(1) : Time(kill_again));
  teardown->timer.async_wait([weak = weak_from_this(), teardown](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->go_on(teardown);
  });
}

void Node::look(std::int64_t since_ms) {
  // Ranks were lost: this node is looked at before it is used again.
  health_->look([weak = weak_from_this(), since_ms] {
    const auto self = weak.lock();
    if (self && !self->closed_) self->tell_since(since_ms);
  });
}

void Node::tell_since(std::int64_t since_ms) {
  tell_signs();
  // Drained first: the kernel's log may hold what was written a moment ago.
  evidence_.read_new({});
  (void)evidence_.take_untold();
  for (const NodeSign& sign : evidence_.since(since_ms))
    say(sign_message(sign));
  say({{"kind", "looked"}});
}

void Node::ask_port(const std::string& host, std::uint16_t port) {
  const auto answer = [weak = weak_from_this(), host, port](const std::shared_ptr<Link>& link) {
    if (link) link->close();
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->say(
        {{"kind", "port_asked"}, {"host", host}, {"port", port}, {"answered", link != nullptr}});
  };
  dial(context_, host, port, port_time, answer);
}

}  // namespace holdfast::sentinel
