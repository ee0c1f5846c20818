// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/examination.hpp"

#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

Verdict verdict_of(const Failure& failure) {
  return failure.kind == FailureKind::bad_input ? Verdict::damaged : Verdict::unknown;
}

Examination::Examination(const Disk& disk,
                         const Checkpoint& checkpoint,
                         const Tree& tree,
                         Level level,
                         const Context& context)
    : disk_(disk), checkpoint_(checkpoint), tree_(tree), level_(level), context_(context) {
  judgement_.verdict = Verdict::good;
}

std::string Examination::path_of(std::string_view member) const {
  return checkpoint::path_of(checkpoint_, member);
}

void Examination::blame(std::string_view member, Verdict verdict, Level level, std::string why) {
  // The sentence of the first finding of the final verdict speaks for the whole: it is nearest to
  // the cause.
  const Verdict before = judgement_.verdict;
  judgement_.verdict = worse(before, verdict);
  if (judgement_.verdict != before) {
    judgement_.why = why;
    judgement_.reached = level;
  } else if (verdict == before) {
    judgement_.reached = std::min(judgement_.reached, level);
  }
  judgement_.findings.push_back({path_of(member), verdict, level, std::move(why)});
}

void Examination::blame(std::string_view member, const Failure& failure, Level level) {
  if (failure.kind == FailureKind::not_found) judgement_.vanished = true;
  // What could not be seen says nothing of the levels above the listing; what could not be
  // understood passed the level before.
  Level seen = level;
  if (verdict_of(failure) == Verdict::unknown)
    seen = failure.kind == FailureKind::unsupported && level == Level::structure ? Level::edges
                                                                                 : Level::listing;
  blame(member, verdict_of(failure), seen, cat(path_of(member), ' ', failure.sentence()));
}

void Examination::check_listing() {
  if (checkpoint_.leftover)
    blame("",
          Verdict::unfinished,
          Level::listing,
          cat(checkpoint_.path, " has a temporary name: it is left from an interrupted save"));
  if (!tree_.unlisted.empty()) blame(tree_.unlisted, tree_.why_unlisted, Level::listing);
  if (!tree_.whole)
    blame("",
          Verdict::unknown,
          Level::listing,
          cat(path_of(""),
              " holds more than ",
              context_.limits.entries,
              " entries or directories deeper than ",
              context_.limits.depth,
              ", more than a checkpoint has"));
  for (const Member& member : tree_.members) {
    const std::string_view name = base_name(member.path);
    if (name.starts_with(".nfs")) continue;  // a file deleted while open, on NFS
    if (is_temporary(name))
      blame(member.path,
            Verdict::unfinished,
            Level::listing,
            cat(path_of(member.path), " is left from an interrupted save"));
    else if (member.status.kind == FileKind::hidden)
      blame(member.path,
            Verdict::unknown,
            Level::listing,
            cat(path_of(member.path), " may not be looked at by this user"));
    else if (member.status.kind == FileKind::special)
      blame(member.path,
            Verdict::unknown,
            Level::listing,
            cat(path_of(member.path), " is a FIFO, socket or device and is not opened"));
    else if (member.status.kind == FileKind::refused)
      blame(member.path,
            Verdict::unknown,
            Level::listing,
            cat(path_of(member.path), " is a link that dangles, loops or leaves the root"));
  }
}

const Member* Examination::need(std::string_view member, Verdict absent, std::string_view what) {
  const Member* found = tree_.find(member);
  if (found == nullptr) {
    blame(member, absent, Level::listing, cat(path_of(member), " is missing: ", what));
    return nullptr;
  }
  if (found->status.kind == FileKind::regular && found->status.size != 0) return found;
  if (found->status.kind == FileKind::regular)
    blame(member, Verdict::damaged, Level::listing, cat(path_of(member), " is empty: ", what));
  else if (found->status.kind == FileKind::directory)
    blame(member,
          Verdict::damaged,
          Level::listing,
          cat(path_of(member), " is a directory and should be a file: ", what));
  return nullptr;  // the other kinds were blamed by check_listing()
}

Judgement Examination::finish(Level reached) && {
  if (judgement_.verdict == Verdict::good) {
    judgement_.reached = reached;
    std::uint64_t files = 0;
    for (const Member& member : tree_.members)
      files += member.status.kind == FileKind::regular ? 1 : 0;
    judgement_.why =
        cat("complete; ", files, files == 1 ? " file" : " files", " sound to ", to_text(reached));
  }
  return std::move(judgement_);
}

}  // namespace holdfast::checkpoint
