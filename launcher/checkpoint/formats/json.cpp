// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/json.hpp"

#include "holdfast/common/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/parse_options.hpp>

namespace holdfast::checkpoint {

Result<boost::json::object> parse_json_object(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error) return torn(cat("is no whole JSON document: ", error.message()));
  if (!value.is_object()) return torn("is a JSON document, but no object");
  return std::move(value.get_object());
}

Result<boost::json::object> read_json_object(const Disk& disk,
                                             const std::string& path,
                                             std::size_t most_bytes) {
  const auto text = read_small_file(disk, path, most_bytes);
  if (!text) return text.error();
  return parse_json_object(*text);
}

std::optional<std::uint64_t> natural(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = value->if_uint64()) return *number;
  const auto* number = value->if_int64();
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<std::string> text(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

}  // namespace holdfast::checkpoint
