// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/formats/cursor.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::checkpoint {

/// One field of a protocol buffer message on the wire.
struct ProtoField {
  std::uint64_t number{};  ///< the field's number in the .proto file
  std::uint64_t value{};   ///< of varints and fixed-width fields
  std::string_view bytes;  ///< of strings, bytes and messages
};

/// Walks the fields of a message without knowing its type.
class ProtoFields {
 public:
  explicit ProtoFields(std::string_view message) : cursor_(message) {}

  /// The next field, or nothing at the end or where the bytes are no message: see broken().
  std::optional<ProtoField> next();
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::optional<ProtoField> field();

  Cursor cursor_;
  bool broken_{};
};

}  // namespace holdfast::checkpoint
