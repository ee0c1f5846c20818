// SPDX-License-Identifier: Apache-2.0
#include "simulated_cluster.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/events/run_state.hpp"

#include <algorithm>

namespace holdfast::supervise::testing {

namespace {

constexpr std::int64_t node_timeout = 5'000;
constexpr std::int64_t lease = 4'000;
constexpr std::int64_t two_days = 48LL * 3'600'000;
constexpr unsigned most_events = 300'000;
constexpr unsigned most_at_once = 2'000;

template <class... Functions>
struct Cases : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Cases(Functions...) -> Cases<Functions...>;

std::string path_of(std::uint64_t step) { return cat("/ckpt/", step); }

}  // namespace

SimulatedCluster::SimulatedCluster(unsigned seed) : luck_(seed) {
  plan_.job = "7";
  plan_.wanted = 1 + below(5);
  plan_.ranks = plan_.wanted * (1 + below(3));
  plan_.policy.max_restarts = 3 + below(25);
  plan_.policy.max_requeues = below(4);
  plan_.policy.no_progress = below(3) == 0 ? 0 : 3;
  plan_.policy.can_requeue = below(4) != 0;
  if (below(3) == 0) plan_.policy.on_exhausted = recovery::Exhausted::fail;
  if (below(2) == 0) plan_.policy.shrink_to = 1 + below(plan_.wanted);
  if (below(2) == 0) plan_.save_signal = 10;
  plan_.save_lead_ms = 20'000;
  plan_.gather_ms = 2'000;  // as in a run; the default is short
  plan_.looks_first = seed % 2 == 0;
  if (seed % 3 == 0) plan_.keep = plan_.wanted;
  plan_.command = {"srun", "a.out"};
  plan_.version = "test";
  allocate({});
  plan_faults();
}

void SimulatedCluster::play() {
  reign(false, plan_.allocation.front(), "");
  unsigned at_once = 0;
  for (unsigned count = 0; !over_ && violations_.empty(); ++count) {
    const auto wake = machine_ ? machine_->wake_at() : std::nullopt;
    const bool queued = !queue_.empty();
    if (!queued && !wake) return violate("nothing will ever happen again");
    const std::int64_t before = steady_;
    if (queued && (!wake || queue_.begin()->first <= *wake)) {
      const auto first = queue_.begin();
      steady_ = std::max(steady_, first->first);
      const auto what = std::move(first->second);
      queue_.erase(first);
      what();
    } else {
      steady_ = std::max(steady_, *wake);
      hear(Tick{});
    }
    at_once = steady_ == before ? at_once + 1 : 0;
    if (at_once > most_at_once) return violate("it spins without time going by");
    if (count > most_events || steady_ > two_days) return violate("it never ends");
  }
}

void SimulatedCluster::reign(bool successor,
                             const std::string& host,
                             const std::string& predecessor) {
  ++reign_;
  host_ = host;
  tell(cat("supervisor on ", host, successor ? " takes over" : " begins"));
  plan_.successor = successor;
  plan_.predecessor = predecessor;
  plan_.silent_ms = successor ? node_timeout : 0;
  machine_ = std::make_unique<Machine>(plan_, events::replay(log_));
  do_all(machine_->begin(now()));
  for (const std::string& name : plan_.allocation) {
    Node& node = nodes_[name];
    node.joined = false;
    node.lost = false;
  }
  join_all();
  // srun ends the step of all sentinels when it cannot reach one of the nodes.
  const bool reached = std::ranges::all_of(plan_.allocation,
                                           [this](const std::string& name) { return hears(name); });
  if (!successor && !reached)
    later(between(1'000, 11'000), [this, mine = reign_] {
      if (mine == reign_) end_sentinels();
    });
}

void SimulatedCluster::join_all() {
  for (const std::string& name : plan_.allocation) {
    later(between(0, 800), [this, name, mine = reign_] {
      Node& one = nodes_[name];
      if (mine != reign_ || !hears(name) || one.joined) return;
      one.joined = true;
      hear(Joined{name, "10.0.0.1:7"});
    });
  }
}

/// The supervisor is gone. Its sentinels hear nobody and kill their ranks within the lease.
void SimulatedCluster::fall(bool host_died) {
  tell(cat("supervisor on ", host_, host_died ? " dies" : " is cut off"));
  const std::string old = host_;
  if (host_died) {
    machine_.reset();
    ++reign_;
  } else {
    // It lives on alone until it sees that it has no majority.
    later_to_supervisor(lease, Deposed{"no majority"});
  }
  for (const std::string& name : plan_.allocation)
    later(between(lease - 500, lease), [this, name] { lose_ranks_by_lease(name); });
  if (step_.attempt != 0) step_.over = true;
  later(node_timeout + between(300, 3'000), [this, old, restart = plan_.restart] {
    // Slurm ends all of a job that it puts back into the queue, sentinels too.
    if (!requeued_ && restart == plan_.restart) succeed(old);
  });
}

void SimulatedCluster::succeed(const std::string& predecessor) {
  std::vector<std::string> voters;
  for (const std::string& name : plan_.allocation)
    if (nodes_[name].up && !nodes_[name].cut) voters.push_back(name);
  // slurmctld is one voter more. A job that was cancelled has no sentinels any more.
  if (stop_asked_ || voters.empty() || 2 * (voters.size() + 1) <= plan_.allocation.size() + 1) {
    tell("nobody reaches a majority");
    if (machine_) ++reign_;
    machine_.reset();
    over_ = true;
    return;
  }
  reign(true, voters.front(), predecessor);
}

bool SimulatedCluster::hears(const std::string& node) const {
  const Node& one = nodes_.at(node);
  if (!machine_ || !one.up) return false;
  return node == host_ || (!one.cut && !nodes_.at(host_).cut);
}

void SimulatedCluster::hear(const Happening& happening) {
  if (!machine_ || over_) return;
  do_all(machine_->on(happening, now()));
}

void SimulatedCluster::do_all(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects)
    std::visit(Cases{
                   [&](const Write& wish) { write(wish.body); },
                   [&](const StartStep& wish) { start_step(wish); },
                   [&](const TearDown& wish) { tear_down(wish); },
                   [&](const DropStep& wish) {
                     if (step_.attempt == wish.attempt) step_.over = true;
                   },
                   [&](const SignalRanks& wish) {
                     later(between(500, 30'000), [this, attempt = wish.attempt] {
                       if (attempt != step_.attempt || !at_work()) return;
                       checkpoints_.try_emplace(++step_.at);
                       tell(cat("saved ", step_.at, " on demand"));
                     });
                   },
                   [&](const ReadCatalogue& wish) { read_catalogue(wish); },
                   [&](const Gather& wish) { gather(wish); },
                   [&](const SetMembers&) {},
                   [&](const GiveBack& wish) { give_back(wish); },
                   [&](const HandBack& wish) { hand_back(wish); },
                   [&](const Say& wish) { tell(cat("says: ", wish.sentence)); },
                   [&](const Reply&) {},
                   [&](const End& wish) { end(wish.exit); },
               },
               effect);
}

