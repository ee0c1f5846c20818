// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/srun_messages.hpp"

#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"
#include "recovery/signals.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace holdfast::recovery {

namespace {

using Kind = SrunMessageKind;

/// No line of Slurm's is longer; what is longer is cut before it is looked at.
constexpr std::size_t longest_message = 16384;
/// The most ranks one message may name: more than any step of Slurm's can have would be a lie.
constexpr unsigned most_ranks = 1U << 20U;

/// Takes `head` off the front of `text` where it stands there.
bool take(std::string_view& text, std::string_view head) {
  if (!text.starts_with(head)) return false;
  text.remove_prefix(head.size());
  return true;
}

/// "  12: " of `srun -l`.
std::string_view without_label(std::string_view line) {
  std::string_view rest = line;
  while (!rest.empty() && rest.front() == ' ')
    rest.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < rest.size() && std::isdigit(static_cast<unsigned char>(rest[digits])) != 0)
    ++digits;
  if (digits == 0 || !rest.substr(digits).starts_with(": ")) return line;
  return rest.substr(digits + 2);
}

/// "0-3,5", with or without brackets. What cannot be read ends the list: srun cuts long ones.
std::vector<unsigned> parse_ranks(std::string_view text) {
  if (text.starts_with('[')) text.remove_prefix(1);
  if (text.ends_with(']')) text.remove_suffix(1);
  std::vector<unsigned> ranks;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = parse_number<unsigned>(part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<unsigned>(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= most_ranks - ranks.size()) break;
    for (unsigned rank = *first; rank <= *last; ++rank)
      ranks.push_back(rank);
  }
  return ranks;
}

std::vector<std::string> parse_nodes(std::string_view text) {
  auto nodes = parse_hostlist(text);
  return nodes ? std::move(*nodes) : std::vector<std::string>{};
}

/// "Killed", "Segmentation fault (core dumped)", "Exited with exit code 1", "Out Of Memory". Other
/// words, among them "Completed", are no end that matters.
bool read_end(std::string_view text, SrunMessage& message) {
  if (take(text, "Exited with exit code ")) {
    const auto code = parse_number<unsigned>(trim(text));
    message.exit_code = code && *code < 256 ? static_cast<int>(*code) : 1;
    return true;
  }
  if (text.starts_with("Out Of Memory")) {
    message.signal = signals::kill;
    message.out_of_memory = true;
    return true;
  }
  constexpr std::string_view core = " (core dumped)";
  if (text.ends_with(core)) {
    message.core = true;
    text.remove_suffix(core.size());
  }
  message.signal = signal_of_words(text);
  if (message.signal != 0) return true;
  if (!take(text, "Unknown signal ") && !take(text, "Real-time signal ")) return false;
  message.signal = static_cast<int>(std::min(parse_number<unsigned>(trim(text)).value_or(0), 64U));
  return true;
}

/// "n2: task 3: Killed", "n[1-2]: tasks 4-7: Exited with exit code 1".
SrunMessage read_ranks_ended(std::string_view text) {
  SrunMessage message;
  std::size_t word = text.find(": task ");
  std::size_t after = word + 7;
  if (word == std::string_view::npos) {
    word = text.find(": tasks ");
    after = word + 8;
  }
  if (word == std::string_view::npos) return message;
  const std::string_view rest = text.substr(after);
  const std::size_t colon = rest.find(": ");
  if (colon == std::string_view::npos) return message;
  message.nodes = parse_nodes(text.substr(0, word));
  message.ranks = parse_ranks(rest.substr(0, colon));
  if (message.nodes.empty() || message.ranks.empty() ||
      !read_end(trim(rest.substr(colon + 2)), message))
    return {};
  message.kind = Kind::ranks_ended;
  return message;
}

/// Reasons that will be the same the next time.
bool is_final(std::string_view reason) {
  constexpr std::array finals{
      std::string_view("Invalid"),
      std::string_view("More processors requested"),
      std::string_view("Memory required"),
      std::string_view("Access/permission denied"),
      std::string_view("Job/step already completing"),
  };
  return std::ranges::any_of(finals, [&](std::string_view one) { return reason.starts_with(one); });
}

/// Reasons of the controller's that are the line's own: it asks for more than the job has.
bool asks_too_much(std::string_view reason) {
  constexpr std::array reasons{
      std::string_view("Invalid generic resource"),
      std::string_view("More processors requested"),
      std::string_view("Memory required"),
  };
  return std::ranges::any_of(reasons,
                             [&](std::string_view one) { return reason.starts_with(one); });
}

/// Opening a file failed in a way that lasts, which a silent file system is not.
bool is_wrong_file(std::string_view text) {
  constexpr std::array reasons{
      std::string_view("No such file or directory"),
      std::string_view("Permission denied"),
      std::string_view("Is a directory"),
      std::string_view("Not a directory"),
  };
  return text.starts_with("Could not open ") &&
         std::ranges::any_of(reasons, [&](std::string_view one) { return text.ends_with(one); });
}

/// "unrecognized option '--frob'", "Invalid --time specification", "--exclusive and --overlap are
/// mutually exclusive": srun has not even asked for a step. Not all that begins with "Invalid" is
/// of the line: "Invalid job credential" is not.
bool refuses_the_line(std::string_view text) {
  const auto holds = [&](std::string_view words) {
    return text.find(words) != std::string_view::npos;
  };
  constexpr std::array beginnings{
      std::string_view("unrecognized option "),
      std::string_view("unrecognized --"),
      std::string_view("invalid option "),
      std::string_view("option requires an argument"),
      std::string_view("option '"),  // … is ambiguous, requires an argument, does not allow one
      std::string_view("Failed to parse --"),
      std::string_view("No command given to execute"),
  };
  if (std::ranges::any_of(beginnings, [&](std::string_view one) { return text.starts_with(one); }))
    return true;
  if (text.starts_with("Invalid ") && (holds(" specification") || holds(" argument") ||
                                       holds(" numeric value") || holds(" MPI type")))
    return true;
  if ((text.starts_with("Configuration file ") || holds(" of configuration file ")) &&
      holds(" invalid"))
    return true;
  return holds(" mutually exclusive") || is_wrong_file(text);
}

