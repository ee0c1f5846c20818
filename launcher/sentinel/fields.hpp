// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace holdfast::sentinel {

/// Reading what a peer wrote: a field of another type is a field that is not there.
[[nodiscard]] inline std::optional<std::string> text_in(const boost::json::object& object,
                                                        std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

template <std::integral Number>
[[nodiscard]] std::optional<Number> number_of(const boost::json::value& value) {
  boost::json::error_code error;
  const auto number = value.to_number<Number>(error);
  if (error) return std::nullopt;
  return number;
}

template <std::integral Number>
[[nodiscard]] std::optional<Number> number_in(const boost::json::object& object,
                                              std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr) return std::nullopt;
  return number_of<Number>(*value);
}

[[nodiscard]] inline bool truth_in(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace holdfast::sentinel
