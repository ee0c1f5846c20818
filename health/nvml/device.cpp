// SPDX-License-Identifier: Apache-2.0
#include "device.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::health::nvml {

namespace {

/// Codes that speak about the GPU, the worst first. Others speak about the question.
constexpr Return by_gravity[] = {code::gpu_is_lost,
                                 code::reset_required,
                                 code::insufficient_power,
                                 code::interrupt_trouble,
                                 code::unknown,
                                 code::timeout,
                                 code::corrupted_inforom};

auto gravity(Return result) { return std::ranges::find(by_gravity, result); }

}  // namespace

Return OpenDevice::keep(Return result, Function asked) {
  // One function that fails without a reason is a quirk of a driver, and it may be asked once for
  // each of many links; several functions are a GPU that fails.
  constexpr std::size_t quirks_allowed = 2;
  if (result == code::unknown || result == code::timeout) {
    if (std::ranges::find(unclear_, asked) == unclear_.end()) unclear_.push_back(asked);
    if (unclear_.size() <= quirks_allowed) return result;
  }
  if (gravity(result) < gravity(worst_)) worst_ = result;
  return result;
}

Fact<std::string> OpenDevice::text(TextCall call) {
  std::array<char, 96> buffer{};
  const Return result = ask(call, buffer.data(), static_cast<unsigned>(buffer.size()));
  return fact_of(result, text_in(buffer));
}

Return OpenDevice::fields(std::span<FieldValue> values) {
  const Return result = ask(calls_.fields, static_cast<int>(values.size()), values.data());
  for (FieldValue& value : values) {
    if (result != code::success) value.result = result;
    keep(value.result, identity(calls_.fields));
  }
  return result;
}

std::string text_in(std::span<const char> buffer) {
  const auto end = std::ranges::find(buffer, '\0');
  std::string out(buffer.begin(), end);
  for (char& letter : out)
    if (letter < ' ' || letter > '~') letter = '?';
  return std::string(trim(out));
}

Fact<std::uint64_t> field_fact(const FieldValue& value) {
  if (value.result != code::success) return fact_of<std::uint64_t>(value.result, 0);
  switch (value.type) {
    case ValueType::natural:
      return value.value.natural;
    case ValueType::natural_long:
      return value.value.natural_long;
    case ValueType::natural_wide:
      return value.value.natural_wide;
    case ValueType::natural_short:
      return value.value.natural_short;
    case ValueType::integer:
      if (value.value.integer >= 0) return static_cast<std::uint64_t>(value.value.integer);
      break;
    case ValueType::integer_wide:
      if (value.value.integer_wide >= 0)
        return static_cast<std::uint64_t>(value.value.integer_wide);
      break;
    case ValueType::real:
      break;
  }
  return Fact<std::uint64_t>::unseen("NVML answers with a value of another kind");
}

}  // namespace holdfast::health::nvml
