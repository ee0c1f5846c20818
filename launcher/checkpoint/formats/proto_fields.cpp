// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/proto_fields.hpp"

namespace holdfast::checkpoint {

namespace {

template <class Number>
std::optional<ProtoField> with_value(std::uint64_t number, const std::optional<Number>& value) {
  if (!value) return std::nullopt;
  return ProtoField{number, *value, {}};
}

}  // namespace

std::optional<ProtoField> ProtoFields::field() {
  const auto key = cursor_.take_varint();
  if (!key || *key >> 3U == 0) return std::nullopt;  // field numbers start at 1
  const std::uint64_t number = *key >> 3U;
  switch (*key & 7U) {  // the wire type; 3 and 4, groups, died out before these formats were made
    case 0:
      return with_value(number, cursor_.take_varint());
    case 1:
      return with_value(number, cursor_.take_little<std::uint64_t>());
    case 5:
      return with_value(number, cursor_.take_little<std::uint32_t>());
    case 2: {
      const auto length = cursor_.take_varint();
      const auto bytes = length ? cursor_.take(*length) : std::nullopt;
      if (!bytes) return std::nullopt;
      return ProtoField{number, 0, *bytes};
    }
    default:
      return std::nullopt;
  }
}

std::optional<ProtoField> ProtoFields::next() {
  if (broken_ || cursor_.left() == 0) return std::nullopt;
  auto found = field();
  broken_ = !found;
  return found;
}

}  // namespace holdfast::checkpoint
