// SPDX-License-Identifier: Apache-2.0
#include "holdfast/events/status.hpp"

#include "events/bytes_as_text.hpp"
#include "events/state_files.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/accounts.hpp"
#include "holdfast/events/state_directory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::events {

namespace json = boost::json;

namespace {

constexpr std::size_t most_status_bytes = std::size_t{16} * 1024 * 1024;

std::string text(const std::string& bytes) { return bytes_as_text(bytes); }

json::array texts(const std::vector<std::string>& items) {
  json::array out;
  out.reserve(items.size());
  for (const std::string& item : items)
    out.emplace_back(text(item));
  return out;
}

template <class Number>
void put(json::object& out, std::string_view name, const std::optional<Number>& number) {
  if (number)
    out[name] = *number;
  else
    out[name] = nullptr;
}

json::value json_of(const std::optional<ResumePoint>& point) {
  if (!point) return nullptr;
  json::object out{{"path", text(point->path)}, {"format", text(point->format)}};
  put(out, "step", point->step);
  return out;
}

std::string_view word_of(AttemptPhase phase) {
  switch (phase) {
    case AttemptPhase::starting:
      return "starting";
    case AttemptPhase::running:
      return "running";
    case AttemptPhase::ended:
      return "ended";
    case AttemptPhase::torn_down:
      return "torn_down";
    case AttemptPhase::decided:
      break;
  }
  return "decided";
}

json::value json_of(const AttemptState* attempt) {
  if (attempt == nullptr) return nullptr;
  json::object out{{"number", attempt->number},
                   {"phase", word_of(attempt->phase)},
                   {"nodes", texts(attempt->nodes)},
                   {"resume", json_of(attempt->resume)},
                   {"started_ms", attempt->started_ms}};
  put(out, "running_ms", attempt->running_ms);
  put(out, "ended_ms", attempt->ended_ms);
  out["checkpoints"] = attempt->checkpoints;
  return out;
}

json::value json_of(const SeenCheckpoint* checkpoint) {
  if (checkpoint == nullptr) return nullptr;
  json::object out{{"path", text(checkpoint->path)}, {"at_ms", checkpoint->at_ms}};
  put(out, "step", checkpoint->step);
  return out;
}

json::array blamed_nodes(const RunState& state) {
  json::array out;
  for (const auto& [name, node] : state.nodes) {
    if (node.blamed.empty()) continue;
    out.push_back(json::object{{"node", text(name)},
                               {"attempts", json::array(node.blamed.begin(), node.blamed.end())},
                               {"why", text(node.why)}});
  }
  return out;
}

json::value last_loss(const RunState& state) {
  const AttemptState* attempt = state.newest_loss();
  if (attempt == nullptr) return nullptr;
  return json::object{{"attempt", attempt->number},
                      {"cause", text(attempt->loss->cause)},
                      {"why", text(attempt->loss->why)},
                      {"at_ms", attempt->ended_ms.value_or(0)}};
}

/// A metric with a value for each run.
class Metric {
 public:
  Metric(std::string& out, std::string_view name, std::string_view type, std::string_view help)
      : out_(out), name_(name) {
    out += cat("# HELP holdfast_run_", name, ' ', help, '\n');
    out += cat("# TYPE holdfast_run_", name, ' ', type, '\n');
  }

  void add(const RunState& run, std::string_view more, const std::string& value) {
    out_ += cat("holdfast_run_", name_, "{job=\"", label(run.job), '"', more, "} ", value, '\n');
  }

  /// Quoted as the format wants it; what is not printable ASCII is no label.
  static std::string label(std::string_view text) {
    std::string out;
    for (const char letter : text) {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter >= ' ' && letter <= '~' ? letter : '?';
    }
    return out;
  }

