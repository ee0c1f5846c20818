// SPDX-License-Identifier: Apache-2.0
#include "run/catalogue.hpp"

#include "holdfast/checkpoint/memory.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/process/ask.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

namespace holdfast::run {

namespace {

namespace json = boost::json;
using recovery::ChoiceKind;

constexpr std::chrono::seconds patience{60};
constexpr std::string_view quiet_while_written = "2s";

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<std::uint64_t> number_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

Found unknown(std::string why) {
  Found found;
  found.choice.kind = ChoiceKind::unknown;
  found.choice.why = std::move(why);
  return found;
}

/// The checkpoint that was chosen, among all that are told.
const json::object* chosen_in(const json::object& all) {
  const json::value* chosen = all.if_contains("chosen");
  const json::value* list = all.if_contains("checkpoints");
  if (chosen == nullptr || !chosen->is_string() || list == nullptr || !list->is_array())
    return nullptr;
  for (const json::value& one : list->get_array())
    if (one.is_object() && text_at(one.get_object(), "path") == chosen->get_string())
      return &one.get_object();
  return nullptr;
}

Found good(const json::object& all, const json::object& one) {
  checkpoint::Checkpoint what;
  what.path = text_at(one, "path");
  what.format = text_at(one, "format");
  what.tag = text_at(one, "tag");
  what.step = number_at(one, "step");
  Found found;
  found.resumption = checkpoint::resumption(text_at(all, "root"), what);
  found.choice.kind = ChoiceKind::good;
  found.choice.resume = {found.resumption->path, what.step, what.format};
  found.choice.why = text_at(all, "why");
  found.bytes = number_at(one, "bytes").value_or(0);
  found.bytes_free = number_at(all, "bytes_free");
  if (const auto committed = number_at(one, "committed_ns"))
    found.committed_ns = static_cast<std::int64_t>(*committed);
  if (found.committed_ns) found.choice.committed_ms = *found.committed_ns / 1'000'000;
  return found;
}

}  // namespace

Found parse_found(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object())
    return unknown("the catalogue gave an answer that makes no sense");
  const json::object& all = parsed.get_object();
  const std::string choice = text_at(all, "choice");
  if (choice == "resume") {
    const json::object* one = chosen_in(all);
    return one == nullptr ? unknown("the catalogue chose what it does not list") : good(all, *one);
  }
  Found found;
  found.choice.why = text_at(all, "why");
  if (choice == "cold_start") {
    found.choice.kind = ChoiceKind::none_yet;
  } else if (choice == "none_good") {
    found.choice.kind = ChoiceKind::none_good;
  } else {
    found.choice.kind = ChoiceKind::unknown;
  }
  return found;
}

std::string shortage(const std::string& directory, const Found& found) {
  constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
  const std::uint64_t wanted = found.bytes + found.bytes / 5;
  if (!found.bytes_free || *found.bytes_free >= wanted) return {};
  return cat("the next save may find no room: ",
             *found.bytes_free / mebibyte,
             " MiB are free in ",
             directory,
             ", and ",
             found.choice.resume.path,
             " takes ",
             found.bytes / mebibyte,
             "; remove old checkpoints, or save elsewhere");
}

Found best_of(const std::vector<Found>& found) {
  const Found* best = nullptr;
  for (const Found& one : found) {
    if (one.choice.kind != ChoiceKind::good) continue;
    if (best == nullptr ||
        one.choice.resume.step.value_or(0) > best->choice.resume.step.value_or(0))
      best = &one;
  }
  const auto first = [&](ChoiceKind kind) {
    return std::ranges::find_if(found, [&](const Found& one) { return one.choice.kind == kind; });
  };
  // One that cannot be read may hold the newest: nobody chooses an older one past it.
  if (const auto hidden = first(ChoiceKind::unknown); hidden != found.end()) return *hidden;
  if (best != nullptr) return *best;
  if (const auto bad = first(ChoiceKind::none_good); bad != found.end()) return *bad;
  if (!found.empty()) return found.front();
  Found none;
  none.choice.kind = ChoiceKind::none_yet;
  none.choice.why = "no directory of checkpoints was named (--ckpt)";
  return none;
}

Found handed_over(Found found, const std::string& resume_arg) {
  if (!found.resumption) return found;
  const auto words = checkpoint::resume_arguments(resume_arg, *found.resumption);
  if (words) return found;
  Found none;
  none.choice.kind = ChoiceKind::none_good;
  none.choice.why = Failure(words.error()).within("--resume-arg").sentence();
  return none;
}

Catalogue::Catalogue(boost::asio::io_context& io,
                     Worker& disk,
                     Settings settings,
                     std::function<void(std::string)> warn)
    : io_(io), disk_(disk), settings_(std::move(settings)), warn_(std::move(warn)) {}

