// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/sentinel/beat.hpp"
#include "holdfast/sentinel/control.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace holdfast::sentinel {

/// Who may speak and how often. The defaults are those of a small job.
struct RosterSettings {
  std::string job;                   ///< Slurm's job id, as in SLURM_JOB_ID
  std::uint64_t epoch{1};            ///< of this supervisor; a sentinel never follows a lower one
  std::vector<std::string> nodes;    ///< of the allocation, in its order; nobody else may join
  std::optional<std::string> token;  ///< the shared secret where there is no munge
  std::string state;                 ///< the state directory; empty: nobody can take over
  std::chrono::milliseconds beat{500};            ///< how often a sentinel says that it lives
  std::chrono::milliseconds node_timeout{5000};   ///< silence after which a node is lost
  std::chrono::milliseconds lease{4000};          ///< unacknowledged for so long, ranks are killed
  std::chrono::milliseconds join_timeout{30000};  ///< a node that has not joined by then is lost
  std::uint16_t port{0};                          ///< 0: one that is free
};

/// Where sentinels find the supervisor.
struct Endpoint {
  std::vector<std::string> addresses;  ///< of every network of this node, numeric
  std::uint16_t port{};
};

/// The supervisor's view of all sentinels: who lives, what they saw, and orders to them. Lives on
/// one io_context and is touched by its thread only; the listener is called from there, never from
/// within a call the listener's owner made.
///
/// Acknowledging a beat gives the node the right to run ranks for one more lease. With a state
/// directory, and more than one node, beats are acknowledged only while this supervisor has a
/// majority of (members + slurmctld), so that a successor elected elsewhere knows when all ranks it
/// cannot see are dead: see fenced_at().
class Roster {
 public:
  /// What happened. Every function may be left out.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// A node's sentinel has proved itself, beats, and holds a lease: ranks may be started there.
    /// `address` is where it came from.
    virtual void joined(const std::string& /*node*/, const std::string& /*address*/) {}
    /// Nothing was heard for `silent`. `how`: "silent" (no beat for the node timeout), "closed"
    /// (its connections ended and it did not come back), "absent" (it never joined) or "replaced"
    /// (another sentinel came in the place of this one, whose ranks died with it; it joins next).
    /// Its ranks may still run until fenced_at().
    virtual void lost(const std::string& /*node*/,
                      std::chrono::milliseconds /*silent*/,
                      std::string_view /*how*/) {}
    /// A lost node is heard again.
    virtual void back(const std::string& /*node*/) {}
    /// A node that lives has been silent for half the node timeout: time to ask others about it.
    virtual void suspected(const std::string& /*node*/) {}
    virtual void beat(const std::string& /*node*/, const Beat& /*beat*/) {}
    virtual void sign(const std::string& /*node*/, const NodeSign& /*sign*/) {}
    /// The answer to tear_down(): `left` processes are still there (stuck in the kernel).
    virtual void torn_down(const std::string& /*node*/, unsigned /*attempt*/, unsigned /*left*/) {}
    /// The answer to signal(): so many processes got it.
    virtual void signalled(const std::string& /*node*/, unsigned /*attempt*/, unsigned /*count*/) {}
    /// The answer to look_at(): all signs since then were given.
    virtual void looked(const std::string& /*node*/) {}
    /// The answer to ask_port(): whether `node` could connect.
    virtual void port_asked(const std::string& /*node*/,
                            const std::string& /*host*/,
                            std::uint16_t /*port*/,
                            bool /*answered*/) {}
    /// A request of `holdfast ctl`, from the job's owner. `reply` takes one answer, now or later.
    // By value: who answers later keeps it.
    virtual void control(const std::string& /*request*/,
                         std::function<void(ControlAnswer)> /*reply*/) {}  // NOLINT(*-value-param)
    /// The majority hangs on slurmctld: ask it for the job and call controller_answered() if it
    /// says that the job runs *and* no higher epoch is claimed in the state directory. Asked about
    /// once a second for as long as this lasts.
    virtual void ask_controller() {}
    /// There was no majority for a lease: the ranks of all nodes are being killed by their nodes.
    /// Stop; a successor may be at work.
    virtual void outvoted() {}
    /// A sentinel follows the higher epoch: stop.
    virtual void deposed(std::uint64_t /*epoch*/) {}
    /// Something a person should read once: a peer that was refused, and why.
    virtual void note(const std::string& /*sentence*/) {}
  };

  /// Opens the port. With a state directory it also writes `peers.json` there as sentinels join
  /// (sentinels read it when they elect a successor).
  static Result<std::unique_ptr<Roster>> listen(boost::asio::io_context& context,
                                                RosterSettings settings,
                                                Listener& listener);
  ~Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  [[nodiscard]] const Endpoint& endpoint() const;

  /// Writes `supervisor.json` {epoch, addresses, port} into the state directory, by rename:
  /// sentinels and `holdfast ctl` find this supervisor by it. A successor calls it after claiming
  /// its epoch.
  [[nodiscard]] std::optional<Failure> write_announcement() const;

  /// Nodes whose sentinels are heard, in the order of the allocation.
  [[nodiscard]] std::vector<std::string> living() const;
  [[nodiscard]] bool lives(std::string_view node) const;

  /// From now on beats tell of the ranks of this attempt, on all nodes, also on those that join
  /// later. All attempts before it are over: what comes up late of them is ended.
  void watch(unsigned attempt);

  /// Ends every process of the attempt on these nodes: SIGTERM if `grace` is not zero, SIGKILL
  /// after it. Answered by torn_down() per node; a node that cannot be reached does not answer, see
  /// fenced_at(). The attempt and those before it are over for good: a slow srun may bring up more
  /// of its ranks, and every sentinel that hears of this, or joins later, ends them.
  void tear_down(std::span<const std::string> nodes,
                 unsigned attempt,
                 std::chrono::milliseconds grace);

  /// Sends a signal to those processes of the attempt that handle it (all of them for SIGSTOP,
  /// SIGCONT, SIGTERM and SIGKILL): a shell or torchrun around the rank is not killed by SIGUSR1.
  void signal(std::span<const std::string> nodes, unsigned attempt, int signal_number);

  /// Asks for all evidence of the node since then (Unix time in ms): sign() for each, then
  /// looked().
  void look_at(const std::string& node, std::int64_t since_ms);

  /// Lets `node` try to connect to a port of another host, such as the slurmd of a silent node.
  void ask_port(const std::string& node, const std::string& host, std::uint16_t port);

  /// Who votes from now on. Nodes whose loss this supervisor has decided and logged are taken out,
  /// so that the rest keeps its majority; only a supervisor that has the majority may do so.
  void set_members(std::vector<std::string> nodes);

  /// slurmctld said that the job runs, and no higher epoch is claimed: see ask_controller().
  void controller_answered();

  /// The sentinels were ended and are started anew: whoever lived has to join again, and has the
  /// whole time to join for it. The nodes that lived; the listener is not told.
  std::vector<std::string> expect_again();

  /// No sentinel will come from this node. The listener is not told.
  void give_up(const std::string& node);

  /// Whether each node of the allocation has lately got an answer of ours: no successor can have
  /// been elected then.
  [[nodiscard]] bool all_hear_us() const;

  /// When this roster last acknowledged a beat of the node; nothing if it never did.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> last_acknowledged(
      std::string_view node) const;

  /// From then on no rank runs on the node unless this roster lets it: its lease is over. For a
  /// node that follows this roster and answered torn_down() with 0 there is nothing to wait for.
  [[nodiscard]] std::chrono::steady_clock::time_point fenced_at(std::string_view node) const;

  /// The run is over: sentinels end. Connections are closed when this is sent, at the latest after
  /// a second; `done` is called then.
  void goodbye(std::function<void()> done);

 private:
  class Impl;
  explicit Roster(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::sentinel
