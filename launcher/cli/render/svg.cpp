// SPDX-License-Identifier: Apache-2.0
// Puts the drawing together: places become frames, frames stand in a shape that fits a screen.
#include "cli/render/svg.hpp"

#include "cli/render/svg_parts.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::cli {

using affinity::MemoryNode;
using affinity::Plan;
using affinity::Topology;

namespace {

constexpr int gap = 12;

class NodePainter {
 public:
  NodePainter(const Topology& topology, const Plan* plan) : topology_(topology), owners_(plan) {}

  [[nodiscard]] Picture draw() const {
    const Arrangement arrangement = arrange(topology_);
    std::vector<Frame> frames;
    std::vector<Picture> insides;
    for (std::size_t i = 0; i < arrangement.packages.size(); ++i) {
      frames.push_back(package_frame(i));
      insides.push_back(inside_of(arrangement.packages[i]));
    }
    std::vector<Picture> parts{in_screen_shape(framed_alike(insides, frames, true), gap)};
    if (!arrangement.memory.empty()) parts.push_back(draw_bare_memory(arrangement.memory));
    if (!arrangement.gpus.empty() || !arrangement.nics.empty()) {
      const Frame frame{.heading = "Near every core",
                        .detail = "as far as the machine tells",
                        .stroke = {.fill = "#fbfbfc", .dashed = true, .corner = 8},
                        .at_least_width = parts.front().width};
      const int room = parts.front().width - framed({}, {}).width;
      parts.push_back(framed(
          draw_devices(topology_, owners_, arrangement.gpus, arrangement.nics, room), frame));
    }
    const int width = below_each_other(parts, gap).width;
    parts.push_back(draw_legend(topology_, owners_, width));
    return below_each_other(parts, gap);
  }

 private:
  /// Frames around pictures of one kind, all as wide as the widest; those that stand side by side
  /// also as high as the highest. Ragged edges draw the eye to differences that mean nothing.
  static std::vector<Picture> framed_alike(const std::vector<Picture>& insides,
                                           std::vector<Frame> frames,
                                           bool side_by_side) {
    int width = 0;
    int height = 0;
    for (std::size_t i = 0; i < insides.size(); ++i) {
      const Picture plain = framed(insides[i], frames[i]);
      width = std::max(width, plain.width);
      height = std::max(height, plain.height);
    }
    std::vector<Picture> out;
    for (std::size_t i = 0; i < insides.size(); ++i) {
      frames[i].at_least_width = width;
      if (side_by_side) frames[i].at_least_height = height;
      out.push_back(framed(insides[i], frames[i]));
    }
    return out;
  }

  [[nodiscard]] Frame package_frame(std::size_t index) const {
    const affinity::Package& package = topology_.packages[index];
    return {.heading = cat("Package ", package.os_index),
            .detail = clipped(package.model, 48),
            .stroke = {.fill = "#f6f7f9", .line = "#3c4450", .width = 2, .corner = 8}};
  }

  [[nodiscard]] Picture inside_of(const PackagePlace& place) const {
    std::vector<Frame> frames;
    std::vector<Picture> insides;
    std::vector<std::size_t> bare;
    for (const MemoryPlace& memory : place.memory) {
      const Place& inside = memory.inside;
      if (inside.groups.empty() && inside.gpus.empty() && inside.nics.empty()) {
        bare.push_back(memory.node);
        continue;
      }
      frames.push_back(memory_frame(topology_.memory[memory.node]));
      insides.push_back(draw_place(inside));
    }
    std::vector<Picture> parts;
    const std::size_t columns = insides.size() > 4 ? 2 : 1;
    if (!insides.empty())
      parts.push_back(in_grid(framed_alike(insides, frames, columns > 1), columns, gap));
    const Picture outside = draw_place(place.outside_memory);
    if (outside.height != 0) parts.push_back(outside);
    if (!bare.empty()) parts.push_back(draw_bare_memory(bare));
    return below_each_other(parts, gap);
  }

  static Frame memory_frame(const MemoryNode& node) {
    const std::string bytes = bytes_in_words(node.bytes);
    const std::string pus =
        node.pus.empty() ? "no cores" : cat("PUs ", clipped(short_list(node.pus), 40));
    return {.heading = cat("NUMA node ", node.id.value),
            .detail = bytes.empty() ? pus : cat(bytes, " · ", pus),
            .stroke = {.fill = "#ffffff", .line = "#7a8494", .corner = 6}};
  }

  [[nodiscard]] Picture draw_place(const Place& place) const {
    std::vector<Picture> parts;
    if (!place.groups.empty()) parts.push_back(draw_cores(topology_, owners_, place.groups));
    const Picture devices = draw_devices(topology_, owners_, place.gpus, place.nics, 0);
    if (devices.height != 0) parts.push_back(devices);
    return below_each_other(parts, gap);
  }

  /// Memory without cores or devices: a line of text, alike ones together.
  [[nodiscard]] Picture draw_bare_memory(const std::vector<std::size_t>& nodes) const {
    const Font font{.size = 11, .color = "#383e49"};
    std::vector<Picture> lines;
    for (std::size_t from = 0; from < nodes.size();) {
      const MemoryNode& first = topology_.memory[nodes[from]];
      CpuSet ids;
      std::size_t end = from;
      for (; end < nodes.size(); ++end) {
        const MemoryNode& node = topology_.memory[nodes[end]];
        if (node.bytes != first.bytes || node.gpu_memory != first.gpu_memory) break;
        ids.insert(node.id.value);
      }
      const std::string text = cat(end == from + 1 ? "NUMA node " : "NUMA nodes ",
                                   to_list(ids),
                                   ": ",
                                   first.gpu_memory ? "GPU memory" : "memory without cores",
                                   ' ',
                                   bytes_in_words(first.bytes));
      lines.push_back({text_width(text, font), 16, text_at(0, 12, text, font)});
      from = end;
    }
    return below_each_other(lines, 2);
  }

  const Topology& topology_;
  Owners owners_;
};

}  // namespace

std::string draw_svg(const Topology& topology, const Plan* plan) {
  constexpr int margin = 16;
  constexpr int title_height = 48;
  const Font title{.size = 18, .bold = true};
  const Font under{.size = 12, .color = "#383e49"};
  const std::string heading = clipped(topology.origin, 90);
  const std::string summary =
      plan == nullptr ? summary_of(topology)
                      : cat(summary_of(topology), "; plan for ", count(plan->ranks.size(), "rank"));
  const Picture node = NodePainter(topology, plan).draw();
  const int width =
      std::max({node.width, text_width(heading, title), text_width(summary, under)}) + 2 * margin;
  const int height = title_height + node.height + 2 * margin;
  return cat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
      "width=\"",
      width,
      "\" height=\"",
      height,
      "\" viewBox=\"0 0 ",
      width,
      ' ',
      height,
      "\" font-family=\"Helvetica, Arial, sans-serif\" role=\"img\">\n<title>",
      escaped(heading),
      "</title>\n<desc>",
      escaped(summary),
      "</desc>\n",
      rectangle(0, 0, width, height, {.fill = "#ffffff", .line = "none"}),
      text_at(margin, margin + 16, heading, title),
      text_at(margin, margin + 36, summary, under),
      shifted(node, margin, margin + title_height),
      "</svg>\n");
}

}  // namespace holdfast::cli
