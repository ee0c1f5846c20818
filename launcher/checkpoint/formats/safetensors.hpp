// SPDX-License-Identifier: Apache-2.0
// safetensors: a length, a JSON header, the tensors without gaps to the last byte of the file.
// There is no checksum, and the writer gives the file its full size before it writes: sizes alone
// prove little after a power cut.
#pragma once

#include "checkpoint/bytes.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace holdfast::checkpoint {

struct SafetensorsFacts {
  std::map<std::string, std::uint64_t, std::less<>> tensors;  ///< name to bytes
  std::map<std::string, std::string, std::less<>> metadata;
  std::uint64_t bytes{};  ///< of all tensors
};

/// The length at the head against the size of the file.
[[nodiscard]] Result<void> check_safetensors_edges(const Slice& slice);

/// The whole header against the size equation of the format.
[[nodiscard]] Result<SafetensorsFacts> read_safetensors(const Slice& slice);

}  // namespace holdfast::checkpoint
