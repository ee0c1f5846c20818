// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/verified.hpp"

#include "checkpoint/durable.hpp"
#include "checkpoint/formats/json.hpp"
#include "checkpoint/notes.hpp"
#include "holdfast/common/text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t memory_bytes = 256U << 20U;

std::string identity_of(const FileStatus& status) {
  return cat(status.size, ' ', status.modified.time_since_epoch().count(), ' ', status.inode);
}

}  // namespace

Result<Verified> Verified::read(const std::string& sidecar) {
  Verified verified(cat(sidecar, "/verified.jsonl"));
  const auto lines = read_note(verified.file_, memory_bytes);
  if (!lines && lines.error().kind == FailureKind::not_found) return verified;
  if (!lines) return lines.error();
  for (const std::string_view line : split(*lines, '\n')) {
    const auto object = parse_json_object(line);
    if (!object) continue;
    const auto path = text(*object, "path");
    const auto identity = text(*object, "file");
    if (path && identity) verified.known_[*path] = *identity;
  }
  return verified;
}

bool Verified::contains(const std::string& path, const FileStatus& status) const {
  const auto found = known_.find(path);
  return found != known_.end() && found->second == identity_of(status);
}

Result<void> Verified::add(const std::string& path, const FileStatus& status) {
  const std::string identity = identity_of(status);
  known_[path] = identity;
  return append_line_unsynced(
      file_, boost::json::serialize(boost::json::object{{"path", path}, {"file", identity}}));
}

}  // namespace holdfast::checkpoint
