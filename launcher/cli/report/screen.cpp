// SPDX-License-Identifier: Apache-2.0
#include "cli/report/screen.hpp"

#include "cli/printable.hpp"
#include "cli/render/ink.hpp"
#include "cli/render/words.hpp"
#include "cli/report/words.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/accounts.hpp"

#include <algorithm>

namespace holdfast::cli {

using events::AttemptState;
using events::RunState;

namespace {

/// Long texts are for the report.
constexpr std::size_t most_letters = 160;

std::string clipped_to_screen(std::string_view text) {
  std::string shown = printable(text);
  if (width_of(shown) <= most_letters) return shown;
  std::size_t end = most_letters;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80U)
    --end;
  return cat(std::string_view(shown).substr(0, end), "...");
}

std::string ago(std::int64_t at_ms, std::int64_t now) {
  return cat(shown_span(at_ms, now), " ago");
}

Fact fact_of_nodes(const RunState& state) {
  const AttemptState* attempt = state.newest_attempt();
  const auto spares = state.spares();
  const auto lost = state.lost_nodes();
  std::string text = cat(attempt == nullptr ? 0 : attempt->nodes.size(), " in the attempt");
  text += cat(", ", count(spares.size(), "spare"));
  if (!spares.empty()) text += cat(" (", shown_names(spares), ')');
  text += cat(", ", lost.size(), " lost");
  if (!lost.empty()) text += cat(" (", shown_names(lost), ')');
  return {"nodes", std::move(text)};
}

Fact fact_of_attempt(const AttemptState& attempt, std::int64_t now) {
  std::string text = cat(attempt.number, ", from ", shown_resume(attempt.resume));
  if (attempt.ended_ms)
    text += cat(", ended ", ago(*attempt.ended_ms, now), ": ", shown_end(attempt));
  else if (attempt.running_ms)
    text += cat(", all ranks running since ",
                shown_moment(*attempt.running_ms),
                " (",
                shown_span(*attempt.running_ms, now),
                ')');
  else
    text += cat(", launched ", ago(attempt.started_ms, now));
  return {"attempt", std::move(text)};
}

void put_checkpoint(std::vector<Fact>& facts, const SeenRun& run, std::int64_t now) {
  const auto* newest = run.state.newest_checkpoint();
  if (newest == nullptr) {
    facts.push_back({"checkpoint", "none was seen yet"});
    return;
  }
  std::string text = clipped_to_screen(newest->path);
  if (newest->step) text += cat(", step ", *newest->step);
  facts.push_back({"checkpoint", cat(text, ", ", ago(newest->at_ms, now))});
  const auto accounts = events::account(run.state, run.as_of_ms);
  if (accounts.at_risk_ms > 0)
    facts.push_back({"at risk", cat(shown_span(accounts.at_risk_ms), " of work since then")});
}

void put_losses(std::vector<Fact>& facts, const RunState& state, std::int64_t now) {
  const AttemptState* attempt = state.newest_loss();
  if (attempt == nullptr) return;
  facts.push_back({"last loss",
                   cat("attempt ",
                       attempt->number,
                       ", ",
                       shown_word(attempt->loss->cause),
                       ", ",
                       ago(attempt->ended_ms.value_or(now), now),
                       ": ",
                       clipped_to_screen(attempt->loss->why))});
  if (attempt->decided)
    facts.push_back({"decided",
                     cat(shown_word(attempt->decided->decision),
                         ": ",
                         clipped_to_screen(attempt->decided->why))});
}

}  // namespace

bool is_silent(const SeenRun& run, std::int64_t now) {
  return !run.state.ended && !run.state.requeued && now - run.as_of_ms > silence_ms;
}

std::string status_screen(const SeenRun& run, std::int64_t now, const Looks& looks) {
  const Ink ink(looks);
  const RunState& state = run.state;
  const bool troubled =
      !state.lost_nodes().empty() || is_silent(run, now) || (state.ended && state.ended->exit != 0);
  const std::string phase = shown_word(phase_of(state));
  std::string out = cat("job ", printable(state.job), ": ");
  out += cat(troubled ? ink.bad(phase) : ink.strong(phase), '\n');
  std::vector<Fact> facts;
  facts.push_back({"since", cat(shown_moment(state.first_ms), ", ", ago(state.first_ms, now))});
  facts.push_back({"command", clipped_to_screen(shown_command(state.command))});
  if (state.ended)
    facts.push_back({"ended",
                     cat(shown_moment(run.as_of_ms),
                         " with ",
                         state.ended->exit,
                         ": ",
                         clipped_to_screen(state.ended->why))});
  if (state.requeued) facts.push_back({"requeued", clipped_to_screen(state.requeued->why)});
  facts.push_back(
      {"supervisor",
       cat("on ",
           printable(state.supervisor),
           ", last sign ",
           ago(run.as_of_ms, now),
           state.take_overs.empty() ? std::string()
                                    : cat(", ", count(state.take_overs.size(), "take-over")))});
  facts.push_back(fact_of_nodes(state));
  if (const AttemptState* attempt = state.newest_attempt())
    facts.push_back(fact_of_attempt(*attempt, now));
  put_checkpoint(facts, run, now);
  put_losses(facts, state, now);
  if (const auto* paused = state.restarts_paused(); paused != nullptr && !state.ended)
    facts.push_back({"restarts",
                     cat("paused since ",
                         shown_moment(paused->at_ms),
                         " by ",
                         printable(paused->what.user),
                         "; `holdfast ctl ",
                         printable(state.job),
                         " resume-restarts` ends that")});
  if (state.save_asked)
    facts.push_back({"saving", cat("asked for: ", clipped_to_screen(state.save_asked->why))});
  facts.push_back({"ETTR", shown_share(events::account(state, run.as_of_ms).ettr)});
  return out + aligned_facts(facts, "  ");
}

std::string status_table(std::span<const SeenRun> runs, std::int64_t now) {
  Table table{{"JOB", "PHASE", "ATTEMPT", "NODES", "LOST", "STEP", "ETTR", "LAST SIGN"}};
  table.reserve(runs.size() + 1);
  for (const SeenRun& run : runs) {
    const AttemptState* attempt = run.state.newest_attempt();
    const auto* newest = run.state.newest_checkpoint();
    table.push_back({printable(run.state.job),
                     shown_word(phase_of(run.state)),
                     attempt == nullptr ? "-" : cat(attempt->number),
                     cat(attempt == nullptr ? 0 : attempt->nodes.size()),
                     cat(run.state.lost_nodes().size()),
                     newest != nullptr && newest->step ? cat(*newest->step) : "-",
                     shown_share(events::account(run.state, run.as_of_ms).ettr),
                     cat(ago(run.as_of_ms, now), is_silent(run, now) ? " (silent)" : "")});
  }
  return aligned_table(table, "");
}

}  // namespace holdfast::cli
