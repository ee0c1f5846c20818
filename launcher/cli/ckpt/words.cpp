// SPDX-License-Identifier: Apache-2.0
#include "cli/ckpt/words.hpp"

#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <array>
#include <filesystem>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::cli {

using checkpoint::Catalogue;
using checkpoint::Checkpoint;
using checkpoint::Choice;
using checkpoint::Flag;
using checkpoint::Judgement;
using checkpoint::Listed;
using checkpoint::Time;

namespace {

namespace json = boost::json;

/// Flags a person has to know of before he relies on a checkpoint.
constexpr std::array telling_flags{Flag::model_only, Flag::torn_overwrite, Flag::suspect_holes};

bool is_condemned(std::span<const checkpoint::Condemned> condemned, const Listed& listed) {
  return checkpoint::find_condemned(condemned, listed.checkpoint) != nullptr;
}

json::object object_of(const Listed& listed) {
  const Checkpoint& checkpoint = listed.checkpoint;
  const Judgement& judgement = listed.judgement;
  json::object one{{"path", checkpoint.path}, {"format", checkpoint.format}};
  if (checkpoint.step) one["step"] = *checkpoint.step;
  if (!checkpoint.tag.empty()) one["tag"] = checkpoint.tag;
  if (checkpoint.committed) one["committed_ns"] = checkpoint.committed->time_since_epoch().count();
  one["bytes"] = listed.bytes;
  one["files"] = listed.files;
  one["verdict"] = checkpoint::to_text(judgement.verdict);
  one["level"] = checkpoint::to_text(judgement.reached);
  json::array flags;
  for (const Flag flag : checkpoint::members(judgement.flags))
    flags.push_back(json::value(checkpoint::to_text(flag)));
  one["flags"] = std::move(flags);
  one["why"] = judgement.why;
  json::array findings;
  for (const checkpoint::Finding& finding : judgement.findings)
    findings.push_back({{"file", finding.file},
                        {"verdict", checkpoint::to_text(finding.verdict)},
                        {"level", checkpoint::to_text(finding.level)},
                        {"why", finding.why}});
  one["findings"] = std::move(findings);
  return one;
}

std::string_view word_of(const Choice& choice) {
  constexpr std::array<std::string_view, 4> words{"resume", "wait", "cold_start", "none_good"};
  return words[choice.what.index()];
}

/// A row of the table: all but the last are padded.
using Row = std::array<std::string, 6>;

std::string aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], width_of(row[i]));
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i)
      out += padded(row[i], widths[i] + 2);
    out += cat(row.back(), '\n');
  }
  return out;
}

}  // namespace

std::string shown_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return cat(bytes, " B");
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < units.size()) {
    amount /= 1024;
    ++unit;
  }
  return cat(decimal(amount, 1), ' ', units[unit]);
}

std::string shown_files(std::uint64_t count) { return cat(count, count == 1 ? " file" : " files"); }

std::string shown_age(std::chrono::nanoseconds age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (seconds < 0) return "future";
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (seconds < 2 * minute) return cat(seconds, 's');
  if (seconds < 2 * hour) return cat(seconds / minute, 'm');
  if (seconds < 2 * day) return cat(seconds / hour, 'h');
  return cat(seconds / day, 'd');
}

std::string shown_path(const Checkpoint& checkpoint) {
  return checkpoint.path.empty() ? std::string("the directory itself") : printable(checkpoint.path);
}

std::string shown_verdict(const Listed& listed, bool condemned) {
  if (condemned) return "condemned";
  const bool looked = listed.judgement.reached > checkpoint::Level::listing;
  if (listed.judgement.verdict == checkpoint::Verdict::good && !looked) return "not looked into";
  std::string shown(checkpoint::to_text(listed.judgement.verdict));
  for (const Flag flag : telling_flags)
    if (listed.judgement.flags.contains(flag)) shown += cat(" [", checkpoint::to_text(flag), ']');
  return shown;
}

