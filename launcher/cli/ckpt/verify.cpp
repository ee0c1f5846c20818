// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt verify PATH`: one checkpoint, down to every byte when asked. It writes to the
// sidecar what it has read, so that an interrupted look goes on where it stopped, and, when asked,
// a manifest.
#include "cli/ckpt/deep.hpp"
#include "cli/ckpt/look.hpp"
#include "cli/ckpt/progress.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/summing.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::cli {

using checkpoint::Judgement;
using checkpoint::Listed;
using checkpoint::Verdict;

namespace {

constexpr auto options_of_verify = with_look_options(std::array{
    OptionSpec{"deep", Takes::nothing, "", "read every byte that has a checksum"},
    OptionSpec{"manifest", Takes::nothing, "", "sum up all files and keep the sums in the sidecar"},
    OptionSpec{"jobs", Takes::number, "N", "files read at a time"},
    OptionSpec{"rate", Takes::text, "RATE", "read at most so much a second: 200M"},
    OptionSpec{"again", Takes::nothing, "", "read also what an earlier look found good"},
    OptionSpec{"root", Takes::directory, "DIR", "the directory of checkpoints PATH belongs to"},
    OptionSpec{"json", Takes::nothing, "", "print one JSON object"},
});

Result<DeepWish> deep_wish(const ParsedOptions& options) {
  DeepWish wish;
  const auto jobs = count_of(options, "jobs", usual_jobs());
  if (!jobs) return jobs.error();
  wish.jobs = *jobs;
  wish.again = options.has("again");
  if (const auto text = options.value("rate")) {
    const auto rate = parse_rate(*text);
    if (!rate) return Failure(rate.error()).within("--rate");
    wish.bytes_per_second = *rate;
  }
  return wish;
}

/// What was written again since our manifest was made is no fault yet: the sums of it tell.
void note_rewritten(const checkpoint::Manifest& manifest,
                    const checkpoint::Tree& tree,
                    const Listed& listed,
                    Voice& voice) {
  if (!speaks_of(manifest, listed.checkpoint, tree))
    return voice.note(
        "the manifest is of an earlier save and was not compared; --manifest makes a new one");
  for (const auto& change : changes_since(manifest, listed.checkpoint, tree))
    if (change.kind == checkpoint::Change::Kind::rewritten)
      voice.note(cat(printable(change.path),
                     " was written again since its manifest was made; --deep compares its sums"));
}

/// The closing sentence: what is right, or what is wrong and what to do about it.
void tell(const Listed& listed, bool has_sums, Caller& caller) {
  const Judgement& judgement = listed.judgement;
  caller.out << shown_path(listed.checkpoint) << ": " << shown_verdict(listed, false) << ", "
             << printable(judgement.why) << '\n';
  for (const checkpoint::Finding& finding : judgement.findings)
    if (finding.why != judgement.why) caller.out << "  " << printable(finding.why) << '\n';
  if (judgement.flags.contains(checkpoint::Flag::no_checksum) && !has_sums)
    caller.voice.note(
        "some of it has no checksum: a flipped bit there cannot be seen; --manifest makes sums");
}

Result<void> make_manifest(const NamedCheckpoint& named,
                           const Listed& listed,
                           const DeepWish& wish,
                           Caller& caller) {
  Progress progress(caller.voice);
  const auto manifest =
      write_sums(*named.look.disk, named.look.sidecar, listed, wish, [&](const auto& state) {
        progress.tell(state);
      });
  const std::string speed = progress.finish();
  if (!manifest) return manifest.error();
  caller.voice.note(cat("summed up ",
                        shown_files(manifest->files.size()),
                        ", ",
                        speed,
                        "; the manifest is ",
                        named.look.sidecar,
                        '/',
                        checkpoint::manifest_name(manifest->checkpoint)));
  return {};
}

Result<void> look_deep(const NamedCheckpoint& named,
                       const DeepWish& wish,
                       Listed& listed,
                       Caller& caller) {
  auto verified = checkpoint::Verified::read(named.look.sidecar);
  if (!verified) return verified.error();
  Progress progress(caller.voice);
  const Judgement deep = verify_files(
      *named.look.disk, listed.judgement.payload, *verified, wish, [&](const auto& state) {
        progress.tell(state);
      });
  caller.voice.note(cat("looked at ", progress.finish()));
  merge(listed.judgement, deep);
  if (listed.judgement.verdict == Verdict::good) {
    listed.judgement.reached = deep.reached;
    listed.judgement.why = cat("complete; every byte that has a checksum matches it");
  }
  return {};
}

Result<ExitStatus> run_verify(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return Failure{FailureKind::bad_input,
                   "the checkpoint is missing",
                   "write `holdfast ckpt verify PATH`",
                   {}};
  const auto wish = deep_wish(options);
  if (!wish) return wish.error();
  const auto named = look_at_path(options, options.operands().front());
  if (!named) return named.error();
  auto listed = read_checkpoint(*named);
  if (!listed) return listed.error();
  const auto tree = read_tree(*named->look.disk, listed->checkpoint, named->look.wish.limits);
  if (!tree) return tree.error();
  const auto manifest = checkpoint::read_manifest(named->look.sidecar, listed->checkpoint.path);
  if (!manifest && manifest.error().kind != FailureKind::not_found)
    caller.voice.warning(manifest.error().sentence());
  if (manifest) note_rewritten(*manifest, *tree, *listed, caller.voice);
  const auto sound = [&] { return listed->judgement.verdict == Verdict::good; };
  if (options.has("deep") && sound()) {
    auto looked = look_deep(*named, *wish, *listed, caller);
    if (!looked) return looked.error();
  }
  if (options.has("manifest") && sound()) {
    auto made = make_manifest(*named, *listed, *wish, caller);
    if (!made) return made.error();
  }
  if (options.has("json"))
    caller.out << listed_json(*listed) << '\n';
  else
    tell(*listed, options.has("manifest") || manifest.has_value(), caller);
  return sound() ? ExitStatus::ok : ExitStatus::negative;
}

}  // namespace

const Verb ckpt_verify{
    .name = "ckpt verify",
    .summary = "look closely at one checkpoint",
    .about =
        "Judges one checkpoint: its listing, the edges and the structure of its files; with "
        "--deep\n"
        "also every byte. An interrupted --deep goes on where it stopped. Exit status: 0 it is "
        "good,\n"
        "1 it is not, or it cannot be told.",
    .operands = {.shown = "PATH", .at_most = 1, .is_command = false},
    .options = options_of_verify,
    .examples =
        "holdfast ckpt verify --deep --jobs 8 /scratch/run7/ckpt/step-1000\n"
        "holdfast ckpt verify --manifest --rate 200M /scratch/run7/ckpt/step-1000",
    .run = run_verify,
};

}  // namespace holdfast::cli
