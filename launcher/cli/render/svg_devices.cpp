// SPDX-License-Identifier: Apache-2.0
// PCI trees from left to right: host bridge, switches, devices. A row a device keeps 64 GPUs
// readable, and lines only ever go across and down.
#include "cli/render/pci_tree.hpp"
#include "cli/render/svg_parts.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::cli {

using affinity::Gpu;
using affinity::Nic;
using affinity::Topology;

namespace {

constexpr int device_width = 236;
constexpr int device_height = 38;
constexpr int bridge_width = 96;
constexpr int row_height = device_height;  // bridges stand in rows too: lines stay straight
constexpr int gap = 6;                     // between rows
constexpr int elbow = 20;                  // room for the lines between two levels
constexpr int level_width = bridge_width + elbow;

/// A device's box: a band of its ranks' colours on the left, two lines of text, its ranks on the
/// right.
struct DeviceBox {
  std::string name;
  std::string detail;
  std::string title;
  std::vector<unsigned> ranks;
  bool left_out{};  ///< there is a plan and it does not use the device
  bool down{};
  std::string_view fill;
};

Picture draw_box(const DeviceBox& box, const Owners& owners) {
  constexpr int band = 14;
  const int text = owners.planned() ? band + 6 : 8;
  Picture out{device_width, device_height, {}};
  const std::string_view edge = box.down ? "#b00020" : "#3c4450";
  out.body = rectangle(0,
                       0,
                       device_width,
                       device_height,
                       {.fill = box.down ? "#fdecee" : box.fill,
                        .line = edge,
                        .width = box.down ? 2 : 1,
                        .dashed = box.left_out,
                        .corner = 4});
  const int shown = static_cast<int>(std::min<std::size_t>(box.ranks.size(), 4));
  for (int i = 0; i < shown; ++i) {
    const int top = i * device_height / shown;
    const int end = (i + 1) * device_height / shown;
    out.body += rectangle(
        0,
        top,
        band,
        end - top,
        {.fill = color_of_rank(box.ranks[static_cast<std::size_t>(i)]), .line = "#3c4450"});
  }
  const Font detail{.size = 10, .color = box.down ? "#8a0019" : "#383e49"};
  out.body += text_at(text, 15, box.name, {.size = 12, .bold = true});
  out.body += text_at(text, 30, clipped(box.detail, 36), detail);
  if (owners.planned()) {
    const std::string tag = box.ranks.empty() ? "not used" : ranks_in_words(box.ranks);
    out.body += text_at(
        device_width - 6, 15, tag, {.size = 11, .bold = !box.ranks.empty(), .anchor = "end"});
  }
  return with_title(std::move(out), box.title);
}

Picture draw_gpu(const Topology& topology, const Owners& owners, std::size_t index) {
  const Gpu& gpu = topology.gpus[index];
  DeviceBox box;
  box.name = cat("GPU ", index);
  box.detail = gpu.model.empty() ? to_text(gpu.id) : cat(to_text(gpu.id), " · ", gpu.model);
  box.title = cat("GPU ", index, ", ", to_text(gpu.id), ' ', gpu.model, ' ', gpu.uuid);
  box.ranks = owners.of_gpu(index);
  box.left_out = owners.planned() && box.ranks.empty();
  box.fill = "#e3f1e6";
  return draw_box(box, owners);
}

Picture draw_nic(const Topology& topology, const Owners& owners, std::size_t index) {
  const Nic& nic = topology.nics[index];
  DeviceBox box;
  box.name = clipped(nic.name, 20);
  box.detail = cat(to_words(nic.kind), ' ', ports_in_words(nic));
  box.title = cat("NIC ",
                  nic.name,
                  nic.at ? cat(", ", to_text(*nic.at)) : "",
                  ", ",
                  box.detail,
                  nic.netdev.empty() ? "" : cat(", netdev ", nic.netdev));
  box.ranks = owners.of_nic(index);
  box.down = is_down(nic);
  box.left_out = owners.planned() && box.ranks.empty();
  box.fill = "#e8eefb";
  return draw_box(box, owners);
}

/// How many bridges lie above the deepest device.
int depth_of(const PciNode& node) {
  int below = 0;
  for (const PciNode& child : node.below)
    below = std::max(below, depth_of(child));
  return node.device.empty() ? below + 1 : 0;
}

class TreePainter {
 public:
  TreePainter(const Topology& topology, const Owners& owners)
      : topology_(topology), owners_(owners) {}

