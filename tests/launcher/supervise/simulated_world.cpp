// SPDX-License-Identifier: Apache-2.0
// The nodes, the program and the faults of the simulated cluster.
#include "holdfast/common/text.hpp"
#include "simulated_cluster.hpp"

#include <algorithm>

namespace holdfast::supervise::testing {

namespace {

constexpr std::int64_t node_timeout = 5'000;
constexpr std::int64_t lease = 4'000;
constexpr std::int64_t between_saves = 20'000;
constexpr std::uint64_t goal = 10;
constexpr std::int64_t trouble_ms = 400'000;  ///< no fault falls later

}  // namespace

void SimulatedCluster::allocate(const std::set<std::string>& without) {
  const std::size_t size = plan_.wanted + below(3);
  std::vector<std::string> nodes;
  for (const std::string& name : plan_.allocation)
    if (nodes_[name].up && !nodes_[name].cut && !without.contains(name) && nodes.size() < size)
      nodes.push_back(name);
  while (nodes.size() < size)
    nodes.push_back(cat("n", ++named_));
  for (const std::string& name : nodes)
    nodes_[name] = Node{};  // Slurm has ended all that ran there
  plan_.allocation = std::move(nodes);
  // Now and then a node is dead on arrival.
  if (below(6) == 0) nodes_[plan_.allocation.back()].up = plan_.allocation.size() == 1;
}

void SimulatedCluster::launch(const StartStep& start) {
  step_ = Step{.attempt = start.attempt,
               .nodes = start.nodes,
               .launched = 0,
               .at = start.resume ? start.resume->step.value_or(0) : 0,
               .over = false,
               .stalled = false};
  const bool reached =
      std::ranges::all_of(start.nodes, [this](const auto& name) { return hears(name); });
  if (launch_fails_ || !reached) {
    launch_fails_ = false;
    tell("srun cannot start the ranks");
    if (below(3) == 0) return;  // and does not even say so
    recovery::SrunMessage message;
    message.kind = recovery::SrunMessageKind::launch_failed;
    message.nodes = {start.nodes[below(static_cast<unsigned>(start.nodes.size()))]};
    later_to_supervisor(900, SrunSaid{start.attempt, message, "Task launch failed"});
    later(1'000, [this, attempt = start.attempt] {
      if (step_.attempt == attempt) end_step(1);
    });
    return;
  }
  // All that hear of a new attempt know that those before it are over.
  for (auto& [name, node] : nodes_)
    if (hears(name)) node.ended = std::max(node.ended, start.attempt - 1);
  // A slow srun brings up ranks long after their attempt was ended.
  const std::int64_t latest = below(6) == 0 ? 20'000 : 1'500;
  for (const std::string& name : start.nodes)
    later(between(50, latest), [this, name, attempt = start.attempt, turn = plan_.restart] {
      if (turn == plan_.restart) arrive(name, attempt);  // else Slurm has ended srun and all of it
    });
}

/// The ranks of one node come up, wherever the supervisor is by then.
void SimulatedCluster::arrive(const std::string& name, unsigned attempt) {
  Node& node = nodes_[name];
  if (!hears(name)) return;
  if (attempt <= node.ended) return tell(cat("ranks of attempt ", attempt, " come late on ", name));
  for (const auto& [other, one] : nodes_)
    for (const unsigned living : one.ranks)
      if (living != attempt)
        violate(
            cat("attempts ", living, " and ", attempt, " live at once, on ", other, " and ", name));
  node.ranks.insert(attempt);
  if (step_.attempt != attempt) return violate(cat("attempt ", attempt, " came back to life"));
  if (++step_.launched != step_.nodes.size()) return;
  later_to_supervisor(between(50, 550), RanksSeen{attempt, plan_.ranks});
  const auto loaded = checkpoints_.find(step_.at);
  if (loaded != checkpoints_.end() && loaded->second.poisoned) {
    later(3'000, [this, name, attempt] {
      if (step_.attempt == attempt) lose_rank(name, 0, 1, false);
    });
    return;
  }
  later(between_saves, [this, attempt] { run_program(attempt); });
}

bool SimulatedCluster::at_work() const {
  return !step_.over && !step_.stalled && step_.launched == step_.nodes.size() &&
         std::ranges::all_of(step_.nodes, [this](const std::string& name) {
           return nodes_.at(name).ranks.contains(step_.attempt) && !nodes_.at(name).cut;
         });
}