namespace {

/// The sentence about a checkpoint, with its name before it where it does not begin with that.
std::string named(const Checkpoint& checkpoint, const std::string& sentence) {
  const std::string name = shown_path(checkpoint);
  return sentence.starts_with(name) ? sentence : cat(name, ": ", sentence);
}

}  // namespace

std::string checkpoint_table(const Catalogue& catalogue,
                             std::span<const checkpoint::Condemned> condemned,
                             std::optional<std::size_t> chosen,
                             Time now) {
  std::vector<Row> rows{{"  STEP", "AGE", "SIZE", "FORMAT", "VERDICT", "WHY"}};
  for (std::size_t i = 0; i < catalogue.newest_first.size(); ++i) {
    const Listed& listed = catalogue.newest_first[i];
    const Checkpoint& one = listed.checkpoint;
    const auto* memory = checkpoint::find_condemned(condemned, one);
    const Time born = one.committed.value_or(listed.newest);
    rows.push_back(
        {cat(chosen == i ? "* " : "  ", one.step ? std::to_string(*one.step) : shown_path(one)),
         born == Time{} ? std::string("-") : shown_age(now - born),
         shown_bytes(listed.bytes),
         one.format,
         shown_verdict(listed, memory != nullptr),
         named(one, printable(memory != nullptr ? memory->why : listed.judgement.why))});
  }
  return aligned(rows);
}

std::string listed_json(const Listed& listed) { return json::serialize(object_of(listed)); }

std::string catalogue_json(const std::string& root,
                           const Catalogue& catalogue,
                           std::span<const checkpoint::Condemned> condemned,
                           const Choice& choice,
                           Time now) {
  json::object all{{"root", root}, {"format", catalogue.format}, {"choice", word_of(choice)}};
  all["why"] = choice_sentence(catalogue, choice);
  all["now_ns"] = now.time_since_epoch().count();
  std::error_code unknown;
  const auto space = std::filesystem::space(root, unknown);
  if (!unknown) all["bytes_free"] = space.available;
  const auto chosen = chosen_index(choice);
  all["chosen"] = chosen ? json::value(catalogue.newest_first[*chosen].checkpoint.path) : nullptr;
  json::array passed_over;
  for (const std::string& sentence : choice.passed_over)
    passed_over.push_back(json::value(sentence));
  all["passed_over"] = std::move(passed_over);
  json::array checkpoints;
  for (const Listed& listed : catalogue.newest_first) {
    json::object one = object_of(listed);
    one["condemned"] = is_condemned(condemned, listed);
    checkpoints.push_back(std::move(one));
  }
  all["checkpoints"] = std::move(checkpoints);
  json::array notes;
  for (const checkpoint::Finding& note : catalogue.notes)
    notes.push_back({{"file", note.file}, {"why", note.why}});
  all["notes"] = std::move(notes);
  return json::serialize(all);
}

ExitStatus status_of(const Choice& choice) {
  if (std::holds_alternative<checkpoint::Resume>(choice.what)) return ExitStatus::ok;
  if (std::holds_alternative<checkpoint::ColdStart>(choice.what)) return ExitStatus::negative;
  return ExitStatus::none_good;
}

std::optional<std::size_t> chosen_index(const Choice& choice) {
  const auto* resume = std::get_if<checkpoint::Resume>(&choice.what);
  return resume == nullptr ? std::nullopt : std::optional(resume->index);
}

std::string choice_sentence(const Catalogue& catalogue, const Choice& choice) {
  if (const auto* resume = std::get_if<checkpoint::Resume>(&choice.what))
    return cat("resume from ",
               shown_path(catalogue.newest_first[resume->index].checkpoint),
               ": ",
               printable(resume->why));
  if (const auto* wait = std::get_if<checkpoint::WaitFor>(&choice.what))
    return cat("wait: ", printable(wait->why));
  if (const auto* cold = std::get_if<checkpoint::ColdStart>(&choice.what))
    return cat("start from the beginning: ", printable(cold->why));
  const auto& none = std::get<checkpoint::NoneGood>(choice.what);
  return cat("do not start: ", printable(none.why), "; ", printable(none.remedy));
}

}  // namespace holdfast::cli
