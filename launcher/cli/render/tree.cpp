// SPDX-License-Identifier: Apache-2.0
// The text tree of `holdfast topo`. Groups of cores that look alike are told once, so that 288
// cores take a few lines; devices get a line each.
#include "cli/render/tree.hpp"

#include "cli/printable.hpp"
#include "cli/render/arrangement.hpp"
#include "cli/render/ink.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace holdfast::cli {

using affinity::Gpu;
using affinity::MemoryNode;
using affinity::Nic;
using affinity::Topology;

namespace {

struct Branch {
  std::string text;
  std::vector<Branch> below;
};

struct Glyphs {
  std::string_view branch, last, bar, times;
};

Glyphs glyphs_for(const Looks& looks) {
  if (looks.utf8) return {"├─ ", "└─ ", "│  ", "×"};
  return {"|- ", "`- ", "|  ", "x"};
}

std::string nic_label(const Nic& nic) { return cat("NIC ", printable(nic.name)); }

class Tree {
 public:
  Tree(const Topology& topology, const Looks& looks)
      : topology_(topology), glyphs_(glyphs_for(looks)), ink_(looks) {
    std::set<std::string> uuids;
    for (std::size_t i = 0; i < topology.gpus.size(); ++i) {
      label_width_ = std::max(label_width_, cat("GPU ", i).size());
      address_width_ = std::max(address_width_, to_text(topology.gpus[i].id).size());
      whole_uuids_ |= !uuids.insert(short_uuid(topology.gpus[i].uuid)).second;
    }
    for (const Nic& nic : topology.nics) {
      label_width_ = std::max(label_width_, width_of(nic_label(nic)));
      if (nic.at) address_width_ = std::max(address_width_, to_text(*nic.at).size());
    }
  }

  [[nodiscard]] std::string text() const {
    const Arrangement arrangement = arrange(topology_);
    Branch root;
    root.text = ink_.strong(cat(printable(topology_.origin), ": ", summary_of(topology_)));
    for (std::size_t i = 0; i < arrangement.packages.size(); ++i)
      root.below.push_back(package(i, arrangement.packages[i]));
    for (Branch& memory : bare_memory(arrangement.memory))
      root.below.push_back(std::move(memory));
    if (!arrangement.gpus.empty() || !arrangement.nics.empty()) {
      Branch everywhere{"near every core", {}};
      add_devices(everywhere, arrangement.gpus, arrangement.nics);
      root.below.push_back(std::move(everywhere));
    }
    std::string out = root.text + '\n';
    print(root, "", out);
    return out;
  }

 private:
  void print(const Branch& branch, const std::string& indent, std::string& out) const {
    for (std::size_t i = 0; i < branch.below.size(); ++i) {
      const bool last = i + 1 == branch.below.size();
      out += cat(indent, last ? glyphs_.last : glyphs_.branch, branch.below[i].text, '\n');
      print(branch.below[i], cat(indent, last ? std::string_view("   ") : glyphs_.bar), out);
    }
  }

  [[nodiscard]] Branch package(std::size_t index, const PackagePlace& place) const {
    const affinity::Package& package = topology_.packages[index];
    Branch out{ink_.strong(cat("package ", package.os_index)), {}};
    if (!package.model.empty()) out.text += cat("  ", printable(package.model));
    std::vector<std::size_t> bare;
    for (const MemoryPlace& memory : place.memory) {
      if (is_bare(memory.inside))
        bare.push_back(memory.node);
      else
        out.below.push_back(memory_node(memory));
    }
    for (Branch& memory : bare_memory(bare))
      out.below.push_back(std::move(memory));
    add_place(out, place.outside_memory);
    return out;
  }

  static bool is_bare(const Place& place) {
    return place.groups.empty() && place.gpus.empty() && place.nics.empty();
  }

  [[nodiscard]] Branch memory_node(const MemoryPlace& place) const {
    const MemoryNode& node = topology_.memory[place.node];
    Branch out{cat("NUMA node ", node.id.value, described(node)), {}};
    add_place(out, place.inside);
    return out;
  }

  static std::string described(const MemoryNode& node) {
    std::string out;
    if (node.bytes != 0) out += cat("  ", bytes_in_words(node.bytes));
    if (node.gpu_memory)
      out += "  GPU memory";
    else if (node.pus.empty())
      out += "  memory without cores";
    return out;
  }

