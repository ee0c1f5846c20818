// SPDX-License-Identifier: Apache-2.0
#include "holdfast/slurm/job.hpp"

#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::slurm {

namespace {

/// The value of "NAME=value" in a line of such pairs; values may hold blanks, so it ends where the
/// next name begins.
std::string field(std::string_view line, std::string_view name) {
  std::size_t at = 0;
  for (;;) {
    at = line.find(cat(name, '='), at);
    if (at == std::string_view::npos) return {};
    if (at == 0 || line[at - 1] == ' ') break;
    ++at;
  }
  const std::string_view rest = line.substr(at + name.size() + 1);
  std::size_t end = rest.size();
  for (std::size_t blank = rest.find(' '); blank != std::string_view::npos;
       blank = rest.find(' ', blank + 1)) {
    const std::string_view word = rest.substr(blank + 1, rest.find(' ', blank + 1) - blank - 1);
    const bool is_name = word.find('=') != std::string_view::npos && !word.empty() &&
                         word.front() >= 'A' && word.front() <= 'Z';
    if (!is_name && blank + 1 < rest.size()) continue;
    end = blank;
    break;
  }
  std::string value(trim(rest.substr(0, end)));
  return value == "(null)" || value == "N/A" ? std::string() : value;
}

std::vector<std::string> hosts(const std::string& text) {
  auto list = text.empty() ? Result<std::vector<std::string>>(std::vector<std::string>{})
                           : parse_hostlist(text);
  return list ? std::move(*list) : std::vector<std::string>{};
}

process::Command scontrol(std::vector<std::string> words) {
  words.insert(words.begin(), "scontrol");
  // A site's habits of writing times must not reach the parser; %s is the Unix time.
  return {std::move(words), {{"SLURM_TIME_FORMAT", "%s"}}, {}, false};
}

process::Command update(const std::string& job, std::string setting) {
  return scontrol({"update", cat("JobId=", job), std::move(setting)});
}

}  // namespace

Result<JobFacts> parse_job(std::string_view line) {
  JobFacts facts;
  facts.id = field(line, "JobId");
  facts.state = field(line, "JobState");
  if (facts.id.empty() || facts.state.empty())
    return Failure{FailureKind::unreadable, "scontrol show job tells of no job", "", {}};
  facts.reason = field(line, "Reason");
  facts.nodes = hosts(field(line, "NodeList"));
  facts.batch_host = field(line, "BatchHost");
  facts.restarts = parse_number<unsigned>(field(line, "Restarts")).value_or(0);
  facts.requeue = field(line, "Requeue") == "1";
  facts.excluded = hosts(field(line, "ExcNodeList"));
  if (const auto end = parse_number<std::uint64_t>(field(line, "EndTime"));
      end && field(line, "TimeLimit") != "UNLIMITED")
    facts.end_s = static_cast<std::int64_t>(*end);
  facts.standard_output = field(line, "StdOut");
  return facts;
}

process::Command show_job(const std::string& job) { return scontrol({"-o", "show", "job", job}); }

process::Command requeue(const std::string& job) { return scontrol({"requeue", job}); }

process::Command exclude(const std::string& job, std::span<const std::string> nodes) {
  return update(job, cat("ExcNodeList=", join(nodes, ",")));
}

process::Command start_in(const std::string& job, std::chrono::seconds time) {
  return update(job, cat("StartTime=now+", time.count()));
}

process::Command cut_to_one_node(const std::string& job) {
  return scontrol({"update", cat("JobId=", job), "NumNodes=1-1", "NumTasks=1", "NumCPUs=1"});
}

}  // namespace holdfast::slurm
