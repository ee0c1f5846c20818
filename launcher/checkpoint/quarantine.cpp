// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/quarantine.hpp"

#include "checkpoint/durable.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::checkpoint {

namespace {

bool is_bad(const Listed& listed) {
  return listed.judgement.verdict == Verdict::unfinished ||
         listed.judgement.verdict == Verdict::damaged;
}

std::string note_on(const Listed& listed) {
  boost::json::array findings;
  for (const Finding& finding : listed.judgement.findings)
    findings.push_back({{"file", finding.file},
                        {"verdict", to_text(finding.verdict)},
                        {"level", to_text(finding.level)},
                        {"why", finding.why}});
  boost::json::object note{{"checkpoint", listed.checkpoint.path},
                           {"format", listed.checkpoint.format},
                           {"verdict", to_text(listed.judgement.verdict)},
                           {"why", listed.judgement.why},
                           {"bytes", listed.bytes},
                           {"files", listed.files}};
  if (listed.checkpoint.step) note["step"] = *listed.checkpoint.step;
  note["findings"] = std::move(findings);
  return boost::json::serialize(note);
}

/// What there is to move: the file, the directory, or the files side by side.
std::vector<std::string> pieces_of(const Checkpoint& checkpoint) {
  if (checkpoint.parts.empty()) return {checkpoint.path};
  std::vector<std::string> pieces;
  for (const std::string& part : checkpoint.parts)
    pieces.push_back(path_of(checkpoint, part));
  return pieces;
}

/// Why a bad one has to stay; empty when it may be moved.
std::string obstacle(const Catalogue& catalogue,
                     std::size_t index,
                     std::optional<std::size_t> chosen) {
  const Checkpoint& checkpoint = catalogue.newest_first[index].checkpoint;
  if (!chosen) return "there is no good one to go back to";
  if (checkpoint.path.empty()) return "it is the directory itself";
  // SCR's index speaks of it by name; scr_index --drop is the way.
  if (checkpoint.format == "scr") return "SCR keeps an index: use `scr_index --drop`";
  return {};
}

Failure cannot_move(const std::string& what, int error) {
  const FailureKind kind = error == EXDEV    ? FailureKind::unsupported
                           : error == EEXIST ? FailureKind::conflict
                           : error == ENOENT ? FailureKind::not_found
                           : error == EACCES || error == EPERM || error == EROFS
                               ? FailureKind::denied
                               : FailureKind::unreadable;
  return {kind,
          cat(what, " cannot be moved out"),
          error == EXDEV ? "it would have to be copied to another file system" : "",
          errno_code(error)};
}

/// Puts back what was moved of a checkpoint that could not be moved whole.
void move_back(const std::string& root,
               const std::string& directory,
               const std::vector<std::string>& moved) {
  for (const std::string& piece : moved)
    (void)::renameat2(AT_FDCWD,
                      cat(directory, '/', base_name(piece)).c_str(),
                      AT_FDCWD,
                      cat(root, '/', piece).c_str(),
                      RENAME_NOREPLACE);
}

}  // namespace

QuarantinePlan plan_quarantine(const Catalogue& catalogue,
                               std::optional<std::size_t> chosen,
                               std::vector<Pointer> pointers,
                               QuarantineMode mode,
                               PointerPolicy policy) {
  QuarantinePlan plan;
  plan.chosen = chosen;
  if (mode != QuarantineMode::off && chosen)
    plan.pointers = pointer_edits(pointers, catalogue.newest_first[*chosen].checkpoint, policy);
  for (std::size_t i = 0; i < catalogue.newest_first.size(); ++i) {
    const Listed& listed = catalogue.newest_first[i];
    if (!is_bad(listed)) continue;
    const std::string why = mode == QuarantineMode::move ? obstacle(catalogue, i, chosen)
                                                         : std::string("--mode move moves it out");
    if (why.empty())
      plan.moves.push_back({i, pieces_of(listed.checkpoint), note_on(listed)});
    else
      plan.stays.push_back(cat(listed.checkpoint.path, ": ", why));
  }
  return plan;
}

std::string quarantine_directory(const std::string& root, std::string_view attempt) {
  std::filesystem::path path = std::filesystem::path(root).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return (path.parent_path() / ".holdfast-quarantine" / path.filename() / attempt).string();
}

Result<void> apply_quarantine_move(const std::string& root,
                                   const std::string& directory,
                                   const QuarantineMove& move) {
  auto made = make_directories(directory);
  if (!made) return made;
  // The note first: a checkpoint in quarantine without one would be a riddle.
  const std::string name(base_name(move.from.front()));
  auto noted = replace_file(cat(directory, '/', name, ".holdfast.json"), move.note);
  if (!noted) return noted;
  std::vector<std::string> moved;
  for (const std::string& piece : move.from) {
    const std::string from = cat(root, '/', piece);
    const std::string into = cat(directory, '/', base_name(piece));
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, into.c_str(), RENAME_NOREPLACE) != 0) {
      const int error = errno;
      move_back(root, directory, moved);
      return cannot_move(from, error);
    }
    moved.push_back(piece);
  }
  auto synced = sync_directory(directory);
  if (!synced) return synced;
  return sync_directory(cat(root, '/', directory_name(move.from.front())));
}

}  // namespace holdfast::checkpoint
