// SPDX-License-Identifier: Apache-2.0
// The door for recorded machines: which kind a text is, by its content, and who reads it.
#include "file.hpp"
#include "formats.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "xml.hpp"

namespace holdfast::affinity {

Failure not_understood(std::string_view origin, std::string_view what) {
  return {FailureKind::unreadable,
          cat(origin, " ", what),
          "give hwloc XML (lstopo --of xml), an NCCL topology file or `holdfast topo --json`",
          {}};
}

Failure too_large(std::string_view origin) {
  return not_understood(origin, cat("is larger than ", max_topology_bytes >> 20U, " MiB"));
}

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

Result<Topology> parse_any_xml(std::string_view text, std::string_view origin) {
  const auto root = parse_xml(text, origin);
  if (!root) return root.error();
  if (root->name == "topology") return read_hwloc_xml(*root, origin);
  if (root->name == "system") return read_nccl_xml(*root, origin);
  if (root->name == "graphs")
    return Failure{FailureKind::bad_input,
                   cat(origin,
                       " is an NCCL graph file: it says which channels NCCL built, not what "
                       "the machine has"),
                   "give the topology file (NCCL_TOPO_DUMP_FILE)",
                   {}};
  return not_understood(
      origin, cat("is XML with the unknown root element <", root->name.substr(0, 40), ">"));
}

}  // namespace

Result<Topology> parse_topology(std::string_view text, std::string_view origin) {
  if (text.size() > max_topology_bytes) return too_large(origin);
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  const std::string_view start = trim(text);
  if (start.empty()) return not_understood(origin, "is empty");
  if (start.starts_with('{')) return read_json(start, origin);
  if (start.starts_with('<')) return parse_any_xml(start, origin);
  return not_understood(origin, "is neither XML nor JSON");
}

Result<Topology> read_topology_file(const std::filesystem::path& file) {
  const auto text = read_text_file(file);
  if (!text) return text.error();
  return parse_topology(*text, file.string());
}

}  // namespace holdfast::affinity
