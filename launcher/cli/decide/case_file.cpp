// SPDX-License-Identifier: Apache-2.0
#include "cli/decide/case_file.hpp"

#include "cli/decide/fields.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/recovery/classify.hpp"

#include <utility>

#include <boost/json/parse.hpp>

namespace holdfast::cli {

namespace {

namespace json = boost::json;
using recovery::Evidence;

std::optional<recovery::ChoiceKind> parse_choice_kind(std::string_view word) {
  using enum recovery::ChoiceKind;
  if (word == "good") return good;
  if (word == "none_yet") return none_yet;
  if (word == "none_good") return none_good;
  if (word == "unknown") return unknown;
  return std::nullopt;
}

std::optional<recovery::Exhausted> parse_exhausted(std::string_view word) {
  if (word == "requeue") return recovery::Exhausted::requeue;
  if (word == "fail") return recovery::Exhausted::fail;
  return std::nullopt;
}

void read_resume(Fields& fields, recovery::Resume& resume) {
  fields.read("path", resume.path);
  fields.read("step", resume.step);
  fields.read("format", resume.format);
  if (resume.path.empty()) fields.refuse("path", "is missing");
}

void read_policy(Fields& fields, recovery::Policy& policy) {
  fields.read("max_restarts", policy.max_restarts);
  fields.read("max_requeues", policy.max_requeues);
  fields.read("no_progress", policy.no_progress);
  fields.read("shrink_to", policy.shrink_to);
  fields.read_word("on_exhausted", policy.on_exhausted, parse_exhausted);
  fields.read("can_requeue", policy.can_requeue);
  fields.read("condemn_within_ms", policy.condemn_within_ms);
  fields.read_map("budgets", [&](std::string_view word, Fields& map) {
    const auto cause = recovery::parse_cause(word);
    if (!cause) {
      map.refuse(word, "is no cause");
      return;
    }
    recovery::Budget budget = recovery::usual_budget(*cause);
    map.read_inside(word, [&](Fields& one) {
      one.read("restarts", budget.restarts);
      one.read("first_wait_ms", budget.first_wait_ms);
      one.read("second_wait_ms", budget.second_wait_ms);
      one.read("most_wait_ms", budget.most_wait_ms);
      if (budget.first_wait_ms < 0 || budget.second_wait_ms < 0 || budget.most_wait_ms < 0)
        one.refuse("", "has a wait below 0");
    });
    policy.budgets[*cause] = budget;
  });
}

void read_ground(Fields& fields, recovery::Ground& ground) {
  fields.read("in_use", ground.in_use);
  ground.wanted = static_cast<unsigned>(ground.in_use.size());
  fields.read("wanted", ground.wanted);
  fields.read("spares", ground.spares);
  fields.read("unfit", ground.unfit);
  fields.read_map("leaf", [&](std::string_view node, Fields& map) {
    map.read(node, ground.leaf[std::string(node)]);
  });
}

void read_choice(Fields& fields, recovery::Choice& choice) {
  fields.read_word("kind", choice.kind, parse_choice_kind);
  fields.read("why", choice.why);
  fields.read("asked", choice.asked);
  fields.read_inside("resume", [&](Fields& one) { read_resume(one, choice.resume); });
  if (choice.kind == recovery::ChoiceKind::good && choice.resume.path.empty())
    fields.refuse("resume", "is missing, and the choice is good");
}

void read_loss(Fields& fields, recovery::Loss& loss) {
  fields.read_word("cause", loss.cause, recovery::parse_cause);
  fields.read("blamed", loss.blamed);
  fields.read("why", loss.why);
  fields.read("fingerprint", loss.fingerprint);
  fields.read("self_proving", loss.self_proving);
  fields.read("evidence", loss.evidence);
  fields.read("exit_code", loss.exit_code);
}

void read_attempt(Fields& fields, recovery::Attempt& attempt) {
  fields.read("number", attempt.number);
  fields.read("started_ms", attempt.started_ms);
  fields.read("running_ms", attempt.running_ms);
  fields.read("ended_ms", attempt.ended_ms);
  fields.read_inside("resume", [&](Fields& one) { read_resume(one, attempt.resume.emplace()); });
  fields.read("newest_step", attempt.newest_step);
  fields.read("nodes", attempt.nodes);
  fields.read_inside("loss", [&](Fields& one) { read_loss(one, attempt.loss); });
}

void read_history(Fields& fields, recovery::History& history) {
  fields.read("requeues", history.requeues);
  fields.read_each("attempts", [&](Fields& one) {
    recovery::Attempt& attempt = history.attempts.emplace_back();
    attempt.number = static_cast<unsigned>(history.attempts.size());
    read_attempt(one, attempt);
  });
}

void read_exit(Fields& fields, recovery::RankExit& exit) {
  fields.read("rank", exit.rank);
  fields.read("node", exit.node);
  fields.read("exit_code", exit.exit_code);
  fields.read("signal", exit.signal);
  fields.read("core", exit.core);
  fields.read("out_of_memory", exit.out_of_memory);
  fields.read("at_ms", exit.at_ms);
}

void read_hang(Fields& fields, recovery::HangSigns& hang) {
  fields.read("quiet_ms", hang.quiet_ms);
  fields.read("timeout_ms", hang.timeout_ms);
  fields.read("nodes", hang.nodes);
  fields.read("signs", hang.signs);
}

void read_evidence(Fields& fields, Evidence& evidence) {
  fields.read_each("ranks", [&](Fields& one) {
    recovery::RankBlock& block = evidence.ranks.emplace_back();
    one.read("node", block.node);
    one.read("first", block.first);
    one.read("count", block.count);
  });
  fields.read_each("exits", [&](Fields& one) { read_exit(one, evidence.exits.emplace_back()); });
  fields.read_each("lines", [&](Fields& one) {
    recovery::Line& line = evidence.lines.emplace_back();
    one.read("at_ms", line.at_ms);
    one.read("node", line.node);
    one.read("rank", line.rank);
    one.read("text", line.text);
  });
  fields.read_each("signs", [&](Fields& one) {
    recovery::NodeSign& sign = evidence.signs.emplace_back();
    one.read("node", sign.node);
    one.read_word("kind", sign.kind, recovery::parse_sign_kind);
    one.read("text", sign.text);
    one.read("at_ms", sign.at_ms);
  });
  fields.read_each("lost_nodes", [&](Fields& one) {
    recovery::LostNode& lost = evidence.lost_nodes.emplace_back();
    one.read("node", lost.node);
    one.read("how", lost.how);
    one.read("silent_ms", lost.silent_ms);
  });
  if (fields.has("slurm"))
    fields.read_word("slurm", evidence.slurm.emplace(), recovery::parse_slurm_verdict);
  fields.read_inside("hang", [&](Fields& one) { read_hang(one, evidence.hang.emplace()); });
  fields.read("ran_ms", evidence.ran_ms);
  fields.read("ranks_ran", evidence.ranks_ran);
  fields.read("resumed", evidence.resumed);
  fields.read("srun_exit", evidence.srun_exit);
}

}  // namespace

Result<DecideCase> parse_case(std::string_view text) {
  json::parse_options options;
  options.max_depth = 16;
  json::error_code error;
  const json::value file = json::parse(text, error, {}, options);
  if (error)
    return Failure{FailureKind::bad_input,
                   cat("it is no JSON: ", error.message()),
                   "holdfast-decide(1) describes the file",
                   {}};
  std::optional<Failure> mistake;
  DecideCase all;
  Fields fields(file, "", mistake);
  fields.read_inside("policy", [&](Fields& one) { read_policy(one, all.policy); });
  fields.read_inside("ground", [&](Fields& one) { read_ground(one, all.ground); });
  fields.read_inside("choice", [&](Fields& one) { read_choice(one, all.choice); });
  fields.read_inside("history", [&](Fields& one) { read_history(one, all.history); });
  if (all.history.attempts.empty()) fields.refuse("history.attempts", "names no attempt");
  fields.read_inside("evidence", [&](Fields& one) {
    Evidence evidence;
    read_evidence(one, evidence);
    if (!one.failed()) all.history.attempts.back().loss = recovery::classify(evidence);
  });
  fields.end();
  if (mistake) return *mistake;
  return all;
}

}  // namespace holdfast::cli
