// SPDX-License-Identifier: Apache-2.0
// Event logs from anywhere. What is read is written again without a change, and every log gives a
// state and figures.
#include "holdfast/events/accounts.hpp"
#include "holdfast/events/history.hpp"
#include "holdfast/events/line.hpp"
#include "holdfast/events/log.hpp"
#include "holdfast/events/status.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::events;
  const std::string text(data, data + size);
  const LogContents log = parse_log(text);
  for (const Record& record : log.records) {
    const auto line = to_line(record);
    if (!line) continue;  // control characters take six times the room
    const auto again = parse_line(*line);
    if (!again) std::abort();
    const auto third = to_line(*again);
    if (!third || *third != *line) std::abort();
  }
  const RunState state = replay(log.records);
  const Accounts accounts = account(state, state.last_ms);
  if (accounts.kept_ms > accounts.running_ms) std::abort();
  if (history_of(state).attempts.size() > state.attempts.size()) std::abort();
  (void)status_json(state, state.last_ms);
  const RunAt run{state, state.last_ms};
  (void)prometheus_text({&run, 1});
  return 0;
}