 private:
  std::string& out_;
  std::string_view name_;
};

std::string seconds(std::uint64_t ms) { return decimal(static_cast<double>(ms) / 1000, 3); }

void put_counts(std::string& out, std::span<const RunAt> runs) {
  Metric state(out, "state", "gauge", "1 for the phase the run is in.");
  for (const auto& [run, at_ms] : runs)
    state.add(run, cat(",phase=\"", Metric::label(phase_of(run)), '"'), "1");
  Metric attempts(out, "attempts_total", "counter", "Attempts that were started.");
  for (const auto& [run, at_ms] : runs)
    attempts.add(run, "", cat(run.attempts.size()));
  Metric losses(out, "losses_total", "counter", "Attempts that were lost, by cause.");
  for (const auto& [run, at_ms] : runs) {
    std::map<std::string, unsigned> of_cause;
    for (const AttemptState& attempt : run.attempts)
      if (attempt.loss) ++of_cause[Metric::label(attempt.loss->cause)];
    for (const auto& [cause, count] : of_cause)
      losses.add(run, cat(",cause=\"", cause, '"'), cat(count));
  }
  Metric lost(out, "nodes_lost", "gauge", "Nodes of the allocation nobody hears.");
  for (const auto& [run, at_ms] : runs)
    lost.add(run, "", cat(run.lost_nodes().size()));
  Metric spares(out, "nodes_spare", "gauge", "Living nodes of the allocation that wait.");
  for (const auto& [run, at_ms] : runs)
    spares.add(run, "", cat(run.spares().size()));
}

void put_times(std::string& out, std::span<const RunAt> runs) {
  std::vector<Accounts> accounts;
  accounts.reserve(runs.size());
  for (const RunAt& run : runs)
    accounts.push_back(account(run.state, run.at_ms));
  const auto each = [&](Metric metric, auto value) {
    for (std::size_t index = 0; index < runs.size(); ++index)
      if (const auto shown = value(accounts[index])) metric.add(runs[index].state, "", *shown);
  };
  using Shown = std::optional<std::string>;
  each({out, "wall_seconds", "gauge", "Time since the first start."},
       [](const Accounts& one) { return Shown(seconds(one.wall_ms)); });
  each({out, "kept_seconds", "gauge", "Running time whose result is kept."},
       [](const Accounts& one) { return Shown(seconds(one.kept_ms)); });
  each({out, "lost_seconds", "gauge", "Running time whose result is lost."},
       [](const Accounts& one) { return Shown(seconds(one.lost_ms)); });
  each({out, "ettr_ratio", "gauge", "Kept running time by time since the first start."},
       [](const Accounts& one) { return one.ettr ? Shown(decimal(*one.ettr, 4)) : std::nullopt; });
  Metric step(out, "checkpoint_step", "gauge", "Step of the newest checkpoint.");
  for (const RunAt& run : runs)
    if (const auto* newest = run.state.newest_checkpoint(); newest != nullptr && newest->step)
      step.add(run.state, "", cat(*newest->step));
  Metric age(out, "checkpoint_time_seconds", "gauge", "When it became complete, since 1970.");
  for (const RunAt& run : runs)
    if (const auto* newest = run.state.newest_checkpoint(); newest != nullptr)
      age.add(run.state, "", seconds(static_cast<std::uint64_t>(newest->at_ms)));
}

}  // namespace

std::string status_json(const RunState& state, std::int64_t now_ms) {
  json::object out{{"v", 1},
                   {"at_ms", now_ms},
                   {"job", text(state.job)},
                   {"phase", text(phase_of(state))},
                   {"epoch", state.epoch},
                   {"supervisor", text(state.supervisor)},
                   {"events", state.seq},
                   {"first_ms", state.first_ms},
                   {"last_ms", state.last_ms},
                   {"starts", state.starts.size()},
                   {"take_overs", state.take_overs.size()},
                   {"attempts", state.attempts.size()},
                   {"attempt", json_of(state.newest_attempt())},
                   {"checkpoint", json_of(state.newest_checkpoint())},
                   {"nodes", state.starts.empty() ? 0 : state.starts.back().nodes.size()},
                   {"spares", texts(state.spares())},
                   {"lost", texts(state.lost_nodes())},
                   {"blamed", blamed_nodes(state)},
                   {"last_loss", last_loss(state)}};
  if (state.ended)
    out["ended"] = json::object{{"exit", state.ended->exit},
                                {"verdict", text(state.ended->verdict)},
                                {"why", text(state.ended->why)}};
  else
    out["ended"] = nullptr;
  return without_controls(json::serialize(out));
}

std::string prometheus_text(std::span<const RunAt> runs) {
  std::string out;
  put_counts(out, runs);
  put_times(out, runs);
  return out;
}

Result<void> write_status(const std::string& directory,
                          const RunState& state,
                          std::int64_t now_ms) {
  return replace_file(cat(directory, '/', status_file), cat(status_json(state, now_ms), '\n'));
}

std::optional<std::int64_t> read_sign_of_life(const std::string& directory) {
  const auto file = posix_files(directory)->read(std::string(status_file), most_status_bytes);
  if (!file) return std::nullopt;
  boost::system::error_code error;
  const json::value value = json::parse(file->bytes, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::value* at = value.get_object().if_contains("at_ms");
  if (at == nullptr || !at->is_int64() || at->get_int64() < 0) return std::nullopt;
  return at->get_int64();
}

}  // namespace holdfast::events
