// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/distance.hpp"
#include "holdfast/affinity/topology.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// How things of a node are named in drawings and sentences. Everything that comes from the machine
/// or from a file has passed printable().

[[nodiscard]] std::string to_words(affinity::NicKind kind);  ///< "InfiniBand"
[[nodiscard]] std::string to_words(affinity::PortState state);

/// What a class means: "one PCIe switch at most".
[[nodiscard]] std::string_view meaning_of(affinity::PciPath path);

/// "503 GiB"; empty where the size is unknown.
[[nodiscard]] std::string bytes_in_words(std::uint64_t bytes);

/// "400 Gbit/s active" or, with several ports, "port 1 400 Gbit/s active, port 2 down".
[[nodiscard]] std::string ports_in_words(const affinity::Nic& nic);

/// Whether no port of the NIC can carry anything.
[[nodiscard]] bool is_down(const affinity::Nic& nic);

/// The beginning of a UUID, enough to tell the devices of a node apart: "GPU-6b5b1c1e".
[[nodiscard]] std::string short_uuid(std::string_view uuid);

/// "1 GPU", "8 GPUs".
[[nodiscard]] std::string count(std::size_t number, std::string_view thing);

/// "2 packages, 8 NUMA nodes, 128 cores, 256 PUs, 8 GPUs, 10 NICs".
[[nodiscard]] std::string summary_of(const affinity::Topology& topology);

/// A Linux CPU list, with strides ("0-30:2") where they are shorter; parse_cpu_list() reads it.
[[nodiscard]] std::string short_list(const CpuSet& set);

/// What a reader must know and does not see at once, a sentence each: ports that are down, devices
/// whose place the machine does not tell.
[[nodiscard]] std::vector<std::string> notes_on(const affinity::Topology& topology);

}  // namespace holdfast::cli
