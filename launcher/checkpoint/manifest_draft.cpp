// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/manifest_draft.hpp"

#include "checkpoint/durable.hpp"
#include "checkpoint/notes.hpp"
#include "holdfast/common/text.hpp"

#include <filesystem>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t draft_bytes = 256U << 20U;

}  // namespace

Result<ManifestDraft> ManifestDraft::read(const std::string& sidecar,
                                          std::string_view checkpoint_path) {
  ManifestDraft draft(cat(sidecar, '/', manifest_name(checkpoint_path), ".draft"));
  const auto lines = read_note(draft.file_, draft_bytes);
  if (!lines && lines.error().kind == FailureKind::not_found) return draft;
  if (!lines) return lines.error();
  for (const std::string_view line : split(*lines, '\n'))
    if (auto file = parse_manifest_file(line)) draft.known_[file->path] = std::move(*file);
  return draft;
}

std::optional<ManifestFile> ManifestDraft::find(const std::string& path,
                                                const FileStatus& status) const {
  const auto found = known_.find(path);
  if (found == known_.end()) return std::nullopt;
  const ManifestFile& file = found->second;
  const bool same =
      file.size == status.size && file.modified == status.modified && file.inode == status.inode;
  return same ? std::optional(file) : std::nullopt;
}

Result<void> ManifestDraft::add(const ManifestFile& file) {
  known_[file.path] = file;
  return append_line_unsynced(file_, to_line(file));
}

void ManifestDraft::discard() const {
  // A draft that stays costs some bytes and is told by its name; nobody waits for it to go.
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace holdfast::checkpoint
