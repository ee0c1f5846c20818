// SPDX-License-Identifier: Apache-2.0
#include "machines.hpp"

#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "machine_spec.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace holdfast::testing {

namespace {

constexpr std::string_view widest = "wide-1024pu-64gpu";

/// More of everything than any machine has, for speed: 8 packages of 8 NUMA nodes, 8 cores with two
/// threads and one GPU and one NIC per node. Written by rule, not by hand.
std::string widest_spec() {
  std::string spec =
      "# 1,024 PUs and 64 GPUs: more than any machine has, for the speed bars\n"
      "machine\n";
  for (unsigned node = 0; node < 64; ++node) {
    if (node % 8 == 0) spec += "  package\n";
    const auto hex = [](unsigned value) {
      constexpr std::string_view letters = "0123456789abcdef";
      return cat(letters[value / 16 % 16], letters[value % 16]);
    };
    const std::string base = hex(node * 3 + 1);
    spec += cat("    numa ",
                node,
                "\n      l3\n        cores 8 threads=2\n      host\n",
                "        switch 0000:",
                base,
                ":00.0\n",
                "          gpu 0000:",
                hex(node * 3 + 2),
                ":00.0 nvidia nvml=",
                node,
                "\n",
                "          nic 0000:",
                hex(node * 3 + 3),
                ":00.0 infiniband name=mlx5_",
                63 - node,
                " netdev=ib",
                node,
                "\n");
  }
  return spec;
}

std::string spec_text(std::string_view name) {
  if (name == widest) return widest_spec();
  const std::filesystem::path file =
      std::filesystem::path(HOLDFAST_MACHINES_DIR) / cat(name, ".spec");
  std::ifstream in(file);
  if (!in) throw std::runtime_error(cat("there is no machine ", name));
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::vector<std::string> machine_names() {
  std::vector<std::string> names{std::string(widest)};
  for (const auto& entry : std::filesystem::directory_iterator(HOLDFAST_MACHINES_DIR))
    if (entry.path().extension() == ".spec") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::string machine_about(std::string_view name) {
  return parse_machine_spec(spec_text(name)).about;
}

std::string machine_xml(std::string_view name) {
  return machine_spec_xml(parse_machine_spec(spec_text(name)));
}

affinity::Topology machine(std::string_view name) {
  auto topology = affinity::parse_topology(machine_xml(name), name);
  if (!topology) throw std::runtime_error(topology.error().sentence());
  return std::move(*topology);
}

}  // namespace holdfast::testing
