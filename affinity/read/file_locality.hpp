// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"
#include "nccl_xml.hpp"

#include <cstddef>
#include <filesystem>

namespace holdfast::affinity {

/// Whose word counts where the file and the machine differ. Cloud images ship a file for their VMs
/// whether or not the kernel knows better; a file a user names is meant to correct it.
enum class Trust { machine, file };

/// Puts GPUs and NICs where the file has them: NUMA node, PUs near and the switches above. Both
/// come from the file together, for what a hypervisor shows of either is invented together. Returns
/// how many devices it placed.
std::size_t place_by_file(const NcclFile& file, Trust trust, Topology& topology);

/// A file of NCCL's topology XML; anything else is one sentence.
[[nodiscard]] Result<NcclFile> read_nccl_file(const std::filesystem::path& file);

}  // namespace holdfast::affinity
