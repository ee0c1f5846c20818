// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/veloc_file.hpp"

#include "checkpoint/formats/cursor.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

constexpr std::uint64_t most_regions = 1'000'000;
constexpr std::size_t region_bytes = 12;  // int32 id, uint64 size, packed

}  // namespace

Result<VelocFile> read_veloc_head(const Slice& file) {
  const auto count = file.read(0, sizeof(std::uint64_t));
  if (!count) return count.error();
  VelocFile head{little<std::uint64_t>(as_bytes(*count)), sizeof(std::uint64_t)};
  if (head.regions == 0) return head;
  if (head.regions > most_regions)
    return unsupported(cat("says it has ", head.regions, " regions; it may be of the file mode"));
  const auto table =
      file.read(sizeof(std::uint64_t), static_cast<std::size_t>(head.regions) * region_bytes);
  if (!table) return table.error();
  head.declared += table->size();
  Cursor cursor(*table);
  while (cursor.left() > 0) {
    (void)cursor.take(sizeof(std::int32_t));
    const auto size = cursor.take_little<std::uint64_t>();
    if (!size || __builtin_add_overflow(head.declared, *size, &head.declared))
      return torn("has region sizes beyond all measure");
  }
  return head;
}

}  // namespace holdfast::checkpoint