  /// Draws a tree whose devices stand `levels` bridges to the right, so that the devices of all
  /// trees of a place stand in one column.
  [[nodiscard]] Picture draw(const PciNode& node, int levels) const {
    if (node.device.empty()) return draw_bridge_and_below(node, levels);
    const Picture device = node.device.front().is_gpu
                               ? draw_gpu(topology_, owners_, node.device.front().index)
                               : draw_nic(topology_, owners_, node.device.front().index);
    const int left = levels * level_width;
    Picture out{left + device.width, device.height, shifted(device, left, 0)};
    return out;
  }

 private:
  [[nodiscard]] Picture draw_bridge_and_below(const PciNode& node, int levels) const {
    constexpr int trunk = bridge_width + elbow / 2;
    constexpr int middle = row_height / 2;
    Picture out{bridge_width, row_height, line_between(bridge_width, middle, trunk, middle)};
    int top = 0;
    int last_line = middle;
    for (const PciNode& child : node.below) {
      const Picture below = draw(child, levels - 1);
      last_line = top + middle;
      const int reach = child.device.empty() ? level_width : levels * level_width;
      out.body +=
          line_between(trunk, last_line, reach, last_line) + shifted(below, level_width, top);
      out.width = std::max(out.width, level_width + below.width);
      out.height = std::max(out.height, top + below.height);
      top = out.height + gap;
    }
    if (last_line != middle) out.body += line_between(trunk, middle, trunk, last_line);
    out.body += draw_bridge(node);
    return out;
  }

  static std::string draw_bridge(const PciNode& node) {
    constexpr int center = bridge_width / 2;
    constexpr std::string_view prefix = "host ";
    const std::string kind = node.is_host ? "host bridge" : "PCIe switch";
    const std::string name =
        node.name.starts_with(prefix) ? node.name.substr(prefix.size()) : node.name;
    Picture out{bridge_width, row_height, {}};
    out.body = rectangle(0,
                         4,
                         bridge_width,
                         row_height - 8,
                         {.fill = node.is_host ? "#d8dde5" : "#f2ead8", .corner = 12}) +
               text_at(center, 17, kind, {.size = 9, .color = "#383e49", .anchor = "middle"}) +
               text_at(center, 28, clipped(name, 15), {.size = 9, .anchor = "middle"});
    return with_title(std::move(out), cat(kind, ' ', node.name)).body;
  }

  const Topology& topology_;
  const Owners& owners_;
};

}  // namespace

Picture draw_devices(const Topology& topology,
                     const Owners& owners,
                     const std::vector<std::size_t>& gpus,
                     const std::vector<std::size_t>& nics,
                     int width) {
  std::vector<DeviceRef> devices;
  devices.reserve(gpus.size() + nics.size());
  for (const std::size_t gpu : gpus)
    devices.push_back({true, gpu});
  for (const std::size_t nic : nics)
    devices.push_back({false, nic});
  const TreePainter painter(topology, owners);
  const auto forest = pci_trees(topology, devices);
  std::vector<Picture> trees;
  trees.reserve(forest.size());
  int levels = 0;
  for (const PciNode& tree : forest)
    levels = std::max(levels, depth_of(tree));
  for (const PciNode& tree : forest)
    trees.push_back(painter.draw(tree, levels));
  constexpr int between = 24;
  const int tree_width = levels * level_width + device_width + between;
  const int columns = std::max(1, (width + between) / tree_width);
  if (columns > 1)
    for (Picture& tree : trees)
      tree.width = tree_width - gap;  // in_grid() adds the gap
  return in_grid(trees, static_cast<std::size_t>(columns), gap);
}

}  // namespace holdfast::cli