/// One stretch of work is done: saved, or the end.
void SimulatedCluster::run_program(unsigned attempt) {
  if (step_.attempt != attempt) return;
  if (!at_work()) {
    // It may only be waiting for a node that is cut for a moment.
    if (!step_.over) later(between_saves, [this, attempt] { run_program(attempt); });
    return;
  }
  ++step_.at;
  const auto [place, is_new] = checkpoints_.try_emplace(step_.at);
  if (is_new) place->second.poisoned = step_.at < goal && below(15) == 0;
  if (step_.at < goal) {
    later(between_saves, [this, attempt] { run_program(attempt); });
    return;
  }
  goal_reached_ = true;
  for (const std::string& name : step_.nodes)
    nodes_[name].ranks.erase(attempt);
  end_step(0);
}

void SimulatedCluster::end_step(int exit_code) {
  if (step_.over) return;
  step_.over = true;
  later_to_supervisor(between(1, 100), StepEnded{step_.attempt, exit_code, 0, ""});
}

/// One rank ends and srun says so; the others wait for it for ever.
void SimulatedCluster::lose_rank(const std::string& name,
                                 int signal,
                                 int exit_code,
                                 bool out_of_memory) {
  Node& node = nodes_[name];
  if (step_.over || !node.ranks.contains(step_.attempt)) return;
  step_.stalled = true;
  if (!hears(name)) {
    node.rumour = true;  // it is told of when the node is back
    return;
  }
  recovery::SrunMessage message;
  message.kind = recovery::SrunMessageKind::ranks_ended;
  message.nodes = {name};
  message.ranks = {0};
  message.signal = signal;
  message.exit_code = exit_code;
  message.out_of_memory = out_of_memory;
  tell(cat("a rank on ", name, " ends"));
  later_to_supervisor(between(1, 50), SrunSaid{step_.attempt, message, "a rank ended"});
}

void SimulatedCluster::lose_ranks_by_lease(const std::string& name) {
  Node& node = nodes_[name];
  node.ended = std::max(node.ended, newest_attempt_);
  if (node.ranks.empty()) return;
  tell(cat("the sentinel of ", name, " ends its ranks"));
  node.ranks.clear();
  node.rumour = true;
}

/// The step of the sentinels was ended: ranks die with them, and it is started again at once on the
/// nodes that srun can reach.
void SimulatedCluster::end_sentinels() {
  if (!machine_ || stop_asked_) return;
  tell("the step of the sentinels ends");
  std::vector<std::string> unreached;
  for (const std::string& name : plan_.allocation) {
    Node& node = nodes_[name];
    if (!hears(name)) {
      if (!node.lost) unreached.push_back(name);
      continue;
    }
    node.ended = std::max(node.ended, newest_attempt_);
    node.ranks.clear();
    if (!node.joined) continue;
    node.joined = false;
    hear(Lost{name, "its sentinel ended", 0, steady_, true});
  }
  for (const std::string& name : unreached) {
    nodes_[name].lost = true;
    nodes_[name].joined = false;
    // What is left there dies by the lease, which is counted from the last acknowledged beat.
    hear(Lost{name, "srun could not start its sentinel", 0, steady_ + lease});
  }
  join_all();
}

void SimulatedCluster::cut(const std::string& name, std::int64_t for_ms) {
  Node& node = nodes_[name];
  if (!node.up || node.cut) return;
  tell(cat(name, " is cut for ", for_ms, " ms"));
  const bool host = name == host_ && machine_;
  node.cut = true;
  later(for_ms, [this, name] { heal(name); });
  if (host) return fall(false);
  later(lease, [this, name, until = steady_ + for_ms] {
    if (nodes_[name].cut && steady_ < until) lose_ranks_by_lease(name);
  });
  later(node_timeout, [this, name, until = steady_ + for_ms, mine = reign_] {
    Node& one = nodes_[name];
    if (mine != reign_ || steady_ >= until || !one.joined || one.lost) return;
    one.lost = true;
    hear(Lost{name, "silent on every network", node_timeout, steady_ + between(0, 300)});
  });
}

