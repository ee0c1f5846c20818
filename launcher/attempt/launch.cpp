// SPDX-License-Identifier: Apache-2.0
#include "holdfast/attempt/launch.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::attempt {

namespace {

/// Ours decides these; the user's word would win, standing later.
constexpr std::array replaced_always{std::string_view("distribution"),
                                     std::string_view("exclusive"),  // srun: not with --overlap
                                     std::string_view("export")};
constexpr std::array replaced_when_smaller{std::string_view("nodes"), std::string_view("ntasks")};

bool is_replaced(const SrunOption& option, bool full_size) {
  if (std::ranges::count(replaced_always, option.name) != 0) return true;
  return !full_size && std::ranges::count(replaced_when_smaller, option.name) != 0;
}

/// The user's words but those that were replaced. A letter within a word of several cannot be taken
/// out alone, so such a word is spelled anew from what it said.
std::vector<std::string> kept_words(const SrunLine& line, bool full_size) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < line.read.size();) {
    std::size_t end = i + 1;
    std::size_t words = line.read[i].words;
    bool touched = is_replaced(line.read[i], full_size);
    for (; end < line.read.size() && line.read[end].first == line.read[i].first; ++end) {
      touched = touched || is_replaced(line.read[end], full_size);
      words = std::max(words, line.read[end].words);
    }
    const std::size_t next = end < line.read.size() ? line.read[end].first : line.options.size();
    if (!touched) {
      for (std::size_t word = line.read[i].first; word < next; ++word)
        kept.push_back(line.options[word]);
    } else {
      for (; i < end; ++i) {
        const SrunOption& option = line.read[i];
        if (is_replaced(option, full_size)) continue;
        kept.push_back(option.value.empty() ? cat("--", option.name)
                                            : cat("--", option.name, '=', option.value));
      }
    }
    i = end;
  }
  return kept;
}

/// "--export=A,B" named what the ranks may see; ours has to be among it.
std::optional<std::string> export_word(const SrunLine& line, const Variables& ours) {
  const auto said = std::ranges::find(
      line.read.rbegin(), line.read.rend(), std::string_view("export"), &SrunOption::name);
  if (said == line.read.rend()) return std::nullopt;
  std::string word = cat("--export=", said->value);
  const auto parts = split(said->value, ',');
  if (std::ranges::count(parts, std::string_view("ALL")) != 0) return word;
  for (const auto& [name, value] : ours)
    if (!name.starts_with("SLURM_")) word += cat(',', name);
  return word;
}

Variables variables_of(const RankMap& map, const LaunchWish& wish) {
  const auto nodes = map.nodes();
  Variables set{{"HOLDFAST_ATTEMPT", cat(wish.number)},
                {"HOLDFAST_STATE", wish.state},
                {"SLURM_HOSTFILE", wish.host_file}};
  set.emplace_back("HOLDFAST_NODE_ORDER", join(nodes, ","));
  // A script that worked the address out from the allocation would name a node that may be gone.
  const bool is_a_node =
      wish.given_master && std::ranges::count(wish.allocation, *wish.given_master) != 0;
  if (is_a_node || !wish.given_master) set.emplace_back("MASTER_ADDR", nodes.front());
  if (wish.ask_plugin) set.emplace_back("HOLDFAST_BIND", "full");
  set.insert(set.end(), wish.resume.begin(), wish.resume.end());
  return set;
}

}  // namespace

Launch launch_of(const SrunLine& line, const RankMap& map, const LaunchWish& wish) {
  Launch launch;
  launch.set = variables_of(map, wish);
  launch.words = {line.srun,
                  "--overlap",
                  "--no-kill",
                  "-N",
                  cat(map.nodes().size()),
                  "-n",
                  cat(map.host_of_rank.size()),
                  "-m",
                  "arbitrary"};
  if (auto word = export_word(line, launch.set)) launch.words.push_back(std::move(*word));
  const auto kept = kept_words(line, wish.full_size);
  launch.words.insert(launch.words.end(), kept.begin(), kept.end());
  if (wish.exec && !line.multi_prog && !line.container)
    for (const std::string& word : {*wish.exec, std::string("exec"), std::string("--")})
      launch.words.push_back(word);
  launch.words.insert(launch.words.end(), line.program.begin(), line.program.end());
  launch.words.insert(
      launch.words.end(), wish.resume_arguments.begin(), wish.resume_arguments.end());
  return launch;
}

}  // namespace holdfast::attempt