std::string Catalogue::sidecar_of(const Settings& settings, std::size_t directory) {
  return cat(settings.memory, "/", directory);
}

void Catalogue::read(const std::vector<std::string>& condemned,
                     bool writers_gone,
                     std::function<void(recovery::Choice)> told) {
  std::vector<Verdict> verdicts;
  for (const std::string& path : condemned)
    if (auto verdict = verdict_on(path)) verdicts.push_back(std::move(*verdict));
  if (verdicts.empty()) return ask(writers_gone, std::move(told));
  // Written down before anybody chooses again, and not by the event loop: the file system may hang.
  disk_.hand([verdicts = std::move(verdicts)] { return remembered(verdicts); },
             [this, writers_gone, told = std::move(told)](std::vector<std::string> paths) mutable {
               remembered_.insert(paths.begin(), paths.end());
               ask(writers_gone, std::move(told));
             });
}

void Catalogue::ask(bool writers_gone, std::function<void(recovery::Choice)> told) {
  struct Round {
    std::vector<Found> found;
    std::size_t open{};
    std::function<void(recovery::Choice)> told;
  };
  auto round = std::make_shared<Round>();
  round->found.resize(settings_.directories.size());
  round->open = settings_.directories.size();
  round->told = std::move(told);
  if (round->open == 0) return boost::asio::post(io_, [round] { round->told(best_of({}).choice); });
  for (std::size_t i = 0; i < settings_.directories.size(); ++i) {
    process::Command command{{settings_.program,
                              "ckpt",
                              "latest",
                              "--json",
                              "--sidecar",
                              sidecar_of(settings_, i),
                              "--quiet",
                              writers_gone ? "0s" : std::string(quiet_while_written)},
                             {},
                             {},
                             false};
    command.words.insert(command.words.end(), settings_.look.begin(), settings_.look.end());
    command.words.push_back(settings_.directories[i]);
    process::ask(
        io_, command, patience, [this, round, i, writers_gone](Result<process::Answer> answer) {
          if (!answer) {
            round->found[i] = unknown(answer.error().sentence());
          } else if (answer->output.empty()) {
            round->found[i] = unknown(std::string(trim(answer->errors)));
          } else {
            round->found[i] = parse_found(answer->output);
          }
          if (const auto& resumption = round->found[i].resumption) {
            seen_[resumption->path] = round->found[i];
            directory_of_[resumption->path] = i;
            const std::string sentence = shortage(settings_.directories[i], round->found[i]);
            if (!sentence.empty() && short_of_room_.insert(i).second) warn_(sentence);
          }
          if (--round->open != 0) return;
          Found best = best_of(round->found);
          // While an attempt runs, what it saves is only counted.
          if (writers_gone) best = handed_over(std::move(best), settings_.resume_arg);
          round->told(std::move(best.choice));
        });
  }
}

std::optional<Catalogue::Verdict> Catalogue::verdict_on(const std::string& path) const {
  if (remembered_.contains(path)) return std::nullopt;
  const auto seen = seen_.find(path);
  if (seen == seen_.end()) return std::nullopt;  // written down by who condemned it
  checkpoint::Checkpoint what;
  const checkpoint::Resumption& resumption = *seen->second.resumption;
  what.path = path == resumption.dir ? std::string() : resumption.name;
  if (path.starts_with(resumption.dir + "/")) what.path = path.substr(resumption.dir.size() + 1);
  what.step = resumption.step;
  if (seen->second.committed_ns)
    what.committed = checkpoint::Time(std::chrono::nanoseconds(*seen->second.committed_ns));
  const auto now = checkpoint::Time(std::chrono::system_clock::now().time_since_epoch());
  return Verdict{
      path,
      sidecar_of(settings_, directory_of_.at(path)),
      checkpoint::remember(
          checkpoint::Experience::condemned, what, "attempts that loaded it ended at once", now)};
}

/// Runs on the worker: writes verdicts down; the paths of those that could be.
std::vector<std::string> Catalogue::remembered(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> paths;
  paths.reserve(verdicts.size());
  for (const Verdict& verdict : verdicts) {
    std::error_code ignored;
    std::filesystem::create_directories(verdict.directory, ignored);
    if (checkpoint::append_memory(cat(verdict.directory, "/memory.jsonl"), verdict.entry))
      paths.push_back(verdict.path);
  }
  return paths;
}

std::optional<checkpoint::Resumption> Catalogue::resumption_of(const std::string& path) const {
  const auto seen = seen_.find(path);
  return seen == seen_.end() ? std::nullopt : seen->second.resumption;
}

}  // namespace holdfast::run
