// SPDX-License-Identifier: Apache-2.0
// The table of PCI paths, in the words of `nvidia-smi topo -m`.
#include "cli/printable.hpp"
#include "cli/render/ink.hpp"
#include "cli/render/tree.hpp"
#include "cli/render/words.hpp"
#include "holdfast/affinity/distance.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace holdfast::cli {

using affinity::Gpu;
using affinity::Nic;
using affinity::PciPath;
using affinity::Topology;

namespace {

struct Cell {
  PciPath path{};
  bool nearest{};
};

using Grid = std::vector<std::vector<Cell>>;  // a row a GPU

Grid grid_of(const Topology& topology) {
  Grid grid;
  for (const Gpu& gpu : topology.gpus) {
    std::vector<unsigned> weights;
    for (const Nic& nic : topology.nics)
      weights.push_back(path_weight(topology, gpu, nic));
    const unsigned least = *std::ranges::min_element(weights);
    std::vector<Cell>& row = grid.emplace_back();
    for (std::size_t i = 0; i < topology.nics.size(); ++i)
      row.push_back({path_between(topology, gpu, topology.nics[i]), weights[i] == least});
  }
  return grid;
}

void end_line(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

std::string head_of(std::size_t gpu) { return cat("GPU ", gpu); }

std::string as_matrix(const Topology& topology,
                      const Grid& grid,
                      const std::vector<std::size_t>& widths,
                      std::size_t head,
                      const Looks& looks) {
  const Ink ink(looks);
  std::string out(head, ' ');
  for (std::size_t n = 0; n < widths.size(); ++n) {
    const Nic& nic = topology.nics[n];
    const std::string name = padded(printable(nic.name), widths[n]);
    out += cat("  ", is_down(nic) ? ink.bad(name) : name);
  }
  end_line(out);
  for (std::size_t g = 0; g < grid.size(); ++g) {
    out += padded(head_of(g), head);
    for (std::size_t n = 0; n < widths.size(); ++n) {
      const Cell& cell = grid[g][n];
      const auto word = padded(cat(to_text(cell.path), cell.nearest ? "*" : ""), widths[n]);
      out += cat("  ", cell.nearest ? ink.strong(word) : word);
    }
    end_line(out);
  }
  return out;
}

/// "GPU 3   PIX mlx5_3   NODE 3 more   SYS 4 more": names only where they are nearest.
std::string as_summary(const Topology& topology, const Grid& grid, std::size_t head) {
  std::string out;
  for (std::size_t g = 0; g < grid.size(); ++g) {
    std::map<PciPath, std::size_t> farther;
    std::vector<std::string> nearest;
    PciPath best = PciPath::same;
    for (std::size_t n = 0; n < grid[g].size(); ++n) {
      const Cell& cell = grid[g][n];
      if (!cell.nearest) {
        ++farther[cell.path];
        continue;
      }
      best = cell.path;
      nearest.push_back(printable(topology.nics[n].name));
    }
    constexpr std::size_t names_shown = 4;  // a line must fit 80 columns
    const std::size_t hidden = nearest.size() - std::min(nearest.size(), names_shown);
    nearest.resize(nearest.size() - hidden);
    out += cat(padded(head_of(g), head), "  ", to_text(best), "* ", join(nearest, " "));
    if (hidden != 0) out += cat(" and ", hidden, " more");
    for (const auto& [path, number] : farther)
      out += cat("   ", to_text(path), ' ', number, " more");
    out += '\n';
  }
  return out;
}

std::string legend_of(const Grid& grid) {
  std::set<PciPath> met;
  for (const auto& row : grid)
    for (const Cell& cell : row)
      met.insert(cell.path);
  std::string out;
  for (const PciPath path : met)
    out += cat("  ", padded(to_text(path), 4), "  ", meaning_of(path), '\n');
  return out + "  *     nearest NIC of this GPU\n";
}

}  // namespace

std::string draw_paths(const Topology& topology, const Looks& looks) {
  if (topology.gpus.empty() || topology.nics.empty()) return {};
  const Grid grid = grid_of(topology);
  const std::size_t head = head_of(grid.size() - 1).size();
  std::size_t width = head;
  std::vector<std::size_t> widths;
  for (const Nic& nic : topology.nics) {
    widths.push_back(std::max<std::size_t>(width_of(printable(nic.name)), 5));  // "NODE*"
    width += widths.back() + 2;
  }
  const std::string table = width <= looks.columns ? as_matrix(topology, grid, widths, head, looks)
                                                   : as_summary(topology, grid, head);
  return cat("PCI paths between GPUs and NICs\n", table, legend_of(grid));
}

}  // namespace holdfast::cli
