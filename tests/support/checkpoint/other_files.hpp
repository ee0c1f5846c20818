// SPDX-License-Identifier: Apache-2.0
// The bytes of checkpoints outside the PyTorch family, as their programs write them. Pure.
#pragma once

#include "support/checkpoint/frameworks.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::checkpoint::testing {

/// A number as sizeof(Number) bytes, highest first.
template <class Number>
[[nodiscard]] std::string big_bytes(std::uint64_t number) {
  std::string bytes;
  for (std::size_t i = sizeof(Number); i-- > 0;)
    bytes += static_cast<char>((number >> (8 * i)) & 0xffU);
  return bytes;
}

/// Bytes that tell one step and rank from another.
[[nodiscard]] std::string payload_bytes(std::uint64_t seed, std::size_t length);

[[nodiscard]] std::string varint(std::uint64_t number);

/// A LevelDB table of one data block; the entries are sorted by key.
[[nodiscard]] std::string sstable(const std::vector<std::pair<std::string, std::string>>& entries);

/// "PREFIX.data-…" for each shard, then "PREFIX.index": a float tensor in each shard and one tensor
/// of strings in the first.
[[nodiscard]] std::vector<NewFile> tensorflow_files(const std::string& prefix,
                                                    std::uint64_t seed,
                                                    unsigned shards);

/// A KVTree as nested names: {"A", {{"B", {}}}}.
struct Branch {
  std::string key;
  std::vector<Branch> branches;
};
[[nodiscard]] std::string kvtree(const std::vector<Branch>& branches);

/// manifest.ocdbt with a body of some bytes.
[[nodiscard]] std::string ocdbt_manifest(std::uint64_t seed);

[[nodiscard]] std::string veloc_file(std::uint64_t seed);
[[nodiscard]] std::string dmtcp_image(std::uint64_t seed);
/// Names of outputs and what they held when it was made.
using Outputs = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string gromacs_checkpoint(std::uint64_t step, const Outputs& outputs = {});
[[nodiscard]] std::string lammps_restart(std::uint64_t step);
/// The base of a restart written in pieces, and one piece.
[[nodiscard]] std::string lammps_base(std::uint64_t step, std::uint32_t pieces);
[[nodiscard]] std::string lammps_piece(std::uint64_t seed);

/// {"step": N, "params": {"w": <array>}} as Flax writes it; with `apart`, the array lies elsewhere.
[[nodiscard]] std::string flax_msgpack(std::uint64_t step, bool apart = false);

// Savers, in each program's order. Each gives the checkpoint's path.
std::string save_orbax(World& world, std::uint64_t step);
std::string save_tensorflow(World& world, std::uint64_t step);
std::string save_scr(World& world, std::uint64_t step);
std::string save_veloc(World& world, std::uint64_t step);
std::string save_dmtcp(World& world, std::uint64_t step);
std::string save_gromacs(World& world, std::uint64_t step);
std::string save_lammps(World& world, std::uint64_t step);
std::string save_flax(World& world, std::uint64_t step);

}  // namespace holdfast::checkpoint::testing