void SimulatedCluster::write(const events::Body& body) {
  events::Record record;
  record.seq = log_.size() + 1;
  record.epoch = reign_;
  record.at_ms = now().wall_ms;
  record.host = host_;
  record.body = body;
  log_.push_back(std::move(record));
}

void SimulatedCluster::check_start(const StartStep& start) {
  const events::RunState state = events::replay(log_);
  const events::AttemptState* newest = state.newest_attempt();
  if (newest == nullptr || newest->number != start.attempt)
    violate("an attempt was started before it was written down");
  if (start.attempt <= newest_attempt_) violate("an attempt number was used twice");
  if (stop_asked_) violate("an attempt was started after the job was cancelled");
  const std::set<std::string> unique(start.nodes.begin(), start.nodes.end());
  if (unique.size() != start.nodes.size()) violate("a node was used twice");
  if (start.nodes.size() < plan_.policy.shrink_to.value_or(plan_.wanted) ||
      start.nodes.size() > plan_.wanted)
    violate(cat("started on ", start.nodes.size(), " nodes"));
  for (const events::AttemptState& one : state.attempts)
    if (one.loss && (one.loss->cause == "hardware" || one.loss->cause == "node_lost"))
      for (const std::string& node : one.loss->blamed)
        if (unique.contains(node)) violate(cat("started on ", node, ", which was lost"));
  if (!start.resume) {
    if (!checkpoints_.empty()) violate("started from the beginning although there are checkpoints");
  } else if (!start.resume->step || !checkpoints_.contains(*start.resume->step)) {
    violate("started from a checkpoint that is not there");
  } else if (state.condemned.contains(start.resume->path)) {
    violate("started from a condemned checkpoint");
  }
}

void SimulatedCluster::start_step(const StartStep& start) {
  ++starts_;
  tell(cat("attempt ",
           start.attempt,
           " on ",
           join(start.nodes, ","),
           " from ",
           start.resume ? start.resume->path : "the beginning"));
  check_start(start);
  newest_attempt_ = start.attempt;
  launch(start);
}

