// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// One tensor, or one slice of one, in a TensorFlow checkpoint.
struct BundleEntry {
  enum class Kind {
    plain,    ///< its bytes as they are, CRC-32C over them
    strings,  ///< lengths, a checksum of them, then the strings
    variant,  ///< interleaved checksums; not looked into
    sliced,   ///< has no bytes of its own: its slices are entries
  };
  std::string name;
  Kind kind{Kind::plain};
  std::uint64_t elements{};  ///< product of the shape, as far as it fits in 64 bits
  std::uint64_t shard{};
  std::uint64_t offset{};
  std::uint64_t size{};
  std::uint32_t masked_crc{};
};

/// The `.index` file of a TensorFlow checkpoint.
struct BundleIndex {
  std::uint64_t shards{};
  std::vector<BundleEntry> entries;
};

/// Reads a whole `.index` file; at most `most` entries.
[[nodiscard]] Result<BundleIndex> parse_bundle_index(std::string_view file, std::size_t most);

/// Whether the bytes of a `strings` entry match its own checksums.
[[nodiscard]] Result<void> check_strings(const BundleEntry& entry, std::string_view bytes);

/// What a file named "checkpoint" says is the newest: model_checkpoint_path. Empty when it says
/// nothing that can be understood.
[[nodiscard]] std::string model_checkpoint_path(std::string_view text);

}  // namespace holdfast::checkpoint
