// SPDX-License-Identifier: Apache-2.0
// The inside of run/supervisor.hpp. Effects are carried out one after the other: a record is on the
// disk before the next effect is begun. What the world answers comes back as happenings, posted to
// the loop, so that no callback runs inside another.
#pragma once

#include "holdfast/recovery/hang.hpp"
#include "holdfast/run/supervisor.hpp"
#include "holdfast/sentinel/roster.hpp"
#include "run/catalogue.hpp"
#include "run/gathering.hpp"
#include "run/log_keeper.hpp"
#include "run/step.hpp"
#include "run/sums.hpp"
#include "run/witnesses.hpp"
#include "run/worker.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::run {

class Supervisor final : public sentinel::Roster::Listener {
 public:
  explicit Supervisor(Beginning beginning);
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  Result<int> run();

 private:
  // Roster::Listener
  void joined(const std::string& node, const std::string& address) override;
  void lost(const std::string& node,
            std::chrono::milliseconds silent,
            std::string_view how) override;
  void back(const std::string& node) override;
  void suspected(const std::string& node) override;
  void port_asked(const std::string& witness,
                  const std::string& host,
                  std::uint16_t port,
                  bool answered) override;
  void beat(const std::string& node, const sentinel::Beat& beat) override;
  void sign(const std::string& node, const sentinel::NodeSign& sign) override;
  void torn_down(const std::string& node, unsigned attempt, unsigned left) override;
  void looked(const std::string& node) override;
  void control(const std::string& request,
               std::function<void(sentinel::ControlAnswer)> reply) override;
  void ask_controller() override;
  void outvoted() override;
  void deposed(std::uint64_t epoch) override;
  void note(const std::string& sentence) override;

  // start (supervisor_start.cpp)
  Result<void> open();
  void start_sentinels();
  void hear_sentinels_srun(std::string_view chunk);
  void pass_on(std::string line);
  void ask_for_plugin();
  void ask_for_slurmd_port();
  void ask_for_wiring();
  void listen_to_signals();

  // the step of the sentinels, when it does not go on as it was started
  // (supervisor_sentinels.cpp)
  void sentinels_ended(process::End end);
  void expect_sentinels_again();
  void leave_out(const std::set<std::string>& nodes, const std::string& why);
  void leave_out_absent();
  void look_who_is_there();
  void ask_who_is_left(std::function<void(const std::set<std::string>& gone)> told);
  void start_sentinels_again();

  // effects (supervisor_effects.cpp)
  void hear(supervise::Happening happening);
  void take(std::vector<supervise::Effect> effects);
  void pump();
  /// Whether the next effect may be carried out at once.
  bool carry_out(const supervise::Effect& effect);
  bool write(const events::Body& body);
  void tell_of_log(const std::optional<Failure>& failure);
  bool start_step(const supervise::StartStep& start);
  void launch(const supervise::StartStep& start, const std::string& directory);
  [[nodiscard]] Result<void> tell_resumption(const std::string& path,
                                             attempt::LaunchWish& wish) const;
  void gather(const supervise::Gather& one);
  void gathered(unsigned attempt);
  void give_back(const supervise::GiveBack& back);
  void hand_back_now(const supervise::HandBack& back);
  void finish(int exit);
  void stand_by();
  void look_for_the_end();

  // time (supervisor.cpp)
  void arm();
  void watch_for_hang();
  void look_for_a_successor();
  void say(const std::string& sentence);
  [[nodiscard]] static supervise::Now now();

  Beginning with_;
  boost::asio::io_context loop_;
  Worker disk_{loop_}, mouth_{loop_};
  LogKeeper log_;
  supervise::Machine machine_;
  Catalogue catalogue_;
  std::unique_ptr<Sums> sums_;  ///< with --manifest
  std::unique_ptr<sentinel::Roster> roster_;
  std::unique_ptr<Step> step_;
  std::unique_ptr<process::Child> sentinels_;
  std::string sentinels_said_;        ///< a line that has no end yet
  std::set<std::string> unlaunched_;  ///< nodes on which srun could start no sentinel
  std::set<std::string> absent_;      ///< nodes whose sentinel has not come in time
  std::set<std::string> left_out_;    ///< nodes the step of the sentinels goes on without
  unsigned sentinel_starts_{};
  boost::asio::steady_timer sentinels_again_{loop_};
  boost::asio::signal_set signals_{loop_};
  boost::asio::steady_timer wake_{loop_}, minute_{loop_}, hang_tick_{loop_};
  std::deque<supervise::Effect> effects_;
  bool pumping_{};  ///< an effect is being waited for

  bool log_kept_{};  ///< in memory, for it cannot be written

  unsigned attempt_{};
  unsigned step_of_{};  ///< the attempt `step_` is of
  std::set<unsigned> ranks_seen_;
  std::optional<std::int64_t> first_gone_ms_;  ///< of the attempt, by the rank's node's clock
  std::map<std::string, recovery::NodeVote> votes_;
  std::optional<recovery::HangWatch> hang_;
  std::uint64_t checkpoints_seen_{};
  Gathering gathering_{loop_};
  std::map<unsigned, std::function<void(sentinel::ControlAnswer)>> replies_;
  unsigned next_reply_{1};
  bool has_plugin_{};
  Witnesses witnesses_;
  std::set<std::string> faults_;       ///< of nodes, each heard once
  std::set<std::string> blind_spots_;  ///< what nodes cannot see, said once
  bool looks_for_epoch_{};
  bool stands_by_{};
  std::optional<int> exit_;
};

}  // namespace holdfast::run
