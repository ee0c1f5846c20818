// SPDX-License-Identifier: Apache-2.0
// `holdfast ctl JOB WORD`: a word to the supervisor of a running job, from its owner.
#include "cli/ckpt/look.hpp"
#include "cli/printable.hpp"
#include "cli/run/home.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/sentinel/control.hpp"

#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::cli {

namespace {

constexpr std::array options_of_ctl{
    OptionSpec{"state", Takes::directory, "DIR", "the run's state directory; ~/.holdfast/JOB"},
    OptionSpec{"wait", Takes::text, "TIME", "how long to wait for the answer; 3m"},
};

std::string request_of(const std::vector<std::string>& words,
                       const affinity::Environment& environment) {
  boost::json::object request{{"word", words[1]}};
  boost::json::array arguments;
  for (std::size_t i = 2; i < words.size(); ++i)
    arguments.push_back(boost::json::value(words[i]));
  request["args"] = std::move(arguments);
  const auto user = environment.find("USER");
  request["user"] = user == environment.end() ? std::string("the owner") : user->second;
  return boost::json::serialize(request);
}

Result<ExitStatus> run_ctl(const ParsedOptions& options, Caller& caller) {
  const auto& words = options.operands();
  if (words.size() < 2)
    return Failure{FailureKind::bad_input,
                   "a job and a word are needed",
                   "write `holdfast ctl JOB save`, restart, `swap NODE`, stop-after-checkpoint, "
                   "pause-restarts or resume-restarts",
                   {}};
  const auto wait = duration_of(options, "wait", std::chrono::minutes(3));
  if (!wait) return wait.error();
  const auto state = state_of_job(options.value("state"), words[0], caller.environment);
  if (!state) return state.error();
  const auto token = sentinel::read_token(*state);
  if (!token) return token.error();
  const auto answer = sentinel::ask_supervisor(
      *state, words[0], *token, request_of(words, caller.environment), *wait);
  if (!answer) return answer.error();
  if (answer->outcome == sentinel::Outcome::wrong)
    return Failure{FailureKind::bad_input, printable(answer->sentence), "", {}};
  caller.out << printable(answer->sentence) << '\n';
  return answer->outcome == sentinel::Outcome::done ? ExitStatus::ok : ExitStatus::negative;
}

}  // namespace

const Verb ctl_verb{
    .name = "ctl",
    .summary = "a word to a running job's supervisor",
    .about =
        "WORD is save, restart, swap NODE, stop-after-checkpoint, pause-restarts or\n"
        "resume-restarts. Only the job's owner is heard.",
    .operands = {.shown = "JOB WORD [NODE]", .at_most = 3, .is_command = false},
    .options = options_of_ctl,
    .examples = "holdfast ctl 4711 save\nholdfast ctl 4711 swap n17",
    .run = run_ctl,
};

}  // namespace holdfast::cli
