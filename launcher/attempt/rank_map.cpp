// SPDX-License-Identifier: Apache-2.0
#include "holdfast/attempt/rank_map.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <unordered_set>

namespace holdfast::attempt {

namespace {

Failure impossible(std::string what, std::string remedy) {
  return {FailureKind::bad_input, std::move(what), std::move(remedy), {}};
}

Result<unsigned> nodes_of(const SrunLine& line, const SizeWish& wish) {
  if (wish.nodes && line.nodes && *wish.nodes != *line.nodes)
    return impossible(cat("holdfast run --nodes ",
                          *wish.nodes,
                          " and srun -N ",
                          *line.nodes,
                          " contradict each other"),
                      "say it once");
  const auto said = wish.nodes ? wish.nodes : line.nodes;
  if (said && *said == 0)
    return impossible("holdfast run --nodes 0 leaves nothing to run on", "say 1 or more");
  if (said && *said + wish.spares > wish.allocated && wish.spares > 0)
    return impossible(cat(*said,
                          " nodes and ",
                          wish.spares,
                          " spares are more than the ",
                          wish.allocated,
                          " of the allocation"),
                      "ask sbatch for more nodes, or for fewer here");
  if (said && *said > wish.allocated)
    return impossible(
        cat("the step wants ", *said, " nodes and the allocation has ", wish.allocated),
        "ask sbatch for more nodes");
  if (said) return *said;
  if (wish.spares >= wish.allocated)
    return impossible(cat(wish.spares,
                          " spares leave no node of the ",
                          wish.allocated,
                          " of the allocation to run on"),
                      "ask sbatch for more nodes");
  return wish.allocated - wish.spares;
}

}  // namespace

std::vector<std::string> RankMap::nodes() const {
  std::vector<std::string> found;
  std::unordered_set<std::string_view> seen;
  for (const std::string& host : host_of_rank)
    if (seen.insert(host).second) found.push_back(host);
  return found;
}

unsigned RankMap::ranks_on(std::string_view node) const {
  return static_cast<unsigned>(std::ranges::count(host_of_rank, node));
}

Result<Size> size_of(const SrunLine& line, const SizeWish& wish) {
  const auto nodes = nodes_of(line, wish);
  if (!nodes) return nodes.error();
  Size size{*nodes, *nodes};
  if (line.ranks) {
    size.ranks = *line.ranks;
  } else if (line.ranks_per_node) {
    size.ranks = *nodes * *line.ranks_per_node;
  } else if (wish.job_ranks_per_node) {
    size.ranks = *nodes * *wish.job_ranks_per_node;
  } else if (wish.job_ranks) {
    // sbatch's -n counts the spares' ranks too: what it asked for is a number per node
    size.ranks = std::max(*nodes, *wish.job_ranks / std::max(1U, wish.allocated) * *nodes);
  }
  if (size.ranks < size.nodes)
    return impossible(cat(size.ranks, " ranks cannot fill ", size.nodes, " nodes"),
                      cat("say --nodes ", size.ranks, ", or more ranks"));
  return size;
}

RankMap deal(std::span<const std::string> nodes, unsigned ranks, Dealing dealing) {
  RankMap map;
  if (nodes.empty()) return map;
  map.host_of_rank.reserve(ranks);
  const auto count = static_cast<unsigned>(nodes.size());
  if (dealing == Dealing::cyclic) {
    for (unsigned rank = 0; rank < ranks; ++rank)
      map.host_of_rank.push_back(nodes[rank % count]);
    return map;
  }
  for (unsigned node = 0; node < count; ++node)
    map.host_of_rank.insert(
        map.host_of_rank.end(), ranks / count + (node < ranks % count ? 1 : 0), nodes[node]);
  return map;
}

std::string host_file(const RankMap& map) {
  std::string text;
  for (const std::string& host : map.host_of_rank)
    text += cat(host, '\n');
  return text;
}

}  // namespace holdfast::attempt
