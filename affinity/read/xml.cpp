// SPDX-License-Identifier: Apache-2.0
// XML text to a small tree, by expat. Called for every recorded machine that is not JSON. The text
// may come from anybody, so depth, element count and attribute size are bounded, and internal
// declarations are refused before expat could expand one.
#include "xml.hpp"

#include "holdfast/common/text.hpp"

#include <memory>
#include <type_traits>

#include <expat.h>

namespace holdfast::affinity {

const std::string* XmlElement::find(std::string_view attribute) const {
  for (const auto& [key, value] : attributes)
    if (key == attribute) return &value;
  return nullptr;
}

std::string_view XmlElement::operator[](std::string_view attribute) const {
  const std::string* value = find(attribute);
  return value == nullptr ? std::string_view{} : std::string_view{*value};
}

namespace {

using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)>;

/// What expat's callbacks fill. `open` is the way from the root to the element being read; an
/// element moves into its parent when it closes, so that no pointer into a growing vector is kept.
struct Building {
  XML_Parser parser{};
  std::vector<XmlElement> open;
  XmlElement root;
  std::size_t elements{};
  std::string refusal;  ///< why the reader itself stopped; empty when expat did
};

void refuse(Building& building, std::string why) {
  if (!building.refusal.empty()) return;
  building.refusal = std::move(why);
  XML_StopParser(building.parser, XML_FALSE);
}

void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
  Building& building = *static_cast<Building*>(data);
  if (!building.refusal.empty()) return;
  if (building.open.size() >= max_xml_depth)
    return refuse(building, cat("it is nested deeper than ", max_xml_depth, " levels"));
  if (++building.elements > max_xml_elements)
    return refuse(building, cat("it has more than ", max_xml_elements, " elements"));
  XmlElement element{name, {}, {}};
  for (; *attributes != nullptr; attributes += 2) {
    std::string_view value = attributes[1];
    if (value.size() > max_xml_attribute)
      return refuse(building,
                    cat("attribute ",
                        std::string_view{attributes[0]}.substr(0, 60),
                        " is longer than ",
                        max_xml_attribute,
                        " bytes"));
    element.attributes.emplace_back(attributes[0], value);
  }
  building.open.push_back(std::move(element));
}

void on_end(void* data, const XML_Char*) {
  Building& building = *static_cast<Building*>(data);
  if (!building.refusal.empty() || building.open.empty()) return;
  XmlElement done = std::move(building.open.back());
  building.open.pop_back();
  if (building.open.empty())
    building.root = std::move(done);
  else
    building.open.back().children.push_back(std::move(done));
}

void on_doctype(
    void* data, const XML_Char*, const XML_Char*, const XML_Char*, int has_internal_subset) {
  if (has_internal_subset != 0)
    refuse(*static_cast<Building*>(data), "it declares entities or types of its own");
}

}  // namespace

Result<XmlElement> parse_xml(std::string_view text, std::string_view origin) {
  const auto failed = [origin](std::string_view why) {
    return Failure{FailureKind::unreadable,
                   cat(origin, " is no readable XML: ", why),
                   "record the machine again, e.g. with lstopo --of xml",
                   {}};
  };
  const Parser parser(XML_ParserCreate(nullptr), &XML_ParserFree);
  if (!parser) return failed("out of memory");
  Building building;
  building.parser = parser.get();
  XML_SetUserData(parser.get(), &building);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  // expat takes an int; parse_topology() has bounded the text far below it
  const auto status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (!building.refusal.empty()) return failed(building.refusal);
  if (status != XML_STATUS_OK)
    return failed(cat("line ",
                      XML_GetCurrentLineNumber(parser.get()),
                      ": ",
                      std::string_view{XML_ErrorString(XML_GetErrorCode(parser.get()))}));
  return std::move(building.root);
}

}  // namespace holdfast::affinity
