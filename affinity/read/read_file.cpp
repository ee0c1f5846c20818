// SPDX-License-Identifier: Apache-2.0
// The door for recorded machines: which kind a text is, by its content, and who reads it.
#include "formats.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "xml.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::affinity {

Failure not_understood(std::string_view origin, std::string_view what) {
  return {FailureKind::unreadable,
          cat(origin, " ", what),
          "give hwloc XML (lstopo --of xml), an NCCL topology file or `holdfast topo --json`",
          {}};
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

Failure too_large(std::string_view origin) {
  return not_understood(origin, cat("is larger than ", max_topology_bytes >> 20U, " MiB"));
}

/// Closes what open() gave.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Failure cannot_read(const std::filesystem::path& file, int error_number) {
  const FailureKind kind = error_number == ENOENT   ? FailureKind::not_found
                           : error_number == EACCES ? FailureKind::denied
                                                    : FailureKind::unreadable;
  return {kind, cat("cannot read topology file ", file.string()), {}, errno_code(error_number)};
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
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.number() < 0) return cannot_read(file, errno);
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = read(descriptor.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(file, errno);
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > max_topology_bytes) return too_large(file.string());
  }
  return parse_topology(text, file.string());
}

}  // namespace holdfast::affinity
