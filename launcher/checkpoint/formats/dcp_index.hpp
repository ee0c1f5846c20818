// SPDX-License-Identifier: Apache-2.0
// The index of a PyTorch distributed checkpoint (`.metadata`): which tensor lies in which range of
// which file. A pickle of dataclasses, read as data; large runs have a million entries, so each is
// taken down as it goes by and then forgotten by the pickle machine.
#pragma once

#include "checkpoint/bytes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::checkpoint {

/// One stored item: a chunk of a tensor, or some bytes.
struct DcpItem {
  std::uint32_t file{};  ///< index into DcpIndex::files
  std::uint64_t offset{};
  std::uint64_t length{};
  bool tensor{};       ///< it must be an archive of torch.save()
  bool transformed{};  ///< compressed or the like: the range is right, its inside is not ours to
                       ///< read
};

struct DcpIndex {
  std::vector<std::string> files;  ///< relative to the directory of the index
  std::vector<DcpItem> items;      ///< ascending by file, then offset
  std::vector<std::string> roots;  ///< first parts of the names: "model", "optimizer"; sorted
  std::string uncovered;  ///< a tensor of which a part lies in no file; empty: all is there
};

struct DcpLimits {
  std::uint64_t memory{std::uint64_t{3} << 30};  ///< one to two KB per entry while it is read
  std::size_t items{8'000'000};
};

[[nodiscard]] Result<DcpIndex> read_dcp_index(Bytes bytes, const DcpLimits& limits = {});

}  // namespace holdfast::checkpoint
