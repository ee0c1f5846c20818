// SPDX-License-Identifier: Apache-2.0
// `holdfast exec -- CMD`: the calling rank takes its own place and becomes CMD. The same placement
// as the plugin's, for clusters without it, for workers of torchrun, for mpirun. Every rank of a
// node computes the whole node's plan and takes its own row: the plan is pure, so they agree
// without talking. Fails open: what cannot be bound runs unbound and says so, unless --strict.
#include "cli/planning.hpp"
#include "cli/verbs.hpp"
#include "holdfast/affinity/apply.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"
#include "holdfast/step/facts.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::cli {

namespace {

using affinity::Environment;

constexpr std::array own_options{
    OptionSpec{
        "workers", Takes::number, "W", "workers the launcher on this node starts (torchrun)"},
    OptionSpec{"explain", Takes::nothing, "", "say where this rank runs and why, on stderr"},
    OptionSpec{"strict", Takes::nothing, "", "refuse to run what cannot be bound (exit 121)"},
};
constexpr auto options_of_exec = with_planning_options(own_options);

const std::string* variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? nullptr : &found->second;
}

/// The CPU list the plugin gave this very step: a worker below a bound rank sees only that rank's
/// mask.
std::optional<std::string> cpus_of_step(const Environment& environment) {
  const auto* step = variable(environment, "HOLDFAST_STEP");
  const auto* job = variable(environment, "SLURM_JOB_ID");
  const auto* id = variable(environment, "SLURM_STEP_ID");
  const auto* cpus = variable(environment, "HOLDFAST_STEP_CPUS");
  if (step == nullptr || job == nullptr || id == nullptr || cpus == nullptr) return std::nullopt;
  if (*step != cat(*job, '.', *id)) return std::nullopt;
  return *cpus;
}

Result<step::Planned> plan_here(const ParsedOptions& options,
                                const step::StepFacts& facts,
                                const Environment& environment) {
  auto request = planning_request(options, environment);
  if (!request) return request.error();
  request->local_ranks = facts.rank.local_size;
  request->in_step = variable(environment, "SLURM_STEP_ID") != nullptr;
  if (auto bound = step::cpus_bound_by_slurm(environment)) {
    request->allowed = std::move(*bound);
  } else if (auto allowed = affinity::read_allowed_cpus()) {
    request->allowed = std::move(*allowed);
  }
  if (!request->cpus) request->cpus = cpus_of_step(environment);
  return step::make_planned(*request, environment);
}

/// Whether somebody listens on the port already. Only rank 0's node can tell, and only if nobody
/// else could have looked.
bool port_is_taken(std::uint16_t port) {
  const files::Descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.open()) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  const int one = 1;
  (void)::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  return ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == EADDRINUSE;
}

void warn_of_port(const step::StepFacts& facts, const Environment& environment, Voice& voice) {
  const step::Rendezvous meeting = step::rendezvous_of(environment);
  if (facts.rank.rank.value != 0 || facts.rank.world_size < 2 || !meeting.computed || !meeting.port)
    return;
  if (port_is_taken(*meeting.port))
    voice.warning(
        cat("port ",
            *meeting.port,
            ", computed for MASTER_PORT, is in use on this node; set MASTER_PORT before srun"));
}

/// Carries out what was decided for the calling process; the first thing that fails is returned,
/// the rest is done all the same.
std::optional<Failure> take_place(const affinity::RankOrders& orders) {
  std::optional<Failure> first;
  if (auto bound = affinity::apply_cpus(orders.cpus); !bound) first = bound.error();
  if (auto set = affinity::apply_memory(orders.memory); !set && !first) first = set.error();
  for (const auto& [name, value] : orders.environment)
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, about to exec
    ::setenv(name.c_str(), value.c_str(), 1);
  return first;
}

ExitStatus become(const std::vector<std::string>& command, Voice& voice) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));  // exec's signature predates const
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  const int error = errno;
  const Failure failure{error == ENOENT ? FailureKind::not_found : FailureKind::denied,
                        cat(command.front(), " cannot be executed"),
                        "",
                        errno_code(error)};
  return voice.refuse(failure,
                      error == ENOENT ? ExitStatus::command_not_found : ExitStatus::cannot_execute);
}

/// One rank of a node speaks for all where the trouble is the node's.
void tell_once(const step::StepFacts& facts, Voice& voice, std::string_view sentence) {
  if (facts.rank.local_rank.value == 0) voice.warning(sentence);
}

Result<ExitStatus> run_exec(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return caller.voice.refuse(
        {FailureKind::bad_input, "exec needs a command", "write: holdfast exec -- COMMAND", {}},
        ExitStatus::failed);
  const bool strict = options.has("strict");
  const auto facts = step::facts_of(caller.environment, options.number("workers"));
  if (!facts) {
    if (strict) return caller.voice.refuse(facts.error(), ExitStatus::no_plan);
    caller.voice.warning(cat("running unbound: ", facts.error().sentence()));
    return become(options.operands(), caller.voice);
  }
  const auto planned = plan_here(options, *facts, caller.environment);
  if (!planned) {
    if (strict) return caller.voice.refuse(planned.error(), ExitStatus::no_plan);
    tell_once(*facts, caller.voice, cat("running unbound: ", planned.error().sentence()));
    return become(options.operands(), caller.voice);
  }
  warn_of_port(*facts, caller.environment, caller.voice);
  if (const auto warning = step::narrowed_warning(*planned); !warning.empty())
    tell_once(*facts, caller.voice, warning);
  for (const std::string& note : planned->notes)
    tell_once(*facts, caller.voice, note);
  const affinity::RankOrders orders = step::orders_for(*planned, facts->rank, caller.environment);
  if (options.has("explain"))
    caller.voice.note(cat("rank ",
                          facts->rank.rank.value,
                          " (",
                          facts->launcher,
                          ") on ",
                          step::pus_in_words(*planned, facts->rank.local_rank),
                          ": ",
                          orders.why));
  if (const auto failure = take_place(orders)) {
    if (strict) return caller.voice.refuse(*failure, ExitStatus::no_plan);
    caller.voice.warning(
        cat("rank ", facts->rank.rank.value, " is not fully bound: ", failure->sentence()));
  }
  return become(options.operands(), caller.voice);
}

}  // namespace

const Verb exec_verb{
    .name = "exec",
    .summary = "take the calling rank's place, then become a command",
    .about = "Binds the calling rank as `holdfast plan` would and runs COMMAND in its place.",
    .operands = {.shown = "[--] COMMAND [ARGUMENT...]",
                 .at_most = static_cast<std::size_t>(-1),
                 .is_command = true},
    .options = options_of_exec,
    .examples =
        "srun --ntasks-per-node=8 holdfast exec -- python train.py\n"
        "torchrun --nproc-per-node=8 --no-python holdfast exec -- python train.py",
    .run = run_exec,
};

}  // namespace holdfast::cli
