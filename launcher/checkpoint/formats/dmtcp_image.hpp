// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

inline constexpr std::size_t dmtcp_head_bytes = 64;
inline constexpr std::size_t dmtcp_tail_bytes = 4096;  ///< one memory area's header

enum class DmtcpImage {
  plain,       ///< its end can be told
  compressed,  ///< gzip: the end is that of gzip
  foreign,     ///< no image
};

[[nodiscard]] DmtcpImage dmtcp_image(std::string_view head);

/// Whether the last area header of a plain image says "end of data".
[[nodiscard]] bool is_dmtcp_end(std::string_view tail);

/// The images a restart script names in given_ckpt_files="…"; nothing when it has no such line.
[[nodiscard]] std::optional<std::vector<std::string>> dmtcp_script_images(std::string_view script);

}  // namespace holdfast::checkpoint
