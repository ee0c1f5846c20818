// SPDX-License-Identifier: Apache-2.0
// The JSON form back to a topology. Unknown members are ignored, so that a newer writer may add
// some; a wrong type or a missing necessary one is a failure that names the place.
#include "cpu_parts.hpp"
#include "devices.hpp"
#include "formats.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "json_names.hpp"

#include <utility>

#include <boost/json.hpp>

namespace holdfast::affinity {

namespace {

namespace json = boost::json;

/// Reads members of one object and remembers the first thing that was wrong, so that a reader of
/// ten members needs no ten branches.
class Members {
 public:
  Members(const json::value& value, std::string place, std::string& wrong)
      : object_(value.if_object()), place_(std::move(place)), wrong_(wrong) {
    if (object_ == nullptr) complain("is no object");
  }

  std::string text(std::string_view key, bool needed = false) {
    const json::value* value = find(key, needed);
    if (value == nullptr) return {};
    if (const json::string* string = value->if_string()) return {string->begin(), string->end()};
    complain(cat("has a ", key, " that is no text"));
    return {};
  }

  template <class Number>
  std::optional<Number> number(std::string_view key, bool needed = false) {
    const json::value* value = find(key, needed);
    if (value == nullptr) return std::nullopt;
    std::optional<std::uint64_t> wide;
    if (const auto* positive = value->if_uint64())
      wide = *positive;
    else if (const auto* natural = value->if_int64(); natural != nullptr && *natural >= 0)
      wide = static_cast<std::uint64_t>(*natural);
    if (wide && std::in_range<Number>(*wide)) return static_cast<Number>(*wide);
    complain(cat("has a ", key, " that is no number in range"));
    return std::nullopt;
  }

  bool flag(std::string_view key) {
    const json::value* value = find(key, false);
    if (value == nullptr) return false;
    if (const bool* flag = value->if_bool()) return *flag;
    complain(cat("has a ", key, " that is neither true nor false"));
    return false;
  }

  CpuSet pus(std::string_view key) {
    const auto set = parse_cpu_list(text(key));
    if (set) return *set;
    complain(cat("has unreadable ", key, " (", set.error().what, ")"));
    return {};
  }

  template <class Enum, std::size_t N>
  Enum word(std::string_view key, const Words<Enum, N>& words) {
    const std::string word = text(key, true);
    if (const auto value = value_of(words, word)) return *value;
    complain(cat("has the unknown ", key, " \"", std::string_view{word}.substr(0, 40), "\""));
    return words.front().first;
  }

  Locality near() {
    const json::value* value = find("near", false);
    if (value == nullptr) return {};
    Members members(*value, cat(place_, ".near"), wrong_);
    Locality near;
    if (const auto numa = members.number<unsigned>("numa")) near.numa = NumaNode{*numa};
    near.pus = members.pus("pus");
    return near;
  }

  /// Calls `read` with the members of each element of an array of at most `most`: a short text can
  /// stand for a large set of PUs, so a count that no node has would fill the memory.
  template <class Read>
  void each(std::string_view key, std::size_t most, Read read) {
    const json::value* value = find(key, false);
    if (value == nullptr) return;
    const json::array* array = value->if_array();
    if (array == nullptr) return complain(cat("has a ", key, " that is no array"));
    if (array->size() > most) return complain(cat("has more than ", most, ' ', key));
    for (std::size_t i = 0; i < array->size() && wrong_.empty(); ++i) {
      Members members(
          (*array)[i], cat(place_.empty() ? "" : place_ + ".", key, '[', i, ']'), wrong_);
      read(members);
    }
  }

  void complain(std::string_view what) {
    if (wrong_.empty()) wrong_ = cat(place_.empty() ? "it" : place_, ' ', what);
  }

 private:
  const json::value* find(std::string_view key, bool needed) {
    const json::value* value = object_ == nullptr ? nullptr : object_->if_contains(key);
    if (value == nullptr && needed) complain(cat("has no ", key));
    return value;
  }

