// SPDX-License-Identifier: Apache-2.0
#include "holdfast/run/settings.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <csignal>

namespace holdfast::run {

namespace {

/// Lists go into one word; no path holds a newline that anyone meant.
std::string lines(const std::vector<std::string>& list) { return join(list, "\n"); }

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> list;
  for (const std::string_view line : split(text, '\n'))
    list.emplace_back(line);
  return list;
}

struct Named {
  std::string_view name;
  int number;
};
constexpr std::array signals{Named{"USR1", SIGUSR1},
                             Named{"USR2", SIGUSR2},
                             Named{"HUP", SIGHUP},
                             Named{"INT", SIGINT},
                             Named{"QUIT", SIGQUIT},
                             Named{"TERM", SIGTERM},
                             Named{"CONT", SIGCONT},
                             Named{"WINCH", SIGWINCH},
                             Named{"URG", SIGURG}};

/// Reads the words back, keeping the first thing that is wrong.
class Words {
 public:
  explicit Words(const std::map<std::string, std::string>& words) : words_(words) {}

  [[nodiscard]] const std::string* text(std::string_view name) const {
    const auto found = words_.find(std::string(name));
    return found == words_.end() ? nullptr : &found->second;
  }
  template <class Number>
  void number(std::string_view name, Number& into) {
    if (const auto* word = text(name)) {
      if (const auto value = parse_number<std::uint64_t>(*word))
        into = static_cast<Number>(*value);
      else
        wrong(name, *word);
    }
  }
  template <class Number>
  void number(std::string_view name, std::optional<Number>& into) {
    if (text(name) != nullptr) number(name, into.emplace());
  }
  void time(std::string_view name, Milliseconds& into) {
    auto count = static_cast<std::uint64_t>(into.count());
    number(name, count);
    into = Milliseconds(count);
  }
  void yes(std::string_view name, bool& into) const {
    if (const auto* word = text(name)) into = *word == "yes";
  }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  void wrong(std::string_view name, const std::string& word) {
    if (!failure_)
      failure_ = Failure{FailureKind::unreadable,
                         cat("the log's setting ", name, " is '", word, "', which is no number"),
                         "",
                         {}};
  }

  const std::map<std::string, std::string>& words_;
  std::optional<Failure> failure_;
};

}  // namespace

std::map<std::string, std::string> to_words(const Settings& settings) {
  const auto yes = [](bool on) { return std::string(on ? "yes" : "no"); };
  const auto ms = [](Milliseconds time) { return std::to_string(time.count()); };
  std::map<std::string, std::string> words{
      {"directory", settings.directory},
      {"spares", std::to_string(settings.spares)},
      {"trim", yes(settings.trims)},
      {"checkpoints", lines(settings.checkpoints)},
      {"look", lines(settings.look)},
      {"sum_up", yes(settings.sums_up)},
      {"resume_arg", settings.resume_arg},
      {"max_restarts", std::to_string(settings.policy.max_restarts)},
      {"max_requeues", std::to_string(settings.policy.max_requeues)},
      {"no_progress", std::to_string(settings.policy.no_progress)},
      {"on_exhausted",
       settings.policy.on_exhausted == recovery::Exhausted::requeue ? "requeue" : "fail"},
      {"save_lead_ms", ms(settings.save_lead)},
      {"node_timeout_ms", ms(settings.node_timeout)},
      {"launch_timeout_ms", ms(settings.launch_timeout)},
      {"hang_watch", yes(settings.hang_watch)},
      {"check_every_ms", ms(settings.check_every)},
      {"place", yes(settings.place)},
      {"explain", yes(settings.explains)},
      {"submit_again", yes(settings.submits_again)},
      {"program_requeues", yes(settings.program_requeues)},
      {"output_cap", std::to_string(settings.output_cap)},
  };
  if (settings.nodes) words["nodes"] = std::to_string(*settings.nodes);
  if (settings.policy.shrink_to) words["shrink_to"] = std::to_string(*settings.policy.shrink_to);
  if (settings.save_signal) words["save_signal"] = std::to_string(*settings.save_signal);
  if (settings.hang_timeout) words["hang_timeout_ms"] = ms(*settings.hang_timeout);
  return words;
}

Result<Settings> from_words(const std::map<std::string, std::string>& words,
                            std::vector<std::string> command,
                            std::string state) {
  Settings settings;
  settings.command = std::move(command);
  settings.state = std::move(state);
  Words read(words);
  const auto text = [&](std::string_view name) {
    const auto* word = read.text(name);
    return word == nullptr ? std::string() : *word;
  };
  settings.directory = text("directory");
  settings.checkpoints = list_of(text("checkpoints"));
  settings.look = list_of(text("look"));
  settings.resume_arg = text("resume_arg");
  settings.policy.on_exhausted =
      text("on_exhausted") == "fail" ? recovery::Exhausted::fail : recovery::Exhausted::requeue;
  read.number("spares", settings.spares);
  read.number("nodes", settings.nodes);
  read.number("max_restarts", settings.policy.max_restarts);
  read.number("max_requeues", settings.policy.max_requeues);
  read.number("no_progress", settings.policy.no_progress);
  read.number("shrink_to", settings.policy.shrink_to);
  read.number("save_signal", settings.save_signal);
  read.number("output_cap", settings.output_cap);
  read.time("save_lead_ms", settings.save_lead);
  read.time("node_timeout_ms", settings.node_timeout);
  read.time("launch_timeout_ms", settings.launch_timeout);
  read.time("check_every_ms", settings.check_every);
  if (read.text("hang_timeout_ms") != nullptr)
    read.time("hang_timeout_ms", settings.hang_timeout.emplace());
  read.yes("hang_watch", settings.hang_watch);
  read.yes("place", settings.place);
  read.yes("sum_up", settings.sums_up);
  read.yes("trim", settings.trims);
  read.yes("explain", settings.explains);
  read.yes("submit_again", settings.submits_again);
  read.yes("program_requeues", settings.program_requeues);
  if (read.failure()) return *read.failure();
  return settings;
}

Result<int> parse_signal(std::string_view text) {
  std::string_view name = text;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (const Named& signal : signals)
    if (signal.name == name) return signal.number;
  if (const auto number = parse_number<unsigned>(text); number && *number > 0 && *number < 64)
    return static_cast<int>(*number);
  return Failure{FailureKind::bad_input,
                 cat("'", text, "' is no signal that a program could take as a wish to save"),
                 "write USR1 or USR2",
                 {}};
}

}  // namespace holdfast::run
