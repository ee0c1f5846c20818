// SPDX-License-Identifier: Apache-2.0
#include "formats.hpp"
namespace holdfast::affinity {
Result<Topology> read_nccl_xml(const XmlElement&, std::string_view origin) {
  return not_understood(origin, "is NCCL");
}
}  // namespace holdfast::affinity