void SimulatedCluster::tear_down(const TearDown& wish) {
  for (const std::string& name : wish.nodes) {
    later(between(5, 400), [this, name, attempt = wish.attempt, mine = reign_] {
      if (mine != reign_ || !hears(name)) return;
      Node& node = nodes_[name];
      node.ended = std::max(node.ended, attempt);
      node.ranks.erase(attempt);  // one stuck in the kernel will not run again either
      const unsigned left = node.stuck ? 1 : 0;
      if (node.stuck && below(20) == 0) node.stuck = false;
      later(between(1, 200), [this, name, attempt, left, mine] {
        if (mine == reign_ && hears(name)) hear(TornDown{name, attempt, left});
      });
    });
  }
}

void SimulatedCluster::read_catalogue(const ReadCatalogue& wish) {
  recovery::Choice choice;
  if (steady_ < storage_back_) {
    choice.kind = recovery::ChoiceKind::unknown;
    choice.why = "the file system does not answer";
    return later_to_supervisor(between(100, 2'000), CatalogueRead{choice});
  }
  if (!checkpoints_.empty()) choice.kind = recovery::ChoiceKind::none_good;
  for (auto at = checkpoints_.rbegin(); at != checkpoints_.rend(); ++at) {
    if (std::ranges::count(wish.condemned, path_of(at->first)) != 0) continue;
    choice.kind = recovery::ChoiceKind::good;
    choice.resume = {path_of(at->first), at->first, "torch-dcp"};
    break;
  }
  choice.why = "as it lies there";
  later_to_supervisor(between(5, 300), CatalogueRead{choice});
}

void SimulatedCluster::gather(const Gather& wish) {
  Gathered gathered;
  gathered.slurm = slurm_;
  if (below(4) == 0)
    gathered.lines.push_back(
        {now().wall_ms, "", {}, "RuntimeError: Connection closed by peer [10.0.0.2]:9"});
  if (below(12) == 0)
    gathered.signs.push_back({wish.nodes.empty() ? host_ : wish.nodes.front(),
                              recovery::SignKind::xid,
                              "NVRM: Xid (PCI:0000:17:00): 79, GPU has fallen off the bus",
                              now().wall_ms});
  later_to_supervisor(between(1, wish.patience_ms), gathered);
}

/// Slurm takes the nodes, and their sentinels go silent; or it does not, and all is as before.
void SimulatedCluster::give_back(const GiveBack& wish) {
  const bool done = below(4) != 0;
  later_to_supervisor(between(20, 200), GivenBack{wish.rest, done, ""});
  if (!done) return;
  for (const std::string& name : wish.rest)
    if (nodes_.at(name).up) kill_node(name);
}

void SimulatedCluster::hand_back(const HandBack& wish) {
  for (const auto& [name, node] : nodes_)
    if (!node.ranks.empty()) violate(cat("given back while ranks live on ", name));
  given_back_without_ = {wish.exclude.begin(), wish.exclude.end()};
  const bool done = below(20) != 0;
  if (!done || wish.only_to_end) given_back_without_.insert("nobody goes on");
  later_to_supervisor(between(100, 3'000), HandedBack{done, done ? "" : "scontrol failed"});
}

void SimulatedCluster::end(int exit) {
  tell(cat("ends with ", exit));
  machine_.reset();
  const bool requeued =
      exit == 123 && !stop_asked_ && !given_back_without_.contains("nobody goes on");
  ++reign_;
  if (exit == 125) return;  // deposed: another goes on, or nobody can
  for (const auto& [name, node] : nodes_)
    if (!node.ranks.empty()) violate(cat("ended while ranks live on ", name));
  if (exit == 0 && !goal_reached_ && !told_to_stop_)
    violate("it says that it is well, and it is not");
  if (!requeued) {
    exit_ = exit;
    over_ = true;
    return;
  }
  requeued_ = true;
  later(between(2'000, 200'000), [this] {
    requeued_ = false;
    ++plan_.restart;
    slurm_.reset();
    allocate(given_back_without_);
    given_back_without_.clear();
    reign(false, plan_.allocation.front(), "");
  });
}

void SimulatedCluster::later(std::int64_t ms, std::function<void()> what) {
  queue_.emplace(steady_ + ms, std::move(what));
}

void SimulatedCluster::later_to_supervisor(std::int64_t ms, Happening happening) {
  later(ms, [this, mine = reign_, what = std::move(happening)] {
    if (mine == reign_) hear(what);
  });
}

unsigned SimulatedCluster::below(unsigned bound) { return static_cast<unsigned>(luck_() % bound); }

std::int64_t SimulatedCluster::between(std::int64_t least, std::int64_t most) {
  return least + static_cast<std::int64_t>(luck_() % static_cast<unsigned>(most - least + 1));
}

void SimulatedCluster::tell(const std::string& sentence) {
  story_ += cat(steady_, ' ', sentence, '\n');
}

void SimulatedCluster::violate(const std::string& sentence) {
  tell(cat("VIOLATION: ", sentence));
  violations_.push_back(sentence);
}

}  // namespace holdfast::supervise::testing
