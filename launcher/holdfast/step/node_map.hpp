// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"
#include "holdfast/common/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::step {

/// The topology of this node, read once per boot by root and kept where every step can read it:
/// discovery costs tens of milliseconds, reading the map one. It is believed only when root owns it
/// and its folder, nobody else may write them, and its `key` is still right.
inline constexpr const char* node_map_file = "/run/holdfast/node.json";

/// What a map depends on: boot, program version, and the files it was made from (path, size and
/// time of change). A map with another key is as good as none.
[[nodiscard]] std::string node_map_key(const std::vector<std::filesystem::path>& made_from);

/// Writes the map beside its place and renames it, so that a reader sees the old one, the new one
/// or none.
[[nodiscard]] Result<void> write_node_map(const std::filesystem::path& file,
                                          std::string_view key,
                                          const affinity::Topology& topology);

/// `owner` is the uid that must own file and folder: 0, but for tests.
[[nodiscard]] Result<affinity::Topology> read_node_map(const std::filesystem::path& file,
                                                       std::string_view key,
                                                       unsigned owner = 0);

}  // namespace holdfast::step
