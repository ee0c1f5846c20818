// SPDX-License-Identifier: Apache-2.0
#include "cli/render/svg_parts.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::cli {

using affinity::Core;
using affinity::Topology;

namespace {

constexpr int side = 20;                 // of a core's square
constexpr int step = side + 2;           // to the next square
constexpr std::size_t most_in_row = 20;  // keeps a package about as wide as its PCI tree
constexpr std::string_view idle = "#e4e8ee";
constexpr std::string_view edge = "#8e97a5";

/// The number in a core's square: the rank where one rank has all of it, else the lowest PU.
std::string label_of(const Core& core, const Owners& owners) {
  if (!owners.planned()) return cat(core.pus.front());
  std::vector<unsigned> ranks;
  for (const unsigned pu : core.pus)
    for (const unsigned rank : owners.of_pu(pu))
      if (std::ranges::find(ranks, rank) == ranks.end()) ranks.push_back(rank);
  if (ranks.empty()) return {};
  return ranks.size() == 1 ? cat(ranks.front()) : cat(ranks.front(), '+');
}

Picture draw_core(const Core& core, const Owners& owners) {
  Picture out{side, side, {}};
  const int threads = static_cast<int>(core.pus.size());
  std::string told = cat(threads == 1 ? "PU " : "PUs ", to_list(core.pus));
  std::string ticks;
  int slice = 0;
  for (const unsigned pu : core.pus) {
    const auto ranks = owners.of_pu(pu);
    const int left = slice * side / threads;
    const int right = (slice + 1) * side / threads;
    const std::string_view fill = ranks.empty() ? idle : color_of_rank(ranks.front());
    out.body += rectangle(left, 0, right - left, side, {.fill = fill, .line = "none"});
    // Short ticks, so that no line runs through the number.
    if (slice != 0)
      ticks += rectangle(left, 0, 1, 3, {.fill = edge, .line = "none"}) +
               rectangle(left, side - 3, 1, 3, {.fill = edge, .line = "none"});
    if (owners.planned()) told += cat(slice == 0 ? ": " : ", ", pu, ' ', ranks_in_words(ranks));
    ++slice;
  }
  out.body += ticks + rectangle(0, 0, side, side, {.line = edge});
  const std::string label = label_of(core, owners);
  const int size = label.size() > 3 ? 7 : label.size() > 2 ? 9 : 11;
  if (!label.empty())
    out.body += text_at(side / 2,
                        side / 2 + size / 2 - 1,
                        label,
                        {.size = size, .bold = owners.planned(), .anchor = "middle"});
  return with_title(std::move(out), told);
}

Picture draw_group(const Topology& topology, const Owners& owners, const CoreGroup& group) {
  std::vector<Picture> squares;
  for (const std::size_t core : group.cores)
    squares.push_back(draw_core(topology.cores[core], owners));
  // Small L3 groups become blocks of two rows, as they lie on the chip more often than not.
  const std::size_t columns = group.cores.size() <= 16 ? (group.cores.size() + 1) / 2 : most_in_row;
  Picture inside = in_grid(squares, std::max<std::size_t>(columns, 2), step - side);
  if (!group.l3) return inside;
  Picture out{inside.width + 8, inside.height + 20, {}};
  out.body =
      rectangle(0, 0, out.width, out.height, {.fill = "#ffffff", .line = "#b4bcc8", .corner = 3}) +
      text_at(4, 12, cat("L3 ", *group.l3), {.size = 9, .color = "#454b57"}) +
      shifted(inside, 4, 16);
  return out;
}

}  // namespace

Picture draw_cores(const Topology& topology,
                   const Owners& owners,
                   const std::vector<CoreGroup>& groups) {
  std::vector<Picture> pictures;
  pictures.reserve(groups.size());
  for (const CoreGroup& group : groups)
    pictures.push_back(draw_group(topology, owners, group));
  int widest = 1;
  for (const Picture& picture : pictures)
    widest = std::max(widest, picture.width);
  const int columns = std::max(1, static_cast<int>(most_in_row) * step / widest);
  return in_grid(pictures, static_cast<std::size_t>(columns), 6);
}

}  // namespace holdfast::cli
