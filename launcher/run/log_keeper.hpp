// SPDX-License-Identifier: Apache-2.0
// The event log and status.json, kept by the worker: only its thread touches them.
#pragma once

#include "holdfast/events/log.hpp"
#include "holdfast/events/run_state.hpp"
#include "run/worker.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

namespace holdfast::run {

class LogKeeper {
 public:
  LogKeeper(Worker& disk, std::string state, events::EventLog log, events::RunState before);

  /// `then` hears in the event loop that the record is on the disk, or why it is not.
  void write(events::Body body,
             std::int64_t at_ms,
             std::function<void(std::optional<Failure>)> then);
  /// Puts status.json right, if there is news or `even_so`.
  void tell_status(bool even_so);

 private:
  struct Inside;
  Worker& disk_;
  std::shared_ptr<Inside> inside_;
};

}  // namespace holdfast::run
