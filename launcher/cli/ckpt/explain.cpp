// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt explain PATH`: one checkpoint file by file, and what to do about it.
#include "cli/ckpt/look.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>

namespace holdfast::cli {

using checkpoint::Finding;
using checkpoint::Listed;
using checkpoint::Verdict;

namespace {

constexpr std::size_t most_good_files = 40;

constexpr auto options_of_explain = with_look_options(std::array{
    OptionSpec{"all", Takes::nothing, "", "every file, also where there are thousands"},
    OptionSpec{"root", Takes::directory, "DIR", "the directory of checkpoints PATH belongs to"},
    OptionSpec{"json", Takes::nothing, "", "print one JSON object"},
});

/// What a person may do with such a checkpoint: what `ckpt latest` would do, and why not.
std::string_view advice(const checkpoint::Judgement& judgement, bool condemned) {
  if (condemned) return "resume from an older one: attempts that started from this one died of it";
  switch (judgement.verdict) {
    case Verdict::good:
      if (judgement.flags.contains(checkpoint::Flag::model_only))
        return "it has no optimizer: resume from it only when weights are enough, with "
               "`holdfast ckpt latest --model-only`";
      return "resume from it";
    case Verdict::unfinished:
      return "the save never ended: resume from an older one; `holdfast ckpt quarantine` keeps the "
             "program away from this one";
    case Verdict::damaged:
      return "resume from an older one; before the next run, look at what is wrong with the "
             "storage";
    case Verdict::in_flight:
      return "wait until it is written, then ask again";
    case Verdict::unknown:
      return "make it readable, or ask for more patience with --patience, and look again";
  }
  return "";
}

/// One line a file: what is wrong first, the good ones after.
void tell_files(const checkpoint::Tree& tree, const Listed& listed, bool all, Caller& caller) {
  std::map<std::string, std::vector<const Finding*>> findings;
  for (const Finding& finding : listed.judgement.findings)
    findings[finding.file].push_back(&finding);
  for (const auto& [file, list] : findings)
    for (const Finding* finding : list)
      caller.out << padded(std::string(checkpoint::to_text(finding->verdict)), 12)
                 << padded(std::string(checkpoint::to_text(finding->level)), 11)
                 << printable(finding->why) << '\n';
  std::size_t good = 0;
  std::size_t hidden = 0;
  for (const checkpoint::Member& member : tree.members) {
    const std::string path = path_of(listed.checkpoint, member.path);
    if (member.status.kind != checkpoint::FileKind::regular || findings.contains(path)) continue;
    if (!all && ++good > most_good_files) {
      ++hidden;
      continue;
    }
    caller.out << padded("nothing", 12) << padded("", 11) << printable(path) << ", "
               << shown_bytes(member.status.size) << '\n';
  }
  if (hidden > 0)
    caller.out << "and " << hidden << " more files with nothing against them (--all shows them)\n";
}

Result<ExitStatus> run_explain(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return Failure{FailureKind::bad_input,
                   "the checkpoint is missing",
                   "write `holdfast ckpt explain PATH`",
                   {}};
  const auto named = look_at_path(options, options.operands().front());
  if (!named) return named.error();
  const auto listed = read_checkpoint(*named);
  if (!listed) return listed.error();
  const bool good = listed->judgement.verdict == Verdict::good;
  const ExitStatus status = good ? ExitStatus::ok : ExitStatus::negative;
  if (options.has("json")) {
    caller.out << listed_json(*listed) << '\n';
    return status;
  }
  const auto* memory = checkpoint::find_condemned(named->look.wish.condemned, listed->checkpoint);
  const std::string step =
      listed->checkpoint.step ? cat(", step ", *listed->checkpoint.step) : std::string();
  caller.out << shown_path(listed->checkpoint) << ": " << listed->checkpoint.format << step << ", "
             << shown_bytes(listed->bytes) << " in " << shown_files(listed->files) << '\n'
             << "verdict: " << shown_verdict(*listed, memory != nullptr)
             << ", looked at down to its " << checkpoint::to_text(listed->judgement.reached) << '\n'
             << "why: " << printable(memory != nullptr ? memory->why : listed->judgement.why)
             << '\n';
  for (const checkpoint::Flag flag : checkpoint::members(listed->judgement.flags))
    caller.out << "note: " << checkpoint::to_text(flag) << '\n';
  caller.out << "what to do: " << advice(listed->judgement, memory != nullptr) << "\n\n"
             << padded("AGAINST IT", 12) << padded("SEEN IN", 11) << "FILE\n";
  const auto tree = read_tree(*named->look.disk, listed->checkpoint, named->look.wish.limits);
  if (!tree) return tree.error();
  tell_files(*tree, *listed, options.has("all"), caller);
  return status;
}

}  // namespace

const Verb ckpt_explain{
    .name = "ckpt explain",
    .summary = "what is wrong with a checkpoint, file by file",
    .about =
        "Tells the verdict on one checkpoint, why, what to do, and what is to be said of each\n"
        "file. Exit status: 0 it is good, 1 it is not, or it cannot be told.",
    .operands = {.shown = "PATH", .at_most = 1, .is_command = false},
    .options = options_of_explain,
    .examples = "holdfast ckpt explain /scratch/run7/ckpt/step-1000",
    .run = run_explain,
};

}  // namespace holdfast::cli
