// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// One way in which two nodes that should be alike are not.
struct Difference {
  std::string_view kind;  ///< stable word for scripts: "gpu_missing", "nic_name", "memory", …
  std::string device;     ///< PCI address or name of what differs; empty for the node as a whole
  std::string first;      ///< as it is in the first node; empty where it has none
  std::string second;
  std::string sentence;
};

/// A node with the name it is called by in sentences.
struct NamedNode {
  std::string name;
  const affinity::Topology& topology;
};

/// How two nodes differ; empty when they are alike. Devices are matched by PCI address, NICs
/// without one by name. UUIDs differ from node to node by nature and count only with `strict_ids`.
[[nodiscard]] std::vector<Difference> differences_between(const NamedNode& first,
                                                          const NamedNode& second,
                                                          bool strict_ids);

/// The two halves of it.
[[nodiscard]] std::vector<Difference> core_differences(const NamedNode& first,
                                                       const NamedNode& second);
[[nodiscard]] std::vector<Difference> device_differences(const NamedNode& first,
                                                         const NamedNode& second,
                                                         bool strict_ids);

/// {"same":false,"first":"a.xml","second":"b.xml","differences":[{"kind":…,"device":…,"first":…,
/// "second":…,"sentence":…}]}
[[nodiscard]] std::string to_json(const NamedNode& first,
                                  const NamedNode& second,
                                  const std::vector<Difference>& differences);

}  // namespace holdfast::cli
