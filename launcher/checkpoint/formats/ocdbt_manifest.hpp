// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstdint>
#include <string_view>

namespace holdfast::checkpoint {

/// What the frame of a manifest.ocdbt says; the body is not looked into.
struct OcdbtManifest {
  std::uint64_t length{};       ///< of the whole file
  std::uint64_t compression{};  ///< 0 none, 1 zstd
};

/// The most bytes parse_ocdbt_head() wants to see.
inline constexpr std::size_t ocdbt_head_bytes = 32;

/// The first bytes of a manifest.ocdbt of tensorstore (Orbax), against the real size of the file.
[[nodiscard]] Result<OcdbtManifest> parse_ocdbt_head(std::string_view head, std::uint64_t size);

/// A whole manifest: head and the CRC-32C at its end.
[[nodiscard]] Result<OcdbtManifest> parse_ocdbt_manifest(std::string_view file);

}  // namespace holdfast::checkpoint
