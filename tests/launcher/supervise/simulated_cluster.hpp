// SPDX-License-Identifier: Apache-2.0
// A cluster on a virtual clock: nodes with sentinels, a file system with checkpoints and the event
// log, a program that saves, srun, Slurm, and a supervisor that is the real machine. Faults fall at
// random times out of one seed, so a bad night can be had again. What must never be is checked
// where it would happen and kept as a sentence in violations().
//
// What is promised by others is taken as they promise it: a sentinel without an acknowledged beat
// kills its ranks within the lease, a node counts as lost after the node timeout, a rank of an
// attempt that was ended dies where it arrives late, a successor needs a majority.
#pragma once

#include "holdfast/events/record.hpp"
#include "holdfast/supervise/machine.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace holdfast::supervise::testing {

class SimulatedCluster {
 public:
  explicit SimulatedCluster(unsigned seed);

  /// Until the run is over, or far longer than it may take.
  void play();

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  /// What happened, a line each with its time.
  [[nodiscard]] const std::string& story() const { return story_; }
  [[nodiscard]] std::optional<int> exit() const { return exit_; }
  [[nodiscard]] unsigned starts() const { return starts_; }

 private:
  struct Node {
    bool up{true};
    bool cut{};                ///< from everybody else
    bool stuck{};              ///< its next teardowns do not succeed
    std::set<unsigned> ranks;  ///< attempts with living ranks
    unsigned ended{};          ///< ranks of attempts up to this one die on arrival
    bool joined{};             ///< this supervisor has heard its sentinel
    bool lost{};               ///< … and given it up
    bool rumour{};             ///< its ranks died while it was cut; srun tells when it is back
  };
  struct Step {
    unsigned attempt{};
    std::vector<std::string> nodes;
    std::size_t launched{};
    std::uint64_t at{};  ///< what the program has reached
    bool over{true};     ///< srun has ended or was dropped
    bool stalled{};      ///< the program stands still
  };
  struct Checkpoint {
    bool poisoned{};  ///< looks well, and whoever loads it dies
  };

  // the world (simulated_world.cpp)
  void allocate(const std::set<std::string>& without);
  void launch(const StartStep& start);
  void arrive(const std::string& name, unsigned attempt);
  void run_program(unsigned attempt);
  void lose_rank(const std::string& name, int signal, int exit_code, bool out_of_memory);
  void end_step(int exit_code);
  void cut(const std::string& name, std::int64_t for_ms);
  void heal(const std::string& name);
  void kill_node(const std::string& name);
  void lose_ranks_by_lease(const std::string& name);
  void end_sentinels();
  void plan_faults();
  void fault();
  void fault_of_job(unsigned kind);
  [[nodiscard]] std::string some_node();
  [[nodiscard]] std::string some_node_at_work();
  [[nodiscard]] bool at_work() const;

  // the supervisor and what it wants done (simulated_cluster.cpp)
  void reign(bool successor, const std::string& host, const std::string& predecessor);
  void join_all();
  void fall(bool host_died);
  void succeed(const std::string& predecessor);
  void hear(const Happening& happening);
  void do_all(const std::vector<Effect>& effects);
  void check_start(const StartStep& start);
  void start_step(const StartStep& start);
  void tear_down(const TearDown& wish);
  void read_catalogue(const ReadCatalogue& wish);
  void gather(const Gather& wish);
  void give_back(const GiveBack& wish);
  void hand_back(const HandBack& wish);
  void write(const events::Body& body);
  void end(int exit);
  [[nodiscard]] bool hears(const std::string& node) const;

  /// Runs `what` in `ms`, unless another supervisor reigns by then and it was meant for this one.
  void later(std::int64_t ms, std::function<void()> what);
  void later_to_supervisor(std::int64_t ms, Happening happening);
  [[nodiscard]] unsigned below(unsigned bound);
  [[nodiscard]] std::int64_t between(std::int64_t least, std::int64_t most);
  [[nodiscard]] Now now() const { return {steady_, steady_ + wall_offset_}; }
  void tell(const std::string& sentence);
  void violate(const std::string& sentence);

  std::mt19937 luck_;
  std::int64_t steady_{1'000};
  std::int64_t wall_offset_{1'700'000'000'000};
  std::multimap<std::int64_t, std::function<void()>> queue_;
  std::map<std::string, Node> nodes_;
  Plan plan_;
  std::map<std::uint64_t, Checkpoint> checkpoints_;
  std::int64_t storage_back_{};  ///< the file system answers from then on
  bool stop_asked_{};
  bool goal_reached_{};
  bool told_to_stop_{};
  std::optional<recovery::SlurmVerdict> slurm_;
  bool launch_fails_{};

  std::vector<events::Record> log_;
  std::unique_ptr<Machine> machine_;
  std::string host_;
  unsigned reign_{};
  bool over_{};
  bool requeued_{};  ///< it waits in the queue
  Step step_;
  unsigned newest_attempt_{};
  unsigned starts_{};
  unsigned named_{};
  std::set<std::string> given_back_without_;
  std::optional<int> exit_;
  std::vector<std::string> violations_;
  std::string story_;
};

}  // namespace holdfast::supervise::testing
