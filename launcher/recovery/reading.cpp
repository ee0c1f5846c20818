// SPDX-License-Identifier: Apache-2.0
#include "recovery/reading.hpp"

#include "recovery/fingerprint.hpp"
#include "recovery/signals.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace holdfast::recovery {

namespace {

constexpr std::int64_t second = 1'000;
constexpr std::int64_t minute = 60 * second;
/// A line may reach us a little after the exit it explains.
constexpr std::int64_t late = 5 * second;
constexpr std::size_t most_echo_lines = 4;
constexpr unsigned no_tier = 9;

/// A signal that no exception of the program's ends in.
bool is_sudden(const RankExit* exit) {
  return exit != nullptr && exit->signal != 0 && exit->signal != signals::abort &&
         exit->signal != signals::terminate;
}

/// Words of srun's about what comes back by itself: the controller, a connection, busy nodes.
bool tells_of_what_passes(std::string_view words) {
  constexpr std::array passing{std::string_view("timed out"),
                               std::string_view("temporarily"),
                               std::string_view("contact"),
                               std::string_view("controller"),
                               std::string_view("onnect"),
                               std::string_view("ommunicat"),
                               std::string_view("busy"),
                               std::string_view("available"),
                               std::string_view("unge"),  // Munge and munge
                               std::string_view("redential"),
                               std::string_view("rotocol"),
                               std::string_view("configuration source"),
                               std::string_view("DNS"),
                               std::string_view("fork"),
                               std::string_view("emory")};
  return std::ranges::any_of(
      passing, [&](std::string_view one) { return words.find(one) != std::string_view::npos; });
}

class LineReader {
 public:
  LineReader(const Evidence& evidence, const RankIndex& ranks)
      : evidence_(evidence), ranks_(ranks), first_(first_exit(evidence.exits)) {
    if (first_ != nullptr) {
      end_ms_ = first_->at_ms;
    } else {
      for (const Line& line : evidence.lines)
        end_ms_ = std::max(end_ms_, line.at_ms);
    }
  }

  Reading read() {
    for (const Line& line : evidence_.lines)
      read_line(line);
    if (reading_.suspect && reading_.suspect->row != nullptr)
      reading_.nodes_saying_it = std::move(sayers_[reading_.suspect->row]);
    return std::move(reading_);
  }

 private:
  void read_line(const Line& line) {
    const SrunMessage message = parse_srun_message(line.text);
    if (message.kind != SrunMessageKind::other) {
      note_launch(message, line);
      return;
    }
    const Speaker speaker = ranks_.speaker_of(line);
    TracebackReader& stream = streams_[{speaker.node, speaker.rank ? *speaker.rank + 1 : 0}];
    auto exception = stream.read(speaker.text);
    const bool source = stream.within() && (speaker.text.empty() || speaker.text.front() == ' ');
    if (source) return;  // a line of a program may hold any words
    const FailureText* row = find_failure_text(speaker.text);
    if (is_sruns(line) && (row == nullptr || row->cause == Cause::user_error))
      return note_srun(line);
    if (row != nullptr && row->weight == Weight::echo && !(exception && is_final(*exception)))
      note_echo(line, speaker);
    else if (exception)
      note_exception(line, speaker, row, std::move(*exception));
    else if (row != nullptr && row->weight != Weight::advice)
      note_row(line, speaker, *row);
  }

  /// No rank ran, so no rank said it.
  [[nodiscard]] bool is_sruns(const Line& line) const {
    return never_ran() &&
           (line.text.starts_with("srun: error: ") || line.text.starts_with("srun: fatal: "));
  }

  [[nodiscard]] bool never_ran() const { return !evidence_.ranks_ran && evidence_.exits.empty(); }

  void note_srun(const Line& line) {
    if (reading_.srun_said.empty()) reading_.srun_said = shortened(line.text);
    if (tells_of_what_passes(line.text)) reading_.srun_may_do_later = true;
  }

  void note_launch(const SrunMessage& message, const Line& line) {
    // Of another srun than ours, which a rank started.
    if (message.kind == SrunMessageKind::refused && !never_ran()) return;
    const bool matters = message.kind == SrunMessageKind::step_not_created ||
                         message.kind == SrunMessageKind::launch_failed ||
                         message.kind == SrunMessageKind::refused ||
                         message.kind == SrunMessageKind::cannot_execute;
    // The first one names a node; "Application launch failed" comes behind it.
    if (!matters || reading_.launch) return;
    reading_.launch = message;
    reading_.launch_line = shortened(line.text);
  }

