// SPDX-License-Identifier: Apache-2.0
#include "holdfast/sentinel/sentinel.hpp"

#include "sentinel/boot_clock.hpp"
#include "sentinel/guard.hpp"
#include "sentinel/node.hpp"
#include "sentinel/ranks.hpp"

#include <csignal>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>

namespace holdfast::sentinel {

namespace {

constexpr int ended_by_signal = 128;
constexpr std::chrono::milliseconds last_kill{10000};

/// The guard does this; this is for when the guard itself is gone.
void end_ranks(const std::string& job) {
  ProcessTable table(job);
  const auto until = read_boot_clock() + last_kill;
  for (int none = 0; none < 2 && read_boot_clock() < until;) {
    none = kill_processes(table, std::nullopt, SIGKILL) == 0 ? none + 1 : 0;
    (void)::poll(nullptr, 0, 10);
  }
}

}  // namespace

Result<int> run_sentinel(const SentinelSettings& settings) {
  const pid_t guard = ::getpid();
  const auto line = fork_under_guard(settings.job);
  if (!line) return line.error();
  GuardLine leash(*line);
  boost::asio::io_context context;
  Result<int> how = 0;
  const auto node = std::make_shared<Node>(context, settings, leash);
  boost::asio::signal_set signals(context, SIGTERM, SIGINT, SIGHUP);
  signals.async_wait([&](boost::system::error_code error, int number) {
    if (error) return;
    node->close();
    how = ended_by_signal + number;
    context.stop();
  });
  auto failure = node->start([&](Result<int> ended) {
    how = std::move(ended);
    context.stop();
  });
  if (failure) return *failure;
  context.run();
  if (::getppid() != guard) end_ranks(settings.job);
  return how;
}

}  // namespace holdfast::sentinel
