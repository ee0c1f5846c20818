// SPDX-License-Identifier: Apache-2.0
// Looks that may hang, taken in children. A child takes its looks one after the other and writes
// the facts of each as a line into a pipe, its time in microseconds before the JSON; its parent
// waits for all pipes at once. Order: fork all, read until the deadline, end what is left, reap,
// and remember what cannot be reaped. A fork costs more than most looks do, which is why several
// share a child; when one of them hangs, those behind it get another child. A child holds nothing
// of its parent that others wait for: Slurm reads a prolog's output until its end, and a child
// stuck in the kernel would hold it open.
#include "child.hpp"

#include "child_process.hpp"
#include "holdfast/common/poll_time.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <map>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_answer = std::size_t{4} << 20;

/// One that did not answer within it is not waited for by those behind it.
constexpr std::chrono::milliseconds longest_patience{250};

struct Child {
  ChildProcess process;
  std::vector<std::size_t> looks;  ///< numbers of those it takes, in their order
  std::size_t answered{};
  Clock::time_point since;  ///< when it was started, or answered last
  std::string text;         ///< of the answer that is coming
  bool open{true};          ///< more is expected of it
  bool handed_on{};         ///< those behind went to another child

  [[nodiscard]] std::size_t at() const { return looks[answered]; }
  [[nodiscard]] bool holds_others() const { return open && looks.size() - answered > 1; }
};

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the parent has gone: nobody wants the answer
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::uint64_t microseconds_since(Clock::time_point begun) {
  const auto took = Clock::now() - begun;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return cat("ended by signal ", WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    return cat("ended with exit code ", WEXITSTATUS(status));
  return "its answer cannot be read";
}

class Looking {
 public:
  Looking(const std::vector<Look>& looks, const ChildRules& rules, const LeftBehind& left_behind)
      : looks_(looks),
        rules_(rules),
        left_behind_(left_behind),
        end_(Clock::now() + rules.deadline),
        patience_(std::min(rules.deadline / 4, longest_patience)),
        seen_(looks.size()) {
    children_.reserve(looks.size());  // each has a look of its own
  }

  void start_all() {
    std::vector<std::string_view> names(looks_.size());
    std::ranges::transform(looks_, names.begin(), &Look::name);
    const auto left = left_behind_.count(names);
    std::map<unsigned, std::vector<std::size_t>> shared;
    for (std::size_t at = 0; at < looks_.size(); ++at) {
      ProbeRecord& record = seen_[at].record;
      record.name = looks_[at].name;
      record.children_stuck = left[at];
      if (record.children_stuck >= LeftBehind::most) {
        record.end = ProbeEnd::not_started;
        record.why = cat(record.children_stuck, " earlier ones cannot be ended");
      } else if (looks_[at].shared == 0) {
        start({at});
      } else {
        shared[looks_[at].shared].push_back(at);
      }
    }
    for (auto& [number, together] : shared)
      start(std::move(together));
  }

  /// Reads all pipes until each has ended or the time is out.
  void take_answers() {
    while (Clock::now() < end_) {
      std::vector<pollfd> waits;
      waits.reserve(children_.size());
      Clock::time_point wake = end_;
      for (const Child& child : children_) {
        if (child.open) waits.push_back({child.process.answers(), POLLIN, 0});
        if (child.holds_others()) wake = std::min(wake, child.since + patience_);
      }
      if (waits.empty()) return;
      if (poll(waits.data(), waits.size(), poll_time_until(wake)) < 0 && errno != EINTR) return;
      for (const pollfd& wait : waits)
        if (wait.revents != 0) take_from(wait.fd);
      for (std::size_t i = 0; i < children_.size(); ++i)
        if (children_[i].holds_others() && Clock::now() >= children_[i].since + patience_)
          hand_on(i);
    }
  }

  /// Ends who has not answered, and reaps all.
  std::vector<Seen> conclude() {
    for (Child& child : children_)
      if (child.open || child.handed_on) child.process.signal(rules_.end_signal);
    const auto last = std::max(Clock::now(), end_) + rules_.grace;
    for (Child& child : children_) {
      // one that has answered may still hang while it exits; it gets the grace too
      const bool reaped = child.process.wait_until(child.open ? last : Clock::now() + rules_.grace);
      if (!reaped) leave_behind(child);
      if (child.open) say_late(child, reaped);
    }
    return std::move(seen_);
  }

 private:
  void start(std::vector<std::size_t> numbers) {
    const auto work = [this, &numbers](int answer) {
      for (const std::size_t number : numbers) {
        const auto begun = Clock::now();
        Facts facts;
        looks_[number].see(facts);
        write_all(answer, cat(microseconds_since(begun), ' ', to_json(facts), '\n'));
      }
    };
    auto process = ChildProcess::start(work);
    if (process) {
      Child& child = children_.emplace_back();
      child.process = std::move(*process);
      child.looks = std::move(numbers);
      child.since = Clock::now();
      return;
    }
    const std::string why = cat("no process for it: ", errno_code(errno).message());
    for (const std::size_t number : numbers) {
      seen_[number].record.end = ProbeEnd::not_started;
      seen_[number].record.why = why;
    }
  }

  void take_from(int pipe) {
    const auto place = std::ranges::find_if(children_, [pipe](const Child& child) {
      return child.open && child.process.answers() == pipe;
    });
    Child& child = *place;
    std::array<char, 16'384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
    const ssize_t got = read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return;
    if (got > 0) child.text.append(buffer.data(), static_cast<std::size_t>(got));
    for (auto end = child.text.find('\n'); child.open && end != std::string::npos;
         end = child.text.find('\n')) {
      take(child, std::string_view(child.text).substr(0, end));
      child.text.erase(0, end + 1);
    }
    if (child.open && (got <= 0 || child.text.size() > max_answer))
      bury(static_cast<std::size_t>(place - children_.begin()));
  }

  void take(Child& child, std::string_view line) {
    Seen& seen = seen_[child.at()];
    const auto blank = std::min(line.find(' '), line.size() - 1);
    seen.record.took_us = parse_number<std::uint64_t>(line.substr(0, blank)).value_or(0);
    auto facts = parse_facts(line.substr(blank + 1), seen.record.name);
    if (facts) {
      seen.facts = std::move(*facts);
    } else {
      seen.record.end = ProbeEnd::failed;
      seen.record.why = "its answer cannot be read";
    }
    child.since = Clock::now();
    child.open = ++child.answered < child.looks.size();
  }

  /// It ended, or wrote more than any could mean, without the answer that was due.
  void bury(std::size_t which) {
    if (children_[which].holds_others()) hand_on(which);
    Child& child = children_[which];
    child.open = false;
    ProbeRecord& record = seen_[child.at()].record;
    record.took_us = microseconds_since(child.since);
    record.end = ProbeEnd::failed;
    child.process.signal(rules_.end_signal);
    record.why = child.process.wait_until(Clock::now() + rules_.grace)
                     ? how_it_ended(child.process.status())
                     : "its answer cannot be read";
  }

  void hand_on(std::size_t which) {
    Child& child = children_[which];
    const auto behind = child.looks.begin() + static_cast<std::ptrdiff_t>(child.answered) + 1;
    std::vector<std::size_t> rest(behind, child.looks.end());
    child.looks.erase(behind, child.looks.end());
    child.handed_on = true;
    start(std::move(rest));
  }

  void leave_behind(const Child& child) {
    const std::size_t look = child.open ? child.at() : child.looks.back();
    left_behind_.remember(looks_[look].name, child.process.pid());
    ++seen_[look].record.children_stuck;
  }

  void say_late(const Child& child, bool reaped) {
    for (std::size_t i = child.answered; i < child.looks.size(); ++i) {
      ProbeRecord& record = seen_[child.looks[i]].record;
      record.took_us =
          static_cast<std::uint64_t>(std::chrono::microseconds(rules_.deadline).count());
      const bool stuck = !reaped && i == child.answered;
      record.end = stuck ? ProbeEnd::stuck : ProbeEnd::timed_out;
      record.why = stuck ? "cannot be ended and was left behind" : "was ended at the deadline";
    }
  }

  const std::vector<Look>& looks_;
  const ChildRules& rules_;
  const LeftBehind& left_behind_;
  Clock::time_point end_;
  std::chrono::milliseconds patience_;
  std::vector<Seen> seen_;
  std::vector<Child> children_;
};

}  // namespace

std::vector<Seen> look_in_children(const std::vector<Look>& looks,
                                   const ChildRules& rules,
                                   const LeftBehind& left_behind,
                                   const std::function<void()>& meanwhile) {
  Looking looking(looks, rules, left_behind);
  looking.start_all();
  meanwhile();
  looking.take_answers();
  return looking.conclude();
}

}  // namespace holdfast::health
