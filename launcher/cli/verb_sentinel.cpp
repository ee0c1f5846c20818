// SPDX-License-Identifier: Apache-2.0
// `holdfast sentinel`: what the supervisor starts on every node, by one srun. Not for people, so no
// help screen lists it; holdfast-sentinel(8) tells what it does.
#include "cli/run/home.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/duration.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/sentinel/control.hpp"
#include "holdfast/sentinel/sentinel.hpp"
#include "holdfast/sentinel/witness.hpp"

#include <array>

namespace holdfast::cli {

namespace {

constexpr std::array options_of_sentinel{
    OptionSpec{.name = "supervisor",
               .takes = Takes::text,
               .argument = "ADDRESS:PORT",
               .help = "where the supervisor listens; numeric",
               .repeatable = true},
    OptionSpec{"state", Takes::directory, "DIR", "the run's state directory, seen by all nodes"},
    OptionSpec{"witness", Takes::text, "WORD", "what must be seen in the state directory"},
    OptionSpec{
        "check-every", Takes::text, "TIME", "look at the node's health; 0: after a loss only"},
    OptionSpec{"job", Takes::text, "ID", "the job; $SLURM_JOB_ID"},
    OptionSpec{"node", Takes::text, "NAME", "this node; $SLURMD_NODENAME"},
};

constexpr std::chrono::seconds patience_with_witness{5};

Failure asked_wrong(std::string what) {
  return {FailureKind::bad_input,
          std::move(what),
          "the supervisor starts sentinels: see holdfast-sentinel(8)",
          {}};
}

std::string told(const ParsedOptions& options,
                 std::string_view option,
                 const affinity::Environment& environment,
                 std::string_view variable) {
  if (auto said = options.value(option)) return *said;
  const auto found = environment.find(variable);
  return found == environment.end() ? std::string() : found->second;
}

/// All --supervisor of one port: 10.0.0.1:4000, [fd00::1]:4000.
Result<sentinel::Endpoint> endpoint_of(const std::vector<std::string>& places) {
  sentinel::Endpoint endpoint;
  endpoint.addresses.reserve(places.size());
  for (const std::string& place : places) {
    const auto colon = place.rfind(':');
    const auto port = colon == std::string::npos
                          ? std::nullopt
                          : parse_number<std::uint16_t>(std::string_view(place).substr(colon + 1));
    if (!port || *port == 0 || (endpoint.port != 0 && endpoint.port != *port))
      return asked_wrong(cat("\"", place, "\" is no ADDRESS:PORT"));
    endpoint.port = *port;
    std::string address = place.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
      address = address.substr(1, address.size() - 2);
    endpoint.addresses.push_back(std::move(address));
  }
  if (endpoint.addresses.empty()) return asked_wrong("--supervisor is missing");
  return endpoint;
}

Result<ExitStatus> run_the_sentinel(const ParsedOptions& options, Caller& caller) {
  sentinel::SentinelSettings settings;
  settings.job = told(options, "job", caller.environment, "SLURM_JOB_ID");
  if (settings.job.empty()) return asked_wrong("this is no job of Slurm's, and --job is missing");
  settings.node = told(options, "node", caller.environment, "SLURMD_NODENAME");
  if (settings.node.empty())
    return asked_wrong("this is no step of Slurm's, and --node is missing");
  auto endpoint = endpoint_of(options.values("supervisor"));
  if (!endpoint) return endpoint.error();
  settings.supervisor = std::move(*endpoint);
  settings.state = options.value("state").value_or("");
  // Before all else: where there is no munge, the secret lies in the same directory.
  const auto witness = options.value("witness");
  if (witness && !sentinel::sees_witness(settings.state, *witness, patience_with_witness)) {
    caller.voice.note(cat(settings.node, " does not see the state directory ", settings.state));
    return static_cast<ExitStatus>(sentinel::state_not_shared);
  }
  if (!settings.state.empty()) {
    auto token = sentinel::read_token(settings.state);
    if (!token) return token.error();
    settings.token = std::move(*token);
  }
  settings.successor = options.operands();
  if (const auto every = options.value("check-every")) {
    const auto time = parse_duration(*every);
    if (!time) return Failure(time.error()).within("--check-every");
    const auto program = own_program();
    if (!program) return program.error();
    settings.check_every = *time;
    settings.check = {*program, "check", "--tier", "job", "--json"};
  }
  const auto ended = sentinel::run_sentinel(settings);
  if (!ended) return ended.error();
  return static_cast<ExitStatus>(*ended);
}

}  // namespace

const Verb sentinel_verb{
    .name = "sentinel",
    .summary = "watch over a node of a supervised job; started by the supervisor",
    .about =
        "Beats to the supervisor, tells what the node sees, ends ranks when told to or when "
        "nobody\n"
        "acknowledges its beats, and elects a successor. SUCCESSOR is what the elected one starts.",
    .operands = {.shown = "[--] [SUCCESSOR [ARGUMENT...]]",
                 .at_most = static_cast<std::size_t>(-1),
                 .is_command = true},
    .options = options_of_sentinel,
    .examples = "",
    .run = run_the_sentinel,
};

}  // namespace holdfast::cli
