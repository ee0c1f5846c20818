// SPDX-License-Identifier: Apache-2.0
// From sentinels coming in to an attempt being started.
#include "holdfast/attempt/rank_map.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/history.hpp"
#include "holdfast/supervise/machine.hpp"
#include "supervise/explanation.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::supervise {

namespace {

constexpr unsigned patience_with_catalogue = 4;  ///< times it is asked
constexpr std::int64_t between_catalogue_ms = 3'000;

}  // namespace

void Machine::gather_or_go(Now now) {
  const auto is_known = [this](const std::string& node) {
    return lives(node) || ever_lost_.contains(node);
  };
  const bool all_known = std::ranges::all_of(plan_.allocation, is_known);
  const bool enough = usable_nodes().size() >= plan_.wanted;
  if (enough && !enough_since_) enough_since_ = now.steady_ms;
  if (!enough) enough_since_.reset();
  const bool spares_waited_for = enough && now.steady_ms >= *enough_since_ + plan_.spare_wait_ms;
  if (!all_known && !spares_waited_for &&
      now.steady_ms < began_steady_ + plan_.join_ms + plan_.return_ms)
    return;
  if (aim_ == Aim::end_well && attempt_.number != 0)
    return end(0, "finished", cat("attempt ", attempt_.number, " had ended well"), now);
  if (aim_ == Aim::taken_over && attempt_.number != 0) {
    if (plan_.successor && !lives(plan_.predecessor))
      attempt_.lost.push_back(
          {plan_.predecessor, "its supervisor fell silent, and nobody hears it", plan_.silent_ms});
    return stop(Aim::taken_over, cat("the supervisor on ", plan_.predecessor, " fell silent"), now);
  }
  if (waits_for_look(now)) return;
  give_back_the_rest();
  phase_ = Phase::choosing;
  read_catalogue(now);
}

/// Where there are nodes to choose from, none is chosen before its own check has been heard: what
/// it finds makes the node unfit, and another one stands in its place from the start.
bool Machine::waits_for_look(Now now) {
  if (!plan_.looks_first || first_look_ == FirstLook::done) return false;
  if (usable_nodes().size() <= plan_.wanted) return false;
  if (first_look_ == FirstLook::not_asked)
    effects_.emplace_back(Gather{0, now.wall_ms, usable_nodes(), plan_.gather_ms});
  first_look_ = FirstLook::asked;
  return true;
}

void Machine::give_back_the_rest() {
  if (!plan_.keep || plan_.successor || !given_back_.empty()) return;
  GiveBack back;
  back.keep = usable_nodes();
  if (back.keep.size() > *plan_.keep) back.keep.resize(*plan_.keep);
  // Slurm wants the node of the batch script to stay, and so do we: we live there.
  if (std::ranges::count(back.keep, plan_.host) == 0) back.keep.push_back(plan_.host);
  std::ranges::copy_if(
      plan_.allocation, std::back_inserter(back.rest), [&](const std::string& node) {
        return std::ranges::count(back.keep, node) == 0 && !plan_.excluded.contains(node);
      });
  if (back.rest.empty()) return;
  given_back_.insert(back.rest.begin(), back.rest.end());
  plan_.excluded.insert(back.rest.begin(), back.rest.end());
  effects_.emplace_back(SetMembers{back.keep});
  effects_.emplace_back(std::move(back));
}

void Machine::read_catalogue(Now) {
  catalogue_busy_ = true;
  const bool writers_gone = phase_ == Phase::choosing || phase_ == Phase::judging;
  if (writers_gone) ++asked_catalogue_;
  effects_.emplace_back(ReadCatalogue{{condemned_.begin(), condemned_.end()}, writers_gone});
}

void Machine::chosen(const recovery::Choice& choice, Now now) {
  using recovery::ChoiceKind;
  if (choice.kind == ChoiceKind::unknown && asked_catalogue_ < patience_with_catalogue) {
    look_again_ = now.steady_ms + between_catalogue_ms;
    return;
  }
  asked_catalogue_ = 0;
  if (choice.kind == ChoiceKind::unknown || choice.kind == ChoiceKind::none_good)
    return end(3,
               choice.kind == ChoiceKind::unknown ? "catalogue_unreadable" : "none_good",
               choice.why,
               now);
  auto nodes = pick_nodes();
  const unsigned least = plan_.policy.shrink_to.value_or(plan_.wanted);
  if (nodes.size() < least) return too_few(now);
  if (nodes.size() > plan_.wanted) nodes.resize(plan_.wanted);
  std::optional<recovery::Resume> resume;
  if (choice.kind == ChoiceKind::good) resume = choice.resume;
  start(std::move(nodes), std::move(resume), choice.why, now);
}

void Machine::too_few(Now now) {
  std::vector<std::string> missing;
  for (const std::string& node : plan_.allocation)
    if (!usable(node) && !plan_.excluded.contains(node)) missing.push_back(node);
  std::string why = cat(usable_nodes().size(),
                        " of ",
                        plan_.allocation.size(),
                        " nodes can be used and ",
                        plan_.wanted,
                        " are wanted; missing: ",
                        join(missing, ","));
  if (plan_.policy.can_requeue && plan_.policy.on_exhausted == recovery::Exhausted::requeue &&
      history_.requeues < plan_.policy.max_requeues)
    return hand_back(std::move(missing), why, now);
  end(122, "gave_up", std::move(why), now);
}

std::vector<events::RankBlock> Machine::rank_blocks(const std::vector<std::string>& nodes,
                                                    unsigned ranks) const {
  std::vector<events::RankBlock> blocks;
  const auto map = attempt::deal(nodes, ranks, attempt::Dealing::block);
  for (unsigned rank = 0; rank < map.host_of_rank.size(); ++rank) {
    if (blocks.empty() || blocks.back().node != map.host_of_rank[rank])
      blocks.push_back({map.host_of_rank[rank], rank, 0});
    ++blocks.back().count;
  }
  return blocks;
}

void Machine::start(std::vector<std::string> nodes,
                    std::optional<recovery::Resume> resume,
                    std::string why,
                    Now now) {
  attempt_ = Current{};
  attempt_.number = ++last_number_;
  attempt_.ranks = ranks_for(nodes.size());
  attempt_.nodes = std::move(nodes);
  attempt_.resume = std::move(resume);
  attempt_.started_steady = now.steady_ms;
  attempt_.started_wall = now.wall_ms;
  attempt_.step_over = false;
  judged_ = false;
  next_.reset();
  aim_ = Aim::judge;
  next_look_ = now.steady_ms + plan_.look_ms;
  phase_ = Phase::running;
  if (plan_.explains) {
    say(cat("attempt ", attempt_.number, " starts"));
    auto spares = usable_nodes();
    std::erase_if(spares, [this](const std::string& node) {
      return std::ranges::count(attempt_.nodes, node) != 0;
    });
    for (std::string& line : explanation(attempt_.nodes, spares, attempt_.resume, why))
      say(std::move(line));
  }
  std::optional<events::ResumePoint> point;
  if (attempt_.resume) point = events::resume_point(*attempt_.resume);
  write(events::AttemptStarted{attempt_.number,
                               attempt_.nodes,
                               rank_blocks(attempt_.nodes, attempt_.ranks),
                               std::move(point),
                               std::move(why)});
  effects_.emplace_back(StartStep{attempt_.number,
                                  attempt_.nodes,
                                  attempt_.ranks,
                                  attempt_.nodes.size() >= plan_.wanted,
                                  attempt_.resume});
}

}  // namespace holdfast::supervise