  /// Memory nodes that hold neither cores nor devices; those alike and in sequence share a line
  /// (Grace-Hopper shows eight a GPU).
  [[nodiscard]] std::vector<Branch> bare_memory(const std::vector<std::size_t>& nodes) const {
    std::vector<Branch> out;
    for (std::size_t from = 0; from < nodes.size();) {
      const std::string what = described(topology_.memory[nodes[from]]);
      CpuSet ids;
      std::size_t end = from;
      for (; end < nodes.size() && described(topology_.memory[nodes[end]]) == what; ++end)
        ids.insert(topology_.memory[nodes[end]].id.value);
      const bool one = end == from + 1;
      out.push_back(
          {cat("NUMA node", one ? " " : "s ", to_list(ids), what, one ? "" : " each"), {}});
      from = end;
    }
    return out;
  }

  void add_place(Branch& to, const Place& place) const {
    for (std::size_t from = 0; from < place.groups.size();) {
      std::size_t end = from + 1;
      while (end < place.groups.size() && alike(place.groups[from], place.groups[end]))
        ++end;
      to.below.push_back({cores({place.groups.data() + from, end - from}), {}});
      from = end;
    }
    add_devices(to, place.gpus, place.nics);
  }

  [[nodiscard]] bool alike(const CoreGroup& a, const CoreGroup& b) const {
    const auto threads = [this](std::size_t core) { return topology_.cores[core].pus.size(); };
    return a.l3.has_value() == b.l3.has_value() &&
           std::ranges::equal(a.cores, b.cores, {}, threads, threads);
  }

  [[nodiscard]] std::string cores(std::span<const CoreGroup> groups) const {
    CpuSet pus;
    unsigned fewest = CpuSet::limit;
    unsigned most = 0;
    std::size_t number = 0;
    for (const CoreGroup& group : groups)
      for (const std::size_t core : group.cores) {
        pus |= topology_.cores[core].pus;
        fewest = std::min(fewest, topology_.cores[core].pus.size());
        most = std::max(most, topology_.cores[core].pus.size());
        ++number;
      }
    std::string out = count(number, "core");
    if (most > 1)
      out += cat(' ', glyphs_.times, ' ', fewest == most ? "" : cat(fewest, '-'), most, " PUs");
    if (groups.front().l3)
      out += groups.size() == 1 ? cat(", L3 ", *groups.front().l3)
                                : cat(", L3 ",
                                      *groups.front().l3,
                                      '-',
                                      *groups.back().l3,
                                      " (",
                                      count(groups.front().cores.size(), "core"),
                                      " each)");
    return cat(out, "  PUs ", short_list(pus));
  }

  void add_devices(Branch& to,
                   const std::vector<std::size_t>& gpus,
                   const std::vector<std::size_t>& nics) const {
    for (const std::size_t gpu : gpus)
      to.below.push_back({gpu_line(gpu), {}});
    for (const std::size_t nic : nics)
      to.below.push_back({nic_line(topology_.nics[nic]), {}});
  }

  [[nodiscard]] std::string gpu_line(std::size_t index) const {
    const Gpu& gpu = topology_.gpus[index];
    std::string out = cat(ink_.gpu(padded(cat("GPU ", index), label_width_)),
                          "  ",
                          padded(to_text(gpu.id), address_width_));
    if (!gpu.model.empty()) out += cat("  ", printable(gpu.model));
    if (!gpu.uuid.empty())
      out += cat("  ", whole_uuids_ ? printable(gpu.uuid) : short_uuid(gpu.uuid));
    return out;
  }

  [[nodiscard]] std::string nic_line(const Nic& nic) const {
    const std::string ports = ports_in_words(nic);
    std::string out = cat(ink_.nic(padded(nic_label(nic), label_width_)),
                          "  ",
                          padded(nic.at ? to_text(*nic.at) : "-", address_width_),
                          "  ",
                          to_words(nic.kind),
                          ' ',
                          is_down(nic) ? ink_.bad(ports) : ports);
    if (!nic.netdev.empty()) out += cat("  (", printable(nic.netdev), ')');
    return out;
  }

  const Topology& topology_;
  Glyphs glyphs_;
  Ink ink_;
  std::size_t label_width_{};
  std::size_t address_width_{};
  bool whole_uuids_{};  ///< their beginnings do not tell the GPUs apart
};

}  // namespace

std::string draw_tree(const Topology& topology, const Looks& looks) {
  std::string out = Tree(topology, looks).text();
  const std::string paths = draw_paths(topology, looks);
  if (!paths.empty()) out += cat('\n', paths);
  const auto notes = notes_on(topology);
  if (!notes.empty()) out += "\nNotes\n";
  for (const std::string& note : notes)
    out += cat("  ", note, '\n');
  return out;
}

}  // namespace holdfast::cli