void SimulatedCluster::heal(const std::string& name) {
  Node& node = nodes_[name];
  if (!node.up || !node.cut) return;
  node.cut = false;
  if (!hears(name)) return;
  tell(cat(name, " is back"));
  if (!node.joined) {
    node.joined = true;
    later_to_supervisor(between(1, 500), Joined{name, "10.0.0.1:7"});
  } else if (node.lost) {
    node.lost = false;
    later_to_supervisor(between(1, 500), Back{name});
  } else if (node.rumour && !step_.over) {
    recovery::SrunMessage message;
    message.kind = recovery::SrunMessageKind::ranks_ended;
    message.nodes = {name};
    message.ranks = {0};
    message.signal = 9;
    later_to_supervisor(between(1, 500), SrunSaid{step_.attempt, message, "Killed"});
  }
  node.rumour = false;
}

void SimulatedCluster::kill_node(const std::string& name) {
  Node& node = nodes_[name];
  if (!node.up) return;
  tell(cat(name, " dies"));
  node.up = false;
  node.ranks.clear();
  if (name == host_ && machine_) return fall(true);
  later(node_timeout, [this, name, mine = reign_] {
    Node& one = nodes_[name];
    if (mine != reign_ || !one.joined || one.lost) return;
    one.lost = true;
    hear(Lost{name, "silent on every network", node_timeout, steady_});
  });
}

std::string SimulatedCluster::some_node() {
  return plan_.allocation[below(static_cast<unsigned>(plan_.allocation.size()))];
}

std::string SimulatedCluster::some_node_at_work() {
  return step_.nodes.empty() ? some_node()
                             : step_.nodes[below(static_cast<unsigned>(step_.nodes.size()))];
}

void SimulatedCluster::plan_faults() {
  for (unsigned count = below(13); count > 0; --count)
    later(between(0, trouble_ms), [this] { fault(); });
}

void SimulatedCluster::fault() {
  switch (const unsigned kind = below(21)) {
    case 20:
      return end_sentinels();
    case 0:
    case 1:
      return lose_rank(some_node_at_work(), 9, 0, false);
    case 2:
      return lose_rank(some_node_at_work(), 11, 0, false);
    case 3:
      return lose_rank(some_node_at_work(), 0, 1 + static_cast<int>(below(3)), false);
    case 4:
      return lose_rank(some_node_at_work(), 9, 0, true);
    case 5:
    case 6:
      return kill_node(some_node());
    case 7:
      kill_node(some_node());
      return kill_node(some_node());
    case 8:
    case 9:
      return cut(some_node(), between(500, 60'000));
    case 10:
      return machine_ ? kill_node(host_) : void();
    case 11:
      return machine_ ? cut(host_, between(5'000, 60'000)) : void();
    case 12:
      storage_back_ = steady_ + between(1'000, 100'000);
      return tell("the file system stalls");
    case 13:
      launch_fails_ = true;
      return;
    case 14:
      nodes_[some_node()].stuck = true;
      return;
    case 15:
      wall_offset_ += between(-3'600'000, 3'600'000);
      return tell("the clock jumps");
    default:
      return fault_of_job(kind);
  }
}

void SimulatedCluster::fault_of_job(unsigned kind) {
  if (!machine_ || nodes_[host_].cut || stop_asked_) return;
  if (kind == 16) {
    if (step_.over) return;
    step_.stalled = true;
    tell("the program stands still");
    return later_to_supervisor(600'000, Hung{step_.attempt, {.quiet_ms = 600'000}});
  }
  if (kind == 17) {
    slurm_ = recovery::SlurmVerdict::time_limit;
    tell("the time is nearly over");
    return hear(EndIsNear{"the time is nearly over"});
  }
  if (kind == 18 && below(3) == 0) {
    slurm_ = recovery::SlurmVerdict::cancelled;
    stop_asked_ = true;
    tell("scancel");
    return hear(StopAsked{"cancelled by its owner"});
  }
  const std::vector<std::string> words{
      "save", "restart", "swap", "stop-after-checkpoint", "pause-restarts", "nonsense"};
  const std::string word = words[below(static_cast<unsigned>(words.size()))];
  tell(cat("ctl ", word));
  told_to_stop_ = told_to_stop_ || word == "stop-after-checkpoint";
  if (word == "pause-restarts") later_to_supervisor(90'000, Told{1, "u", "resume-restarts", {}});
  hear(Told{1, "u", word, word == "swap" ? std::vector{some_node()} : std::vector<std::string>{}});
}

}  // namespace holdfast::supervise::testing
