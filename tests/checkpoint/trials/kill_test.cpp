// SPDX-License-Identifier: Apache-2.0
// Killed while saving. Each trial lets one framework save a few times and stops it at a random
// operation of the last save: by killing the process, or by cutting the power, which forgets what
// was not synced. Whatever the catalogue then chooses must be, byte for byte, a save that had come
// to its end; and where one was safe on disk, one must be chosen.
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/checkpoint.hpp"
#include "holdfast/checkpoint/select.hpp"
#include "support/checkpoint/frameworks.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

/// What a finished save holds.
using Contents = std::map<std::string, std::string>;

Contents contents_of(const World& world, const std::string& path) {
  Contents contents;
  for (const std::string& file : world.files_under(path))
    contents.emplace(file, world.bytes(file));
  return contents;
}

struct Tally {
  unsigned trials{};
  unsigned power_cuts{};
  unsigned newest{};  ///< the interrupted save was chosen: it had come to its end after all
  unsigned older{};   ///< the one before it
  unsigned none{};    ///< nothing: there was nothing safe
  unsigned wrong{};   ///< an incomplete one was chosen
  unsigned missed{};  ///< a safe one was there and not chosen
};

class Trial {
 public:
  Trial(const Framework& framework, std::uint64_t seed) : framework_(framework), dice_(seed) {}

  void run(Tally& tally) {
    ++tally.trials;
    const std::uint64_t saves = 1 + dice_() % 3;
    for (std::uint64_t number = 1; number <= saves; ++number) {
      save(number * 10);
      // Long enough for everything to be written back by itself.
      world_.write_back();
      world_.pass(std::chrono::minutes(5));
    }
    const bool over = interrupt((saves + 1) * 10, tally);
    look_while_alive(tally);
    world_.pass(std::chrono::hours(1));
    judge(over, tally);
  }

 private:
  void save(std::uint64_t step) {
    const std::string path = framework_.save(world_, step);
    finished_[path].push_back(contents_of(world_, path));
  }

  /// True when the save goes into a directory that held a good one, which is then no longer safe.
  bool interrupt(std::uint64_t step, Tally& tally) {
    World rehearsal;
    const std::string path = framework_.save(rehearsal, step);
    const bool over = world_.has(path);
    finished_[path].push_back(contents_of(rehearsal, path));
    world_.die_after(dice_() % (rehearsal.operations() + 1));
    try {
      framework_.save(world_, step);
    } catch (const Killed&) {
      // As planned.
    }
    world_.live_on();
    if (dice_() % 3 != 0) {
      world_.lose_power(dice_);
      ++tally.power_cuts;
    }
    return over;
  }

  [[nodiscard]] Choice choose(std::string& path, std::optional<Time> wait_until) const {
    Wish wish;
    wish.world_size = 4;
    const auto catalogue = read_catalogue(world_, wish, world_.now());
    Policy policy;
    policy.model_only = true;
    policy.wait_until = wait_until;
    if (!catalogue) {
      ADD_FAILURE() << catalogue.error().sentence();
      return {NoneGood{}, {}};
    }
    Choice choice = select(*catalogue, policy, world_.now());
    if (const auto* resume = std::get_if<Resume>(&choice.what))
      path = catalogue->newest_first[resume->index].checkpoint.path;
    return choice;
  }

  [[nodiscard]] bool is_finished(const std::string& path) const {
    const Contents now = contents_of(world_, path);
    const auto known = finished_.find(path);
    if (known != finished_.end())
      return std::ranges::find(known->second, now) != known->second.end();
    // A whole file that was not yet renamed is as good as it will be after.
    if (now.size() != 1) return false;
    for (const auto& [other, saves] : finished_)
      for (const Contents& save : saves)
        if (save.size() == 1 && save.begin()->second == now.begin()->second) return true;
    return false;
  }

  /// What of it is not as the last save to that path left it, or was to leave it.
  [[nodiscard]] std::string broken_files(const std::string& path) const {
    std::string broken;
    const auto known = finished_.find(path);
    if (known == finished_.end()) return " all of it";
    const Contents now = contents_of(world_, path);
    for (const auto& [file, bytes] : known->second.back()) {
      const auto found = now.find(file);
      if (found == now.end())
        broken += ' ' + file + " (missing)";
      else if (found->second != bytes)
        broken += ' ' + file + " (" + std::to_string(found->second.size()) + " bytes)";
    }
    return broken;
  }

  /// A moment after the cut, when the writer might still live.
  void look_while_alive(Tally& tally) const {
    std::string path;
    const Choice choice = choose(path, std::nullopt);
    if (!path.empty() && !is_finished(path)) {
      ++tally.wrong;
      ADD_FAILURE() << framework_.name << ": chose " << path << " while it may be written";
    }
  }

  void judge(bool over, Tally& tally) const {
    std::string path;
    const Choice choice = choose(path, world_.now());
    if (path.empty()) {
      ++tally.none;
      if (over || framework_.one_index) return;
      ++tally.missed;
      ADD_FAILURE() << framework_.name << ": chose nothing, " << choice.passed_over.size()
                    << " passed over: "
                    << (choice.passed_over.empty() ? "" : choice.passed_over.back());
      return;
    }
    if (!is_finished(path)) {
      ++tally.wrong;
      ADD_FAILURE() << framework_.name << ": chose " << path
                    << ", which is not whole: " << std::get<Resume>(choice.what).why
                    << "; broken:" << broken_files(path);
      return;
    }
    ++(choice.passed_over.empty() ? tally.newest : tally.older);
  }

  const Framework& framework_;
  std::mt19937_64 dice_;
  World world_;
  std::map<std::string, std::vector<Contents>> finished_;
};

unsigned trials_wanted() {
  const char* text = std::getenv("HOLDFAST_KILL_TRIALS");
  return text == nullptr ? 500U : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

TEST(KillDuringSave, NeverChoosesAnIncompleteCheckpoint) {
  Tally tally;
  const unsigned wanted = trials_wanted();
  for (unsigned number = 0; number < wanted; ++number) {
    const Framework& framework = frameworks()[number % frameworks().size()];
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "seed " + std::to_string(number));
    Trial(framework, number).run(tally);
  }
  std::cout << tally.trials << " trials, " << tally.power_cuts << " of them power cuts: newest "
            << tally.newest << ", an older one " << tally.older << ", nothing " << tally.none
            << "; wrong " << tally.wrong << ", missed " << tally.missed << '\n';
  EXPECT_EQ(tally.wrong, 0U);
  EXPECT_EQ(tally.missed, 0U);
  EXPECT_GT(tally.newest, wanted / 20);
  EXPECT_GT(tally.older, wanted / 4);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
