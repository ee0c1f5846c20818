// SPDX-License-Identifier: Apache-2.0
#include "cli/node_difference.hpp"

#include "cli/printable.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::cli {

using affinity::Core;
using affinity::MemoryNode;
using affinity::Topology;

namespace {

/// "A has 8 cores, B has 6".
Difference unequal(std::string_view kind,
                   const NamedNode& a,
                   const NamedNode& b,
                   std::string in_a,
                   std::string in_b) {
  std::string sentence = cat(a.name, " has ", in_a, ", ", b.name, " has ", in_b);
  return {kind, {}, std::move(in_a), std::move(in_b), std::move(sentence)};
}

void compare_counts(const NamedNode& a, const NamedNode& b, std::vector<Difference>& out) {
  struct Counted {
    std::string_view kind;
    std::string_view thing;
    std::function<std::size_t(const Topology&)> number;
  };
  const Counted counted[] = {
      {"packages", "package", [](const Topology& t) { return t.packages.size(); }},
      {"numa_nodes", "NUMA node", [](const Topology& t) { return t.memory.size(); }},
      {"cores", "core", [](const Topology& t) { return t.cores.size(); }},
      {"pus", "PU", [](const Topology& t) { return std::size_t{t.pus().size()}; }},
  };
  for (const Counted& row : counted) {
    const std::size_t in_a = row.number(a.topology);
    const std::size_t in_b = row.number(b.topology);
    if (in_a != in_b)
      out.push_back(unequal(row.kind, a, b, count(in_a, row.thing), count(in_b, row.thing)));
  }
}

void compare_models(const NamedNode& a, const NamedNode& b, std::vector<Difference>& out) {
  const auto& in_a = a.topology.packages;
  const auto& in_b = b.topology.packages;
  for (std::size_t i = 0; i < std::min(in_a.size(), in_b.size()); ++i) {
    if (in_a[i].model == in_b[i].model) continue;
    const auto named = [](const std::string& model) {
      return model.empty() ? std::string("of unknown model") : printable(model);
    };
    out.push_back({"cpu_model",
                   cat("package ", i),
                   printable(in_a[i].model),
                   printable(in_b[i].model),
                   cat("package ",
                       i,
                       " is ",
                       named(in_a[i].model),
                       " in ",
                       a.name,
                       " and ",
                       named(in_b[i].model),
                       " in ",
                       b.name)});
  }
}

/// The kernel keeps a part of the memory for itself, and not quite the same part after every boot;
/// a lost module of sixteen is 6 %.
bool sizes_differ(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t percent = 2;
  const std::uint64_t more = std::max(a, b);
  return (more - std::min(a, b)) > more / 100 * percent;
}

void compare_memory(const NamedNode& a, const NamedNode& b, std::vector<Difference>& out) {
  for (const MemoryNode& in_a : a.topology.memory) {
    const auto found = std::ranges::find(b.topology.memory, in_a.id, &MemoryNode::id);
    const std::string device = cat("NUMA node ", in_a.id.value);
    if (found == b.topology.memory.end()) continue;  // the counts have told
    if (sizes_differ(in_a.bytes, found->bytes)) {
      const auto sized = [](std::uint64_t bytes) {
        return bytes == 0 ? std::string("unknown size") : bytes_in_words(bytes);
      };
      out.push_back({"memory",
                     device,
                     sized(in_a.bytes),
                     sized(found->bytes),
                     cat(device,
                         " has ",
                         sized(in_a.bytes),
                         " in ",
                         a.name,
                         " and ",
                         sized(found->bytes),
                         " in ",
                         b.name)});
    }
    if (in_a.pus == found->pus) continue;
    const auto listed = [](const CpuSet& pus) {
      return pus.empty() ? std::string("no PU") : cat("PUs ", short_list(pus));
    };
    out.push_back({"numbering",
                   device,
                   listed(in_a.pus),
                   listed(found->pus),
                   cat(device,
                       " holds ",
                       listed(in_a.pus),
                       " in ",
                       a.name,
                       " and ",
                       listed(found->pus),
                       " in ",
                       b.name)});
  }
}

/// Cores of equal number that hold other PUs or share other caches: what was bound by number on one
/// node is bound wrongly on the other.
void compare_cores(const NamedNode& a, const NamedNode& b, std::vector<Difference>& out) {
  const auto& in_a = a.topology.cores;
  const auto& in_b = b.topology.cores;
  if (in_a.size() != in_b.size()) return;
  std::size_t others = 0;
  std::size_t first = 0;
  for (std::size_t i = in_a.size(); i-- > 0;) {
    const bool same = in_a[i].pus == in_b[i].pus && in_a[i].l3 == in_b[i].l3;
    if (same) continue;
    ++others;
    first = i;
  }
  if (others == 0) return;
  const auto told = [](const Core& core) {
    return cat("PUs ", to_list(core.pus), core.l3 ? cat(" on L3 ", *core.l3) : "");
  };
  out.push_back({"numbering",
                 cat("core ", first),
                 told(in_a[first]),
                 told(in_b[first]),
                 cat(count(others, "core"),
                     others == 1 ? " is" : " are",
                     " numbered or cached differently: core ",
                     first,
                     " is ",
                     told(in_a[first]),
                     " in ",
                     a.name,
                     " and ",
                     told(in_b[first]),
                     " in ",
                     b.name)});
}

}  // namespace

std::vector<Difference> core_differences(const NamedNode& first, const NamedNode& second) {
  std::vector<Difference> out;
  compare_counts(first, second, out);
  compare_models(first, second, out);
  compare_memory(first, second, out);
  compare_cores(first, second, out);
  return out;
}

std::vector<Difference> differences_between(const NamedNode& first,
                                            const NamedNode& second,
                                            bool strict_ids) {
  std::vector<Difference> out = core_differences(first, second);
  for (Difference& difference : device_differences(first, second, strict_ids))
    out.push_back(std::move(difference));
  return out;
}

std::string to_json(const NamedNode& first,
                    const NamedNode& second,
                    const std::vector<Difference>& differences) {
  boost::json::array rows;
  for (const Difference& row : differences)
    rows.push_back(boost::json::object{{"kind", row.kind},
                                       {"device", row.device},
                                       {"first", row.first},
                                       {"second", row.second},
                                       {"sentence", row.sentence}});
  const boost::json::object document{{"same", differences.empty()},
                                     {"first", first.name},
                                     {"second", second.name},
                                     {"differences", std::move(rows)}};
  return boost::json::serialize(document) + '\n';
}

}  // namespace holdfast::cli
