// SPDX-License-Identifier: Apache-2.0
#include "cli/run/home.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/events/state_directory.hpp"
#include "holdfast/events/status.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/sentinel/control.hpp"
#include "holdfast/slurm/job.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace holdfast::cli {

namespace {

constexpr std::string_view environment_file = "environment";
constexpr std::size_t longest_environment = std::size_t{16} * 1024 * 1024;

std::string text_of(const affinity::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

Result<std::string> read_small_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0)
    return Failure{FailureKind::unreadable, cat(file, " cannot be read"), "", errno_code(errno)};
  std::string text;
  std::array<char, 65536> space{};
  ssize_t got = 0;
  while (text.size() < longest_environment &&
         (got = ::read(descriptor, space.data(), space.size())) > 0)
    text.append(space.data(), static_cast<std::size_t>(got));
  ::close(descriptor);
  return text;
}

/// What is said from now on goes where the batch script's words went.
void join_standard_output(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return;
  ::dup2(descriptor, STDOUT_FILENO);
  ::dup2(descriptor, STDERR_FILENO);
  ::close(descriptor);
}

}  // namespace

Result<std::string> state_of_job(const std::optional<std::string>& said,
                                 const std::string& job,
                                 const affinity::Environment& environment) {
  if (said) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(*said, error);
    if (error)
      return Failure{
          FailureKind::unreadable, cat(*said, " cannot be made an absolute path"), "", error};
    return whole.lexically_normal().string();
  }
  const auto root =
      events::state_root(text_of(environment, "HOLDFAST_STATE_ROOT"), text_of(environment, "HOME"));
  if (!root) return root.error();
  return events::state_directory_of(*root, job);
}

Result<Home> open_home(const std::string& state,
                       const std::string& host,
                       std::optional<std::uint64_t> claimed) {
  if (auto made = events::make_state_directory(state); !made) return made.error();
  const auto highest = events::highest_epoch(state);
  if (!highest) return highest.error();
  const std::uint64_t epoch = claimed.value_or(*highest + 1);
  if (claimed && *highest != epoch)
    return Failure{FailureKind::conflict,
                   cat("epoch ", epoch, " of ", state, " is not the newest, ", *highest, " is"),
                   "another supervisor runs this job",
                   {}};
  if (!claimed)
    if (auto taken = events::claim_epoch(state, epoch, host); !taken) return taken.error();
  auto log = events::EventLog::open(state, epoch, host);
  if (!log) return log.error();
  auto before = events::replay(log->before().records);
  return Home{std::move(before), std::move(*log), epoch};
}

Result<std::optional<std::string>> secret_of(const std::string& state) {
  if (sentinel::munge_answers()) return std::optional<std::string>();
  auto there = sentinel::read_token(state);
  if (!there) return there.error();
  if (*there) return *there;
  auto made = sentinel::write_token(state);
  if (!made) return made.error();
  return std::optional(std::move(*made));
}

Result<void> keep_environment(const std::string& state, const affinity::Environment& environment) {
  std::string text;
  for (const auto& [name, value] : environment) {
    text += cat(name, '=', value);
    text += '\0';
  }
  return events::replace_file(cat(state, "/", environment_file), text, events::Readers::owner);
}

Result<affinity::Environment> become_batch_script(const std::string& state,
                                                  const std::string& directory,
                                                  const std::string& job) {
  const auto text = read_small_file(cat(state, "/", environment_file));
  if (!text) return text.error();
  affinity::Environment environment;
  for (const std::string_view entry : split(*text, '\0')) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos && equals > 0)
      environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  ::clearenv();  // NOLINT(concurrency-mt-unsafe): no thread yet
  for (const auto& [name, value] : environment)
    ::setenv(name.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no thread yet
  if (::chdir(directory.c_str()) != 0)
    return Failure{FailureKind::not_found,
                   cat("the directory ", directory, " is not there on this node"),
                   "start the run from a directory all nodes have",
                   errno_code(errno)};
  boost::asio::io_context io;
  process::ask(
      io, slurm::show_job(job), std::chrono::seconds(3), [](Result<process::Answer> answer) {
        const auto facts =
            answer ? slurm::parse_job(answer->output) : Result<slurm::JobFacts>(answer.error());
        if (facts && !facts->standard_output.empty()) join_standard_output(facts->standard_output);
      });
  io.run();
  return environment;
}

Result<std::string> own_program() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Failure{FailureKind::unreadable, "/proc/self/exe cannot be read", "", error};
  return program.string();
}

std::string working_directory() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

}  // namespace holdfast::cli
