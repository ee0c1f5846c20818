// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layouts/survey.hpp"

#include "checkpoint/names.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

std::optional<Time> modified(const Root& root, const std::string& path) {
  const auto status = root.disk().status(path);
  if (!status || status->kind != FileKind::regular) return std::nullopt;
  return status->modified;
}

bool is_directory(const Entry& entry) { return entry.status.kind == FileKind::directory; }
bool is_file(const Entry& entry) { return entry.status.kind == FileKind::regular; }

bool has_entry(Root& root, const std::string& directory, std::string_view shape) {
  return std::ranges::any_of(root.peek(directory).entries, [&](const Entry& entry) {
    return match(shape, entry.name).has_value();
  });
}

Checkpoint make_checkpoint(Root& root,
                           std::string_view layout,
                           const Entry& entry,
                           std::optional<std::uint64_t> step,
                           std::string_view marker) {
  Checkpoint checkpoint;
  checkpoint.path = entry.name;
  checkpoint.tag = entry.name;
  checkpoint.format = layout;
  checkpoint.step = step;
  checkpoint.is_directory = entry.status.kind != FileKind::regular;
  checkpoint.leftover = is_temporary(entry.name);
  if (!checkpoint.is_directory)
    checkpoint.committed = entry.status.modified;
  else if (!marker.empty())
    checkpoint.committed = modified(root, join_path(entry.name, marker));
  return checkpoint;
}

Checkpoint make_root_checkpoint(Root& root, std::string_view layout, std::string_view marker) {
  Checkpoint checkpoint;
  checkpoint.format = layout;
  checkpoint.committed = modified(root, std::string(marker));
  return checkpoint;
}

}  // namespace holdfast::checkpoint