  const json::object* object_;
  std::string place_;
  std::string& wrong_;
};

Gpu read_gpu(Members& members) {
  Gpu gpu;
  const std::string id = members.text("id", true);
  if (const auto parsed = parse_gpu_id(id))
    gpu.id = *parsed;
  else
    members.complain(cat("has an unreadable id (", parsed.error().what, ")"));
  gpu.vendor = members.word("vendor", vendor_words);
  gpu.model = members.text("model");
  gpu.uuid = members.text("uuid");
  gpu.minor = members.number<unsigned>("minor");
  gpu.near = members.near();
  gpu.behind = members.number<std::size_t>("behind");
  return gpu;
}

Nic read_nic(Members& members) {
  Nic nic;
  nic.name = members.text("name", true);
  nic.netdev = members.text("netdev");
  nic.kind = members.word("kind", nic_kind_words);
  if (const std::string at = members.text("at"); !at.empty()) {
    if (const auto parsed = parse_pci_address(at))
      nic.at = *parsed;
    else
      members.complain(cat("has an unreadable at (", parsed.error().what, ")"));
  }
  members.each("ports", 64, [&nic](Members& port) {
    nic.ports.push_back({port.number<unsigned>("number", true).value_or(1),
                         port.word("state", port_state_words),
                         port.number<std::uint32_t>("gigabits").value_or(0)});
  });
  nic.near = members.near();
  nic.behind = members.number<std::size_t>("behind");
  return nic;
}

constexpr std::size_t max_packages = 4096;
constexpr std::size_t max_bridges = 65536;

void read_cpus(Members& root, Topology& topology) {
  root.each("packages", max_packages, [&](Members& package) {
    topology.packages.push_back({package.number<unsigned>("os_index", true).value_or(0),
                                 package.pus("pus"),
                                 package.text("model")});
  });
  root.each("memory", max_numa_nodes, [&](Members& node) {
    topology.memory.push_back({NumaNode{node.number<unsigned>("node", true).value_or(0)},
                               node.pus("pus"),
                               node.number<unsigned>("package"),
                               node.number<std::uint64_t>("bytes").value_or(0),
                               node.flag("gpu_memory")});
  });
  CpuSet seen;
  root.each("cores", CpuSet::limit, [&](Members& core) {
    Core& added = topology.cores.emplace_back();
    added.pus = core.pus("pus");
    if (seen.intersects(added.pus)) core.complain("has a PU of another core");
    seen |= added.pus;
    added.package = core.number<unsigned>("package", true).value_or(0);
    if (const auto numa = core.number<unsigned>("numa")) added.numa = NumaNode{*numa};
    added.l3 = core.number<unsigned>("l3");
  });
}

}  // namespace

Result<Topology> read_json(std::string_view text, std::string_view origin) {
  json::parse_options options;
  options.max_depth = 16;  // the format has 5 levels
  json::error_code error;
  const json::value document = json::parse(text, error, {}, options);
  if (error) return not_understood(origin, cat("is no readable JSON: ", error.message()));
  std::string wrong;
  Members root(document, {}, wrong);
  const auto version = root.number<unsigned>(json_marker);
  if (!version)
    return not_understood(origin, cat("is JSON without the member \"", json_marker, "\""));
  if (*version != json_version)
    return Failure{FailureKind::unsupported,
                   cat(origin,
                       " is of version ",
                       *version,
                       " of the format, and version ",
                       json_version,
                       " is understood"),
                   "write it with the same version of holdfast",
                   {}};
  Topology topology;
  topology.origin = cat("holdfast JSON ", origin);
  read_cpus(root, topology);
  root.each("bridges", max_bridges, [&](Members& bridge) {
    topology.bridges.push_back({bridge.text("name", true), bridge.number<std::size_t>("parent")});
  });
  root.each("gpus", max_functions, [&](Members& gpu) { topology.gpus.push_back(read_gpu(gpu)); });
  root.each("nics", max_functions, [&](Members& nic) { topology.nics.push_back(read_nic(nic)); });
  if (!wrong.empty()) return not_understood(origin, cat("is not as the format says: ", wrong));
  if (auto failure = inconsistency(topology)) return std::move(*failure).within(origin);
  normalize(topology);
  return topology;
}

}  // namespace holdfast::affinity