/// After "srun: error: ".
SrunMessage read_srun_error(std::string_view text) {
  SrunMessage message;
  if (take(text, "Node failure on ")) {
    message.kind = Kind::node_failed;
    message.nodes = parse_nodes(trim(text));
  } else if (take(text, "Unable to create step for job ") ||
             take(text, "Unable to allocate resources")) {
    message.kind = Kind::step_not_created;
    const std::size_t colon = text.find(": ");
    const auto reason =
        colon == std::string_view::npos ? std::string_view() : trim(text.substr(colon + 2));
    if (asks_too_much(reason)) message.kind = Kind::refused;
    message.retryable = !is_final(reason);
  } else if (take(text, "Task launch for ") || take(text, "task launch for ")) {
    message.kind = Kind::launch_failed;
    message.retryable = true;
    constexpr std::string_view on = " failed on node ";
    if (const std::size_t at = text.find(on); at != std::string_view::npos) {
      const std::string_view rest = text.substr(at + on.size());
      message.nodes = parse_nodes(rest.substr(0, rest.find(':')));
    }
  } else if (text.starts_with("Application launch failed")) {
    message.kind = Kind::launch_failed;
    message.retryable = true;
  } else if (take(text, "Prolog hung on node ")) {
    message.kind = Kind::launch_failed;
    message.retryable = true;
    message.nodes = parse_nodes(trim(text));
  } else {
    message = read_ranks_ended(text);
  }
  return message;
}

/// "*** STEP 5.1 ON n1 CANCELLED AT … DUE TO TIME LIMIT ***". The node is the one that tells it,
/// not the one to blame.
SrunMessage read_step_end(std::string_view text) {
  SrunMessage message;
  if (!text.starts_with("*** ") || text.find(" ON ") == std::string_view::npos) return message;
  const auto says = [&](std::string_view words) {
    return text.find(words) != std::string_view::npos;
  };
  if (says(" DUE TO TIME LIMIT"))
    message.kind = Kind::time_limit;
  else if (says(" DUE TO PREEMPTION"))
    message.kind = Kind::preempted;
  else if (says(" DUE TO JOB REQUEUE"))
    message.kind = Kind::requeued;
  else if (says(" DUE TO NODE FAILURE"))
    message.kind = Kind::node_failed;
  else if (says(" CANCELLED AT "))
    message.kind = Kind::step_cancelled;
  return message;
}

/// After "slurmstepd: error: ".
SrunMessage read_stepd_error(std::string_view text) {
  SrunMessage message = read_step_end(text);
  if (message.kind != Kind::other) return message;
  if (take(text, "execve(): ")) {
    message.kind = Kind::cannot_execute;
  } else if (text.starts_with("Detected ") &&
             (text.find(" oom_kill event") != std::string_view::npos ||
              text.find(" oom-kill event") != std::string_view::npos)) {
    message.kind = Kind::oom_events;
    message.out_of_memory = true;
  }
  return message;
}

}  // namespace

SrunMessage parse_srun_message(std::string_view line) {
  std::string_view text = without_label(line.substr(0, longest_message));
  while (!text.empty() && (text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (take(text, "srun: ")) {
    SrunMessage message;
    if (take(text, "error: ")) {
      message = read_step_end(text);
      if (message.kind == Kind::other) message = read_srun_error(text);
    } else if (text.starts_with("Job step aborted")) {
      message.kind = Kind::step_aborted;
    } else {
      take(text, "fatal: ");  // getopt says neither
    }
    if (message.kind == Kind::other && refuses_the_line(text)) message.kind = Kind::refused;
    return message;
  }
  if (!take(text, "slurmstepd")) return {};
  // Newer releases may put the host behind the name.
  const std::size_t colon = text.find(": error: ");
  if (colon == std::string_view::npos || (colon != 0 && text.front() != '-') ||
      text.substr(0, colon).find(' ') != std::string_view::npos)
    return {};
  return read_stepd_error(text.substr(colon + 9));
}

std::string_view words_of_srun(std::string_view line) {
  std::string_view text = trim(without_label(line.substr(0, longest_message)));
  if (!take(text, "srun: ")) return {};
  if (!take(text, "error: ")) take(text, "fatal: ");
  return text;
}

std::string node_of_rank(const std::vector<RankBlock>& map, unsigned rank) {
  const auto home = std::ranges::find_if(
      map, [&](const RankBlock& one) { return rank >= one.first && rank - one.first < one.count; });
  return home == map.end() ? std::string() : home->node;
}

std::vector<RankExit> rank_exits(const SrunMessage& message,
                                 const std::vector<RankBlock>& map,
                                 std::int64_t at_ms) {
  std::vector<RankExit> exits;
  if (message.kind != Kind::ranks_ended) return exits;
  exits.reserve(message.ranks.size());
  for (const unsigned rank : message.ranks)
    exits.push_back(
        {.rank = rank,
         .node = message.nodes.size() == 1 ? message.nodes.front() : node_of_rank(map, rank),
         .exit_code = message.exit_code,
         .signal = message.signal,
         .core = message.core,
         .out_of_memory = message.out_of_memory,
         .at_ms = at_ms});
  return exits;
}

}  // namespace holdfast::recovery
