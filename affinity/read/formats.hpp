// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"
#include "holdfast/common/result.hpp"
#include "xml.hpp"

#include <string_view>

namespace holdfast::affinity {

/// The kinds of recorded machine, each with one reader. `origin` names the file in messages and
/// becomes part of Topology::origin.
[[nodiscard]] Result<Topology> read_hwloc_xml(const XmlElement& root, std::string_view origin);
[[nodiscard]] Result<Topology> read_nccl_xml(const XmlElement& root, std::string_view origin);
[[nodiscard]] Result<Topology> read_json(std::string_view text, std::string_view origin);

/// Complaints about a file: `origin` is not what any reader takes, or more than one will look at.
[[nodiscard]] Failure not_understood(std::string_view origin, std::string_view what);
[[nodiscard]] Failure too_large(std::string_view origin);

}  // namespace holdfast::affinity
