// SPDX-License-Identifier: Apache-2.0
#include "holdfast/slurm/job.hpp"

#include "holdfast/common/text.hpp"
#include "slurm/fields.hpp"

namespace holdfast::slurm {

namespace {

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
  facts.resized = !field(line, "ResizeTime").empty();
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

process::Command keep_only(const std::string& job,
                           std::span<const std::string> nodes,
                           const std::string& directory) {
  process::Command command = update(job, cat("ReqNodeList=", join(nodes, ",")));
  command.words.insert(command.words.begin(), {"env", "-C", directory});
  return command;
}

process::Command cut_to_one_node(const std::string& job) {
  return scontrol({"update", cat("JobId=", job), "NumNodes=1-1", "NumTasks=1", "NumCPUs=1"});
}

}  // namespace holdfast::slurm
