// SPDX-License-Identifier: Apache-2.0
#include "run/log_keeper.hpp"

#include "holdfast/events/status.hpp"

#include <chrono>

namespace holdfast::run {

struct LogKeeper::Inside {
  std::string state;
  events::EventLog log;
  events::RunState run;
  bool news{};
};

LogKeeper::LogKeeper(Worker& disk, std::string state, events::EventLog log, events::RunState before)
    : disk_(disk),
      inside_(std::make_shared<Inside>(
          Inside{std::move(state), std::move(log), std::move(before), true})) {}

void LogKeeper::write(events::Body body,
                      std::int64_t at_ms,
                      std::function<void(std::optional<Failure>)> then) {
  disk_.hand(
      [inside = inside_, body = std::move(body), at_ms]() mutable -> std::optional<Failure> {
        const auto appended = inside->log.append(std::move(body), at_ms);
        if (appended || appended.error().kind != FailureKind::conflict) {
          events::apply(inside->run, inside->log.last());
          inside->news = true;
        }
        if (appended) return std::nullopt;
        return appended.error();
      },
      std::move(then));
}

void LogKeeper::tell_status(bool even_so) {
  disk_.hand([inside = inside_, even_so] {
    if (!inside->news && !even_so) return;
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    // A view of the log; whoever reads an old one sees how old it is.
    if (events::write_status(inside->state, inside->run, now.count())) inside->news = false;
  });
}

}  // namespace holdfast::run
