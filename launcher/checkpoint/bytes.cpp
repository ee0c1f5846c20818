// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/bytes.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

Failure torn(std::string what) { return {FailureKind::bad_input, std::move(what), "", {}}; }

Failure unsupported(std::string what) {
  return {FailureKind::unsupported, std::move(what), "", {}};
}

Result<void> Slice::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset > length_ || into.size() > length_ - offset)
    return torn(cat("ends at byte ", length_, ", before byte ", offset, " + ", into.size()));
  const auto got = file_->read_at(base_ + offset, into);
  if (!got) return got.error();
  if (*got < into.size())
    return torn(cat("ends at byte ", base_ + offset + *got, " although it was listed as longer"));
  return {};
}

Result<std::string> Slice::read(std::uint64_t offset, std::size_t length) const {
  // Compared before the memory is taken: a length out of a hostile file is only a number.
  if (offset > length_ || length > length_ - offset)
    return torn(cat("ends at byte ", length_, ", before byte ", offset, " + ", length));
  std::string text(length, '\0');
  auto read_all = read(offset, std::as_writable_bytes(std::span(text)));
  if (!read_all) return read_all.error();
  return text;
}

}  // namespace holdfast::checkpoint
