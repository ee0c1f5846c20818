// SPDX-License-Identifier: Apache-2.0
// What the world says to the supervisor, turned into happenings; and time.
#include "run/supervisor.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/events/state_directory.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/slurm/job.hpp"

#include <algorithm>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

namespace holdfast::run {

namespace {

namespace json = boost::json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::chrono::seconds hang_look{5};
constexpr std::chrono::seconds status_beat{1};
constexpr unsigned life_signs = 60;  ///< status beats between two writes without news

std::int64_t ms_of(std::chrono::steady_clock::time_point time) {
  return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

std::string_view sentence_of(std::string_view how) {
  if (how == "closed") return "its sentinel ended and did not come back";
  if (how == "absent") return "its sentinel never came";
  return "it fell silent";
}

}  // namespace

Supervisor::Supervisor(Beginning beginning)
    : with_(std::move(beginning)),
      log_(disk_, with_.settings.state, std::move(with_.log), with_.before),
      machine_(with_.plan, with_.before),
      catalogue_(loop_,
                 disk_,
                 {with_.program,
                  with_.settings.checkpoints,
                  with_.settings.look,
                  cat(with_.settings.state, "/ckpt"),
                  with_.settings.resume_arg},
                 [this](const std::string& sentence) { say(sentence); }),
      sums_(with_.settings.sums_up
                ? std::make_unique<Sums>(loop_,
                                         catalogue_.settings(),
                                         [this](const std::string& sentence) { say(sentence); })
                : nullptr) {}

Supervisor::~Supervisor() = default;

supervise::Now Supervisor::now() {
  return {ms_of(std::chrono::steady_clock::now()),
          duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

Result<int> Supervisor::run() {
  if (auto opened = open(); !opened) return opened.error();
  take(machine_.begin(now()));
  arm();
  watch_for_hang();
  if (sums_) sums_->start();
  auto beats = std::make_shared<std::function<void()>>();
  *beats = [this, beats, count = 0U]() mutable {
    log_.tell_status(++count % life_signs == 0);
    look_for_a_successor();
    minute_.expires_after(status_beat);
    minute_.async_wait([beats](boost::system::error_code error) {
      if (!error) (*beats)();
    });
  };
  (*beats)();
  loop_.run();
  *beats = nullptr;
  log_.tell_status(true);
  disk_.finish();
  mouth_.finish();
  return exit_.value_or(125);
}

void Supervisor::arm() {
  const auto at = machine_.wake_at();
  if (!at) {
    wake_.cancel();
    return;
  }
  wake_.expires_at(std::chrono::steady_clock::time_point(milliseconds(*at)));
  wake_.async_wait([this](boost::system::error_code error) {
    if (!error) hear(supervise::Tick{});
  });
}

void Supervisor::say(const std::string& sentence) {
  mouth_.hand([line = cat("holdfast: ", sentence, '\n')] {
    const ssize_t wrote = ::write(STDERR_FILENO, line.data(), line.size());
    (void)wrote;  // nobody to tell it to
  });
}

void Supervisor::joined(const std::string& node, const std::string& address) {
  witnesses_.know(node, address);
  hear(supervise::Joined{node, address});
}

void Supervisor::lost(const std::string& node, milliseconds silent, std::string_view how) {
  if (how == "absent" && machine_.phase() == supervise::Phase::gathering && sentinels_) {
    if (absent_.empty()) boost::asio::post(loop_, [this] { leave_out_absent(); });
    absent_.insert(node);
    return;
  }
  std::string sentence(sentence_of(how));
  if (how == "silent") sentence += witnesses_.words_on(node);
  hear(supervise::Lost{node,
                       std::move(sentence),
                       silent.count(),
                       ms_of(roster_->fenced_at(node)),
                       how == "replaced"});
}

void Supervisor::back(const std::string& node) { hear(supervise::Back{node}); }

void Supervisor::suspected(const std::string& node) {
  const auto order = witnesses_.ask_about(node, with_.host, roster_->living());
  for (const std::string& witness : order.witnesses)
    roster_->ask_port(witness, order.address, order.port);
}

void Supervisor::port_asked(const std::string& witness,
                            const std::string& host,
                            std::uint16_t /*port*/,
                            bool answered) {
  witnesses_.heard(witness, host, answered);
}

void Supervisor::beat(const std::string& node, const sentinel::Beat& beat) {
  const std::size_t before = ranks_seen_.size();
  recovery::NodeVote vote{node, now().wall_ms, {}};
  vote.ranks.reserve(beat.ranks.size());
  for (const sentinel::RankState& rank : beat.ranks) {
    if (rank.attempt != attempt_) continue;
    ranks_seen_.insert(rank.rank);
    vote.ranks.push_back({.rank = rank.rank,
                          .cpu_ms = static_cast<std::uint64_t>(rank.cpu.count()),
                          .state = rank.state,
                          .faults = rank.faults,
                          .io_bytes = rank.io_bytes,
                          .gpu_memory = {beat.gpu_memory_busy, beat.gpu_looks},
                          .waits_in = rank.waits_in});
  }
  votes_[node] = std::move(vote);
  if (ranks_seen_.size() != before)
    hear(supervise::RanksSeen{attempt_, static_cast<unsigned>(ranks_seen_.size())});
}

void Supervisor::sign(const std::string& node, const sentinel::NodeSign& sign) {
  using Kind = sentinel::NodeSign::Kind;
  if (sign.kind == Kind::rank_gone && sign.attempt == attempt_)
    first_gone_ms_ = std::min(first_gone_ms_.value_or(sign.at_ms), sign.at_ms);
  if (sign.kind == Kind::came_late)
    say(cat(sign.count,
            " processes of attempt ",
            sign.attempt,
            " came up late on ",
            node,
            " and were ended"));
  if (auto meaning = meaning_of(node, sign)) gathering_.add(std::move(*meaning));
  if (auto fault = fatal_fault(sign); fault && faults_.insert(cat(node, ' ', *fault)).second)
    hear(supervise::Broke{node, std::move(*fault)});
  if (sign.kind == sentinel::NodeSign::Kind::not_seen && blind_spots_.insert(sign.text).second)
    say(cat(sign.text, " (on ", node, "; other nodes that say the same are not told)"));
}

void Supervisor::torn_down(const std::string& node, unsigned attempt, unsigned left) {
  hear(supervise::TornDown{node, attempt, left});
}

void Supervisor::looked(const std::string& node) { gathering_.node_answered(node); }

void Supervisor::control(const std::string& request,
                         std::function<void(sentinel::ControlAnswer)> reply) {
  boost::system::error_code error;
  const json::value parsed = json::parse(request, error);
  const auto* object = error ? nullptr : parsed.if_object();
  const json::value* word = object == nullptr ? nullptr : object->if_contains("word");
  if (word == nullptr || !word->is_string())
    return reply(
        {"the request makes no sense to this release of holdfast", sentinel::Outcome::wrong});
  supervise::Told told{next_reply_++, "", std::string(word->get_string()), {}};
  if (const auto* user = object->if_contains("user"); user != nullptr && user->is_string())
    told.user = user->get_string();
  if (const auto* args = object->if_contains("args"); args != nullptr && args->is_array())
    for (const json::value& arg : args->get_array())
      if (arg.is_string()) told.args.emplace_back(arg.get_string());
  replies_[told.id] = std::move(reply);
  hear(std::move(told));
}

void Supervisor::ask_controller() {
  disk_.hand([state = with_.settings.state] { return events::highest_epoch(state); },
             [this](Result<std::uint64_t> highest) {
               if (!highest) return;
               if (*highest > with_.epoch) return deposed(*highest);
               process::ask(loop_,
                            slurm::show_job(with_.plan.job),
                            std::chrono::seconds(2),
                            [this](Result<process::Answer> answer) {
                              const auto job = answer ? slurm::parse_job(answer->output)
                                                      : Result<slurm::JobFacts>(answer.error());
                              if (roster_ && job && job->state == "RUNNING")
                                roster_->controller_answered();
                            });
             });
}

/// A node that does not hear us may have helped to elect another supervisor; the claimed epoch is
/// the first that can be seen of it.
void Supervisor::look_for_a_successor() {
  if (exit_ || stands_by_ || !roster_ || roster_->all_hear_us() || looks_for_epoch_) return;
  looks_for_epoch_ = true;
  disk_.hand([state = with_.settings.state] { return events::highest_epoch(state); },
             [this](const Result<std::uint64_t>& highest) {
               looks_for_epoch_ = false;
               if (highest && *highest > with_.epoch) deposed(*highest);
             });
}

void Supervisor::outvoted() {
  hear(supervise::Deposed{"no majority of the sentinels is in reach; whoever has it goes on"});
}

void Supervisor::deposed(std::uint64_t epoch) {
  hear(supervise::Deposed{cat("another supervisor has taken over (epoch ", epoch, ")")});
}

void Supervisor::note(const std::string& sentence) { say(sentence); }

void Supervisor::watch_for_hang() {
  if (!with_.settings.hang_watch) return;
  hang_tick_.expires_after(hang_look);
  hang_tick_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const bool runs = machine_.phase() == supervise::Phase::running && step_ && hang_;
    if (runs) {
      recovery::Look look{now().wall_ms, step_->output_bytes(), checkpoints_seen_, {}};
      for (const auto& [node, vote] : votes_)
        look.votes.push_back(vote);
      hang_->observe(look);
      if (auto judgement = hang_->judge(); judgement.hung)
        hear(supervise::Hung{attempt_, std::move(*judgement.hung)});
    }
    watch_for_hang();
  });
}

Result<int> supervise(Beginning beginning) {
  Supervisor supervisor(std::move(beginning));
  return supervisor.run();
}

}  // namespace holdfast::run
