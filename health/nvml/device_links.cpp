// SPDX-License-Identifier: Apache-2.0
// A GPU's ways out: PCIe, NVLink, its registration with the NVSwitch fabric, and the links to the
// processor on the same module.
#include "device.hpp"

#include <vector>

namespace holdfast::health::nvml {

namespace {

FieldValue of_link(unsigned field, unsigned link) {
  FieldValue value;
  value.field = field;
  value.scope = link;
  return value;
}

/// The four things asked of each link by field, in one call for all links.
enum LinkField : std::size_t { speed, recoveries, receive_errors, fields_per_link };

std::vector<FieldValue> link_fields(OpenDevice& device, unsigned links) {
  std::vector<FieldValue> values;
  values.reserve(links * fields_per_link);
  for (unsigned link = 0; link < links; ++link) {
    values.push_back(of_link(field::nvlink_speed, link));
    values.push_back(of_link(field::nvlink_recoveries, link));
    values.push_back(of_link(field::nvlink_receive_errors, link));
  }
  device.fields(values);
  return values;
}

/// Up to NVLink 4 errors are counters of a call of their own; from NVLink 5 on they are fields.
void ask_link_errors(OpenDevice& device, unsigned link, NvlinkFacts& facts) {
  const auto call = device.calls().nvlink_errors;
  facts.replays = device.wide(call, link, choice::replays);
  const auto recovered = device.wide(call, link, choice::recoveries);
  if (!recovered.known()) return;
  facts.recoveries = recovered;
  const auto flits = device.wide(call, link, choice::crc_flit);
  const auto data = device.wide(call, link, choice::crc_data);
  if (flits.known() && data.known()) facts.crc_errors = *flits + *data;
}

/// How many links the GPU has; none when it has no NVLink or an old driver does not say.
Fact<std::uint64_t> link_count(OpenDevice& device) {
  std::array<FieldValue, 1> value{of_link(field::nvlink_count, 0)};
  device.fields(value);
  auto count = field_fact(value[0]);
  if (count.known() && *count > most_nvlinks)
    return Fact<std::uint64_t>::unseen("NVML tells of more NVLinks than there can be");
  return count;
}

void set_health(unsigned mask, GpuFacts& gpu) {
  const auto at = [mask](unsigned shift) {
    const unsigned word = (mask >> shift) & 3U;  // 0 not supported, 1 true, 2 false
    return word == 0 ? Fact<bool>::lacking("not supported") : Fact<bool>(word == 1);
  };
  gpu.fabric_degraded_bandwidth = at(0);
  gpu.fabric_route_recovery = at(2);
  gpu.fabric_route_unhealthy = at(4);
  gpu.fabric_access_timeout = at(6);
  const unsigned configuration = (mask >> 8U) & 0xfU;
  gpu.fabric_misconfigured = configuration == 0 ? Fact<std::uint64_t>::lacking("not supported")
                                                : Fact<std::uint64_t>(configuration);
}

void set_state(Return result, unsigned state, Return status, GpuFacts& gpu) {
  constexpr std::string_view words[] = {"", "not started", "in progress", "completed"};
  if (result != code::success) {
    gpu.fabric_state = fact_of<std::string>(result, {});
  } else if (state == 0) {
    gpu.fabric_state = Fact<std::string>::lacking("no NVSwitch fabric");
  } else if (state >= std::size(words)) {
    gpu.fabric_state = Fact<std::string>::unseen("NVML names a fabric state nobody knows");
  } else {
    gpu.fabric_state = std::string(words[state]);
    // the status of a registration that is not over means nothing yet
    if (state == 3) gpu.fabric_status = static_cast<std::uint64_t>(status);
  }
}

}  // namespace

void ask_pcie(OpenDevice& device, GpuFacts& gpu) {
  const Calls& calls = device.calls();
  gpu.pcie_width = device.number(calls.pcie_width);
  gpu.pcie_width_most = device.number(calls.pcie_width_most);
  gpu.pcie_generation = device.number(calls.pcie_generation);
  gpu.pcie_generation_most = device.number(calls.pcie_generation_most);
  gpu.pcie_replays = device.number(calls.pcie_replays);
  std::array<FieldValue, 3> values{};
  values[0].field = field::pcie_rollovers;
  values[1].field = field::pcie_fatal;
  values[2].field = field::recovery_action;
  device.fields(values);
  gpu.pcie_rollovers = field_fact(values[0]);
  gpu.pcie_fatal = field_fact(values[1]);
  gpu.recovery_action = field_fact(values[2]);
}

void ask_nvlinks(OpenDevice& device, GpuFacts& gpu) {
  const auto count = link_count(device);
  if (!count.known() || *count == 0) {
    gpu.nvlinks = count.known() ? Fact<std::vector<NvlinkFacts>>::lacking("no NVLink")
                                : Fact<std::vector<NvlinkFacts>>::missing(count.gap(), count.why());
    return;
  }
  const auto links = static_cast<unsigned>(*count);
  const std::vector<FieldValue> values = link_fields(device, links);
  std::vector<NvlinkFacts> out;
  out.reserve(links);
  for (unsigned link = 0; link < links; ++link) {
    const std::span<const FieldValue> own =
        std::span(values).subspan(link * fields_per_link, fields_per_link);
    NvlinkFacts facts;
    facts.link = link;
    facts.active = device.flag(device.calls().nvlink_state, link);
    facts.megabytes_per_second = field_fact(own[speed]);
    facts.recoveries = field_fact(own[recoveries]);
    facts.crc_errors = field_fact(own[receive_errors]);
    ask_link_errors(device, link, facts);
    out.push_back(std::move(facts));
  }
  gpu.nvlinks = std::move(out);
}

void ask_fabric(OpenDevice& device, GpuFacts& gpu) {
  const Calls& calls = device.calls();
  FabricInfoV3 info;
  info.version = versioned<FabricInfoV3>(3);
  Return result = device.ask(calls.fabric_versioned, &info);
  const bool summarized = result == code::success;
  if (result == code::argument_version_mismatch) {
    // version 2 is the beginning of version 3
    info.version = versioned<FabricInfoV2>(2);
    result = device.ask(calls.fabric_versioned, &info);
  }
  if (result == code::function_not_found) {
    FabricInfo older;
    const Return older_result = device.ask(calls.fabric, &older);
    set_state(older_result, older.state, older.status, gpu);
    return;
  }
  set_state(result, info.state, info.status, gpu);
  if (result != code::success || info.state == 0) return;
  set_health(info.health, gpu);
  if (summarized && info.summary != 0) gpu.fabric_summary = std::uint64_t{info.summary};
}

void ask_c2c(OpenDevice& device, GpuFacts& gpu) {
  std::array<FieldValue, 1> count{of_link(field::c2c_count, 0)};
  device.fields(count);
  gpu.c2c_links = field_fact(count[0]);
  if (gpu.c2c_links.is(0)) gpu.c2c_links = Fact<std::uint64_t>::lacking("no C2C links");
  if (gpu.c2c_links.known() && *gpu.c2c_links > most_c2c_links)
    gpu.c2c_links = Fact<std::uint64_t>::unseen("NVML tells of more C2C links than there can be");
  gpu.c2c_active = gpu.c2c_links;  // why there is none
  if (!gpu.c2c_links.known()) return;
  std::vector<FieldValue> states;
  states.reserve(*gpu.c2c_links);
  for (unsigned link = 0; link < *gpu.c2c_links; ++link)
    states.push_back(of_link(field::c2c_state, link));
  device.fields(states);
  std::uint64_t active = 0;
  for (const FieldValue& state : states) {
    const auto word = field_fact(state);
    if (!word.known()) {
      gpu.c2c_active = word;
      return;
    }
    active += *word == 1 ? 1 : 0;
  }
  gpu.c2c_active = active;
}

}  // namespace holdfast::health::nvml