  void note_echo(const Line& line, const Speaker& speaker) {
    ++reading_.echoes;
    if (speaker.rank) reading_.echoing.insert(*speaker.rank);
    if (!reading_.first_echo_ms || line.at_ms < *reading_.first_echo_ms)
      reading_.first_echo_ms = line.at_ms;
    if (reading_.echo_lines.size() < most_echo_lines)
      reading_.echo_lines.push_back(shortened(line.text));
  }

  void note_exception(const Line& line,
                      const Speaker& speaker,
                      const FailureText* row,
                      PythonException exception) {
    if (row != nullptr && row->weight == Weight::advice) row = nullptr;
    const bool final = is_final(exception);
    Suspect suspect{.at_ms = line.at_ms,
                    .cause = row == nullptr || final ? Cause::user_error : row->cause,
                    .row = final ? nullptr : row,
                    .exception = std::move(exception),
                    .node = speaker.node,
                    .rank = speaker.rank,
                    .text = shortened(speaker.text),
                    .proof = final || (row != nullptr && row->weight == Weight::proof)};
    // What ended a traceback is no mere mention.
    offer(std::move(suspect), Weight::root);
  }

  void note_row(const Line& line, const Speaker& speaker, const FailureText& row) {
    if (!speaker.node.empty() && row.of_the_node) sayers_[&row].insert(speaker.node);
    Suspect suspect{.at_ms = line.at_ms,
                    .cause = row.cause,
                    .row = &row,
                    .exception = {},
                    .node = speaker.node,
                    .rank = speaker.rank,
                    .text = {},
                    .proof = row.weight == Weight::proof};
    if (tier_of(suspect, row.weight) > best_tier()) return;
    suspect.text = shortened(speaker.text);
    offer(std::move(suspect), row.weight);
  }

  [[nodiscard]] unsigned best_tier() const {
    return reading_.suspect ? reading_.suspect->tier : no_tier - 1;
  }

  void offer(Suspect suspect, Weight weight) {
    if (suspect.row != nullptr && suspect.row->of_the_node && !suspect.node.empty())
      sayers_[suspect.row].insert(suspect.node);
    suspect.tier = tier_of(suspect, weight);
    if (suspect.tier == no_tier) return;
    const auto& best = reading_.suspect;
    if (!best || suspect.tier < best->tier ||
        (suspect.tier == best->tier && suspect.at_ms < best->at_ms))
      reading_.suspect = std::move(suspect);
  }

  /// Lines matter by how much they prove and how close to the end they were printed: programs
  /// complain about much that they survive.
  [[nodiscard]] unsigned tier_of(const Suspect& suspect, Weight weight) const {
    const std::int64_t before = end_ms_ - suspect.at_ms;
    const bool of_program =
        suspect.cause == Cause::user_error || suspect.cause == Cause::bad_checkpoint;
    if (first_ != nullptr && before < -late) return no_tier;
    // A rank that was killed at once did not end by an exception, nor by a mere mention.
    if (is_sudden(first_) && (of_program || (weight == Weight::weak && !suspect.proof)))
      return no_tier;
    if (suspect.proof && !of_program) return before <= 10 * minute ? 0 : no_tier;
    if (suspect.proof && before <= 10 * second) return 0;
    if (suspect.proof || weight == Weight::root)
      return before <= minute ? 1 : before <= 10 * minute ? 2 : no_tier;
    return before <= minute ? 3 : no_tier;
  }

  const Evidence& evidence_;
  const RankIndex& ranks_;
  const RankExit* first_;
  std::int64_t end_ms_{std::numeric_limits<std::int64_t>::min()};
  std::map<std::pair<std::string, unsigned>, TracebackReader> streams_;  // by node and rank + 1
  std::map<const FailureText*, std::set<std::string>> sayers_;
  Reading reading_;
};

}  // namespace

const RankExit* first_exit(const std::vector<RankExit>& exits) {
  const RankExit* first = nullptr;
  for (const RankExit& exit : exits)
    if ((exit.exit_code != 0 || exit.signal != 0) &&
        (first == nullptr || exit.at_ms < first->at_ms))
      first = &exit;
  return first;
}

Reading read_lines(const Evidence& evidence, const RankIndex& ranks) {
  return LineReader(evidence, ranks).read();
}

}  // namespace holdfast::recovery
