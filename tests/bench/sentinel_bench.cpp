// SPDX-License-Identifier: Apache-2.0
// sentinel-bench: what the roster's thread costs with 1,000 sentinels that beat once a second and
// tell of eight ranks each. The sentinels are connections of another thread of this program. Prints
// the share of a core; exit status 1 when it is more than 5 %. Then what a sentinel's look at 500
// processes costs, twice a second; the bar is 1 %.
#include "holdfast/common/text.hpp"
#include "holdfast/sentinel/roster.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/introduction.hpp"
#include "sentinel/messages.hpp"
#include "sentinel/processes.hpp"

#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace holdfast::sentinel {
namespace {

using std::chrono::milliseconds;

constexpr unsigned count = 1000;
constexpr unsigned ranks_per_node = 8;
constexpr std::chrono::seconds measured{20};
constexpr double bar = 5.0;  // per cent of a core
constexpr const char* token = "0123456789abcdef";

struct Ear : Roster::Listener {
  unsigned nodes{};
  std::uint64_t beats{};
  unsigned losses{};
  void joined(const std::string&, const std::string&) override { ++nodes; }
  void beat(const std::string&, const Beat&) override { ++beats; }
  void lost(const std::string&, milliseconds, std::string_view) override { ++losses; }
};

/// One connection that beats.
class Puppet : public std::enable_shared_from_this<Puppet> {
 public:
  Puppet(boost::asio::io_context& context, Prover& prover, unsigned number)
      : context_(context), prover_(prover), name_(cat("n", number)), timer_(context) {
    for (unsigned rank = 0; rank < ranks_per_node; ++rank)
      beat_.ranks.push_back({.attempt = 1,
                             .rank = number * ranks_per_node + rank,
                             .local_rank = rank,
                             .pid = 4711,
                             .state = 'R',
                             .cpu = milliseconds(123456),
                             .processes = 3,
                             .faults = 1'000'000,
                             .io_bytes = 123'456'789'012,
                             .waits_in = "futex_do_wait"});
  }

  void start(const Endpoint& where) {
    dial(context_, where, milliseconds(20000), [self = shared_from_this()](const auto& link) {
      if (!link) return;
      introduce_to_host(link,
                        self->prover_,
                        {.role = "sentinel",
                         .job = "1",
                         .node = self->name_,
                         .host_role = "supervisor",
                         .extras = {{"instance", self->name_}},
                         .met =
                             [self](const auto& met, const auto&) {
                               self->link_ = met;
                               met->trust(
                                   [self](const auto& said) {
                                     self->acknowledged_ =
                                         number_in<std::uint64_t>(said, "sequence").value_or(0);
                                   },
                                   [](const auto&) {});
                               self->go_on();
                             },
                         .refused = [](const Failure&) {}});
    });
  }

 private:
  void go_on() {
    ++beat_.sequence;
    link_->send(beat_message(beat_, acknowledged_));
    timer_.expires_after(milliseconds(1000));
    timer_.async_wait([self = shared_from_this()](auto error) {
      if (!error && self->link_->open()) self->go_on();
    });
  }

  boost::asio::io_context& context_;
  Prover& prover_;
  std::string name_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Link> link_;
  Beat beat_;
  std::uint64_t acknowledged_{};
};

double seconds_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// The share of a core it takes to look twice a second at `processes` processes that are not ours.
double share_of_looking(unsigned processes) {
  std::vector<pid_t> children;
  children.reserve(processes);
  for (unsigned number = 0; number < processes; ++number) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    children.push_back(child);
  }
  ProcessTable table("1");
  constexpr unsigned readings = 120;  // a minute's, the repeated looks at known processes included
  const double before = seconds_of_this_thread();
  for (unsigned reading = 0; reading < readings; ++reading)
    (void)table.read_marked();
  const double each = (seconds_of_this_thread() - before) / readings;
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  return 100 * 2 * each;
}

int run() {
  const double looking = share_of_looking(500);
  std::cout << "a sentinel looks at 500 processes: " << decimal(looking, 2)
            << " % of a core (bar 1 %)\n";
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  RosterSettings settings;
  settings.job = "1";
  settings.token = token;
  settings.beat = milliseconds(1000);
  for (unsigned number = 0; number < count; ++number)
    settings.nodes.push_back(cat("n", number));
  boost::asio::io_context context;
  Ear ear;
  auto roster = Roster::listen(context, std::move(settings), ear);
  if (!roster) {
    std::cerr << "sentinel-bench: " << roster.error().sentence() << '\n';
    return 2;
  }
  const Endpoint where{{"127.0.0.1"}, (*roster)->endpoint().port};
  boost::asio::io_context others;
  const auto prover = make_prover(others, token);
  for (unsigned number = 0; number < count; ++number)
    std::make_shared<Puppet>(others, *prover, number)->start(where);
  std::thread thread([&] { others.run(); });

  const auto begin = std::chrono::steady_clock::now();
  while (ear.nodes < count && std::chrono::steady_clock::now() - begin < std::chrono::seconds(60))
    context.run_one_for(milliseconds(100));
  const double joining = seconds_of_this_thread();
  const auto beats_before = ear.beats;
  context.run_for(measured);
  const double used = seconds_of_this_thread() - joining;
  others.stop();
  thread.join();

  const double seconds = static_cast<double>(measured.count());
  const double share = 100 * used / seconds;
  std::cout << ear.nodes << " sentinels joined with " << decimal(joining, 2) << " s of work; "
            << decimal(static_cast<double>(ear.beats - beats_before) / seconds, 0) << " beats/s, "
            << ear.losses << " lost: " << decimal(share, 2) << " % of a core (bar "
            << decimal(bar, 0) << " %)\n";
  return ear.nodes == count && ear.losses == 0 && share < bar && looking < 1 ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::sentinel

int main() { return holdfast::sentinel::run(); }
