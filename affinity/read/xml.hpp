// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::affinity {

/// One element of an XML file with its attributes and child elements; text between tags is dropped,
/// no format read here uses it.
struct XmlElement {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<XmlElement> children;

  /// The value of an attribute, or nullptr when it is absent.
  [[nodiscard]] const std::string* find(std::string_view attribute) const;

  /// The value of an attribute, empty when it is absent.
  [[nodiscard]] std::string_view operator[](std::string_view attribute) const;
};

/// Bounds of what is read. The biggest recorded machine has 13 levels and 5,000 elements; beyond
/// these a file is hostile or no topology.
inline constexpr std::size_t max_xml_depth = 128;
inline constexpr std::size_t max_xml_elements = 1'000'000;
inline constexpr std::size_t max_xml_attribute = std::size_t{64} << 10;

/// Reads a whole XML text and gives its root element. Nothing outside the text is ever opened: a
/// DOCTYPE may name an external DTD, which is not fetched; one that declares anything itself
/// (entities, the way of "entity bombs") is refused.
[[nodiscard]] Result<XmlElement> parse_xml(std::string_view text, std::string_view origin);

}  // namespace holdfast::affinity
