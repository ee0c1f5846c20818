// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"
#include "cli/render/svg_parts.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::cli {

using affinity::Placement;
using affinity::Topology;

namespace {

constexpr Font font{.size = 11};

Picture line_of(const std::string& text) {
  return {text_width(text, font), 16, text_at(0, 12, text, font)};
}

std::string names_of_devices(const Topology& topology, const Placement& placement) {
  std::vector<std::string> names;
  for (const std::size_t gpu : placement.gpus)
    names.push_back(cat("GPU ", gpu));
  for (const std::size_t nic : placement.nics)
    names.push_back(printable(topology.nics[nic].name));
  return names.empty() ? std::string("no device") : join(names, ", ");
}

Picture rank_row(const Topology& topology, const Placement& placement) {
  const std::string text =
      cat(names_of_devices(topology, placement), ", PUs ", short_list(placement.pus));
  const std::string shown = clipped(text, 64);
  const Font number{.size = 11, .bold = true, .anchor = "middle"};
  constexpr int chip = 62;
  constexpr int room = 16;  // before the next column
  Picture out{chip + 8 + text_width(shown, font) + room, 20, {}};
  out.body =
      rectangle(0,
                2,
                chip,
                16,
                {.fill = color_of_rank(placement.rank.value), .line = "#3c4450", .corner = 3}) +
      text_at(chip / 2, 14, cat("rank ", placement.rank.value), number) +
      text_at(chip + 8, 14, shown, font);
  return out;
}

}  // namespace

Picture draw_legend(const Topology& topology, const Owners& owners, int width) {
  std::vector<Picture> lines;
  if (owners.planned()) {
    std::vector<Picture> rows;
    for (const Placement& placement : owners.plan()->ranks)
      rows.push_back(rank_row(topology, placement));
    int widest = 1;
    for (const Picture& row : rows)
      widest = std::max(widest, row.width);
    constexpr int between = 4;
    const int columns = std::max(1, width / (widest + between));
    lines.push_back(in_grid(rows, static_cast<std::size_t>(columns), between));
    lines.push_back(
        line_of("A square is a core, its slices are PUs, its number is the rank that has "
                "it; without a number no rank has it."));
  } else {
    lines.push_back(
        line_of("A square is a core, its slices are PUs, its number is the lowest PU."));
  }
  if (std::ranges::any_of(topology.nics, is_down))
    lines.push_back(line_of("A red frame is a NIC whose ports are down."));
  if (owners.planned())
    for (const std::string& note : owners.plan()->notes)
      lines.push_back(line_of(clipped(note, 140)));
  else
    for (const std::string& note : notes_on(topology))
      lines.push_back(line_of(clipped(note, 140)));
  return below_each_other(lines, 2);
}

}  // namespace holdfast::cli
