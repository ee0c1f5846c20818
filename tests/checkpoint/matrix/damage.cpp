// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/matrix/damage.hpp"

#include "holdfast/checkpoint/checkpoint.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {

namespace {

std::string with_number(std::string text, std::uint64_t step) {
  if (const auto at = text.find("{}"); at != std::string::npos)
    text.replace(at, 2, std::to_string(step));
  return text;
}

/// A file of a checkpoint, from the root: below it, or beside it after "..".
std::string place(const std::string& checkpoint, const std::string& file, std::uint64_t step) {
  const std::string path = join_path(checkpoint, with_number(file, step));
  return std::filesystem::path(path).lexically_normal().string();
}

}  // namespace

Scene::Scene(const Framework& chosen_framework) : framework(chosen_framework) {
  older = framework.save(world, 10);
  world.pass(std::chrono::minutes(10));
  newer = framework.save(world, 20);
  world.write_back();
  world.pass(std::chrono::hours(1));
  shard = place(newer, framework.shard, 20);
  older_shard = place(older, framework.shard, 10);
  if (!framework.marker.empty()) marker = place(newer, framework.marker, 20);
}

Result<Catalogue> Scene::catalogue(Level level) const {
  Wish wish;
  wish.level = level;
  return read_catalogue(world, wish, world.now());
}

Listed Scene::listed(Level level) const {
  const auto all = catalogue(level);
  if (all)
    for (const Listed& one : all->newest_first)
      if (one.checkpoint.path == newer) return one;
  return {};
}

std::optional<Verdict> Scene::verdict(Level level) const {
  const auto all = catalogue(level);
  if (!all) return std::nullopt;
  const auto found = std::ranges::find_if(
      all->newest_first, [&](const Listed& one) { return one.checkpoint.path == newer; });
  if (found == all->newest_first.end()) return std::nullopt;
  return found->judgement.verdict;
}

std::string Scene::chosen(Level level) const {
  const auto all = catalogue(level);
  if (!all) return {};
  Policy policy;
  policy.model_only = true;
  policy.wait_until = world.now();
  const Choice choice = select(*all, policy, world.now());
  const auto* resume = std::get_if<Resume>(&choice.what);
  return resume == nullptr ? std::string() : all->newest_first[resume->index].checkpoint.path;
}

void Scene::expect_fallback(Level level) const {
  const std::string path = chosen(level);
  EXPECT_NE(path, newer) << listed(level).judgement.why;
  if (older != newer) {
    EXPECT_EQ(path, older) << listed(level).judgement.why;
  }
}

}  // namespace holdfast::checkpoint::testing
