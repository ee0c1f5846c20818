// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layouts/unsummed.hpp"

#include "checkpoint/layouts/files.hpp"

namespace holdfast::checkpoint {

void check_unsummed(Examination& notes, bool (*counts)(std::string_view path)) {
  notes.flag(Flag::no_checksum);
  if (!notes.wants(Level::edges) || !notes.sound()) return;
  for (const Member& member : notes.tree().members) {
    if (member.status.kind != FileKind::regular || !counts(member.path)) continue;
    const auto file = notes.disk().open(notes.path_of(member.path));
    if (!file) {
      notes.blame(member.path, file.error(), Level::edges);
      continue;
    }
    (void)check_holes(notes, member.path, **file, false);
    PayloadFile payload;
    payload.path = notes.path_of(member.path);
    payload.size = (*file)->status().size;
    if (notes.wants(Level::structure)) notes.add_payload(std::move(payload));
  }
}

void check_unsummed(Examination& notes) {
  check_unsummed(notes, [](std::string_view) { return true; });
}

}  // namespace holdfast::checkpoint
