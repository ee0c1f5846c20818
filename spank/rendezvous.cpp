// SPDX-License-Identifier: Apache-2.0
// Where the ranks of a step meet: arithmetic on what Slurm tells. Looking whether a port is free is
// in free_port.cpp.
#include "holdfast/spank/rendezvous.hpp"

#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace holdfast::spank {

namespace {

// Below 10,000 the well-known services live (Slurm's own 6817 and 6818 among them).
constexpr unsigned lowest_port = 10000;
constexpr unsigned highest_port = 65535;

/// Spreads job numbers, which come in sequence, over all ports (the finalizer of SplitMix64).
std::uint64_t scatter(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

}  // namespace

EphemeralPorts parse_ephemeral_ports(std::string_view text) {
  text = trim(text);
  const auto gap = text.find_first_of(" \t");
  if (gap == std::string_view::npos) return {};
  const auto first = parse_number<unsigned>(text.substr(0, gap));
  const auto last = parse_number<unsigned>(trim(text.substr(gap)));
  if (!first || !last || *first > *last || *last > highest_port) return {};
  return {*first, *last};
}

std::uint16_t port_candidate(std::uint32_t job,
                             std::uint32_t step,
                             unsigned attempt,
                             EphemeralPorts ephemeral) {
  const unsigned below = ephemeral.first > lowest_port ? ephemeral.first - lowest_port : 0;
  const unsigned above_from = std::max(ephemeral.last + 1, lowest_port);
  const unsigned above = above_from <= highest_port ? highest_port - above_from + 1 : 0;
  const unsigned all = below + above;
  if (all == 0) return 0;
  // Steps of one job follow each other, so that two of them never begin at the same port; the
  // stride of the attempts, a prime, leads away from the neighbours' first ports.
  constexpr std::uint64_t stride = 4099;
  const auto place = static_cast<unsigned>((scatter(job) % all + step + attempt * stride) % all);
  return static_cast<std::uint16_t>(place < below ? lowest_port + place
                                                  : above_from + (place - below));
}

bool is_arbitrary(const StepNodes& step) { return step.distribution.starts_with("arbitrary"); }

std::string host_file_name(std::span<const std::string> srun_options,
                           std::string from_environment) {
  std::string name = std::move(from_environment);
  for (std::size_t i = 0; i < srun_options.size(); ++i) {
    const std::string_view option = srun_options[i];
    const auto equals = option.find('=');
    // getopt takes a beginning of --nodelist that is none of --nodes and --nodefile.
    const bool is_long = option.substr(0, equals).starts_with("--nodel");
    std::string_view value;
    if (is_long && equals != std::string_view::npos) {
      value = option.substr(equals + 1);
    } else if (is_long || option == "-w") {
      if (i + 1 < srun_options.size()) value = srun_options[++i];
    } else if (option.starts_with("-w")) {
      value = option.substr(2);
    }
    if (value.find('/') != std::string_view::npos) name = value;
  }
  return name;
}

std::optional<std::string> first_node(const StepNodes& step) {
  if (is_arbitrary(step)) {
    const std::string_view text = trim(step.host_file);
    // A line may name more than one host ("n1,n2") or say how many tasks it gets ("n1*2").
    const std::string_view line = text.substr(0, text.find_first_of("\n, \t*#"));
    const auto hosts = parse_hostlist(line);
    return hosts && hosts->size() == 1 ? std::optional(hosts->front()) : std::nullopt;
  }
  for (const std::string& list : {step.step_nodes, step.job_nodes}) {
    const auto hosts = parse_hostlist(list);
    if (hosts && !hosts->empty() && hosts->size() == step.nodes) return hosts->front();
  }
  return std::nullopt;
}

std::string node_list_in(std::string_view shown_step) {
  constexpr std::string_view key = " NodeList=";
  const auto start = shown_step.find(key);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = shown_step.substr(start + key.size());
  const std::string_view list = rest.substr(0, rest.find_first_of(" \n"));
  return list == "(null)" ? std::string() : std::string(list);
}

}  // namespace holdfast::spank
