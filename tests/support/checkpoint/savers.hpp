// SPDX-License-Identifier: Apache-2.0
// The savers behind the table of frameworks.cpp, by file. Each saves one step and gives the path.
#pragma once

#include "support/checkpoint/dcp_files.hpp"
#include "support/checkpoint/world.hpp"

#include <cstdint>
#include <string>

namespace holdfast::checkpoint::testing {

/// Shards, synced, then the index under a temporary name, synced, renamed over the old one.
void save_dcp_into(World& world,
                   const std::string& directory,
                   std::uint64_t seed,
                   const DcpStyle& style);

std::string save_megatron_legacy(World& world, std::uint64_t step);
std::string save_hf(World& world, std::uint64_t step);
std::string save_hf_deepspeed(World& world, std::uint64_t step);
std::string save_deepspeed(World& world, std::uint64_t step);
std::string save_lightning(World& world, std::uint64_t step);
std::string save_lightning_sharded(World& world, std::uint64_t step);
std::string save_accelerate(World& world, std::uint64_t step);
std::string save_composer(World& world, std::uint64_t step);
std::string save_safetensors(World& world, std::uint64_t step);
std::string save_torch_file(World& world, std::uint64_t step);
std::string save_torch_legacy(World& world, std::uint64_t step);

}  // namespace holdfast::checkpoint::testing
