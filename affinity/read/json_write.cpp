// SPDX-License-Identifier: Apache-2.0
// A topology as JSON. The format is public (README.md); what is empty or unknown is left out.
#include "holdfast/affinity/read.hpp"
#include "json_names.hpp"

#include <boost/json.hpp>

namespace holdfast::affinity {

namespace {

namespace json = boost::json;

void put_text(json::object& object, std::string_view key, const std::string& value) {
  if (!value.empty()) object[key] = json::string(value);
}

template <class Number>
void put_number(json::object& object, std::string_view key, const std::optional<Number>& value) {
  if (value) object[key] = *value;
}

void put_near(json::object& object, const Locality& near) {
  json::object out;
  if (near.numa) out["numa"] = near.numa->value;
  if (!near.pus.empty()) out["pus"] = json::string(to_list(near.pus));
  if (!out.empty()) object["near"] = std::move(out);
}

json::object to_object(const Package& package) {
  json::object out{{"os_index", package.os_index}, {"pus", json::string(to_list(package.pus))}};
  put_text(out, "model", package.model);
  return out;
}

json::object to_object(const MemoryNode& node) {
  json::object out{{"node", node.id.value}, {"pus", json::string(to_list(node.pus))}};
  put_number(out, "package", node.package);
  if (node.bytes != 0) out["bytes"] = node.bytes;
  if (node.gpu_memory) out["gpu_memory"] = true;
  return out;
}

json::object to_object(const Core& core) {
  json::object out{{"pus", json::string(to_list(core.pus))}, {"package", core.package}};
  if (core.numa) out["numa"] = core.numa->value;
  put_number(out, "l3", core.l3);
  return out;
}

json::object to_object(const PciBridge& bridge) {
  json::object out{{"name", json::string(bridge.name)}};
  put_number(out, "parent", bridge.parent);
  return out;
}

json::object to_object(const Gpu& gpu) {
  json::object out{{"id", json::string(to_text(gpu.id))},
                   {"vendor", word_for(vendor_words, gpu.vendor)}};
  put_text(out, "model", gpu.model);
  put_text(out, "uuid", gpu.uuid);
  put_number(out, "minor", gpu.minor);
  put_near(out, gpu.near);
  put_number(out, "behind", gpu.behind);
  return out;
}

json::object to_object(const NicPort& port) {
  json::object out{{"number", port.number}, {"state", word_for(port_state_words, port.state)}};
  if (port.gigabits != 0) out["gigabits"] = port.gigabits;
  return out;
}

json::object to_object(const Nic& nic);

template <class Part>
json::array to_array(const std::vector<Part>& parts) {
  json::array out;
  out.reserve(parts.size());
  for (const Part& part : parts)
    out.push_back(to_object(part));
  return out;
}

json::object to_object(const Nic& nic) {
  json::object out{{"name", json::string(nic.name)}, {"kind", word_for(nic_kind_words, nic.kind)}};
  put_text(out, "netdev", nic.netdev);
  if (nic.at) out["at"] = json::string(to_text(*nic.at));
  out["ports"] = to_array(nic.ports);
  put_near(out, nic.near);
  put_number(out, "behind", nic.behind);
  return out;
}

}  // namespace

std::string to_json(const Topology& topology) {
  const json::object out{{json_marker, json_version},
                         {"origin", json::string(topology.origin)},
                         {"packages", to_array(topology.packages)},
                         {"memory", to_array(topology.memory)},
                         {"cores", to_array(topology.cores)},
                         {"bridges", to_array(topology.bridges)},
                         {"gpus", to_array(topology.gpus)},
                         {"nics", to_array(topology.nics)}};
  return json::serialize(out);
}

}  // namespace holdfast::affinity
