// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt verify PATH`: one checkpoint, down to every byte when asked. It writes to the
// sidecar what it has read, so that an interrupted look goes on where it stopped, and, when asked,
// a manifest.
#include "cli/ckpt/deep.hpp"
#include "cli/ckpt/look.hpp"
#include "cli/ckpt/progress.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>

namespace holdfast::cli {

using checkpoint::Judgement;
using checkpoint::Listed;
using checkpoint::PayloadFile;
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
  wish.jobs = options.number("jobs").value_or(usual_jobs());
  wish.again = options.has("again");
  if (const auto text = options.value("rate")) {
    const auto rate = parse_rate(*text);
    if (!rate) return Failure(rate.error()).within("--rate");
    wish.bytes_per_second = *rate;
  }
  return wish;
}

void blame(Listed& listed, const std::string& file, std::string why) {
  Judgement part;
  part.verdict = Verdict::damaged;
  part.reached = checkpoint::Level::listing;
  part.why = why;
  part.findings.push_back({file, Verdict::damaged, checkpoint::Level::listing, std::move(why)});
  merge(listed.judgement, part);
}

/// What the manifest, made when the checkpoint was known to be good, has to say of its files now.
void compare_with_manifest(const checkpoint::Manifest& manifest,
                           const checkpoint::Tree& tree,
                           Listed& listed,
                           Voice& voice) {
  using Kind = checkpoint::Change::Kind;
  for (const auto& change : changes_since(manifest, listed.checkpoint, tree)) {
    if (change.kind == Kind::missing)
      blame(listed, change.path, cat(change.path, " is missing: our manifest has it"));
    if (change.kind == Kind::resized)
      blame(listed, change.path, cat(change.path, " has another size than when it was verified"));
    if (change.kind == Kind::rewritten)
      voice.note(cat(printable(change.path),
                     " was written again since its manifest was made; --deep compares its sums"));
  }
}

/// Sums of our own for the files whose format has none.
void lend_sums(const checkpoint::Manifest& manifest, std::vector<PayloadFile>& files) {
  std::map<std::string, PayloadFile> sums;
  for (PayloadFile& file : payload_of(manifest))
    sums.emplace(file.path, std::move(file));
  for (PayloadFile& file : files) {
    const bool bare = std::ranges::all_of(file.claims, [](const checkpoint::Claim& claim) {
      return claim.checksum == checkpoint::Checksum::none;
    });
    if (const auto own = sums.find(file.path); bare && own != sums.end()) file = own->second;
  }
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

/// Every regular file of the checkpoint, each once.
std::vector<PayloadFile> all_files(const Listed& listed, const checkpoint::Tree& tree) {
  std::map<std::string, std::uint64_t> sizes;
  for (const PayloadFile& file : listed.judgement.payload)
    sizes[file.path] = file.size;
  for (const checkpoint::Member& member : tree.members)
    if (member.status.kind == checkpoint::FileKind::regular)
      sizes[path_of(listed.checkpoint, member.path)] = member.status.size;
  std::vector<PayloadFile> files;
  for (const auto& [path, size] : sizes) {
    files.emplace_back();
    files.back().path = path;
    files.back().size = size;
  }
  return files;
}

Result<void> make_manifest(const NamedCheckpoint& named,
                           const Listed& listed,
                           const checkpoint::Tree& tree,
                           const DeepWish& wish,
                           Caller& caller) {
  Progress progress(caller.voice);
  auto sums = sum_up_files(*named.look.disk, all_files(listed, tree), wish, [&](const auto& state) {
    progress.tell(state);
  });
  const std::string speed = progress.finish();
  if (!sums) return sums.error();
  checkpoint::Manifest manifest;
  manifest.checkpoint = listed.checkpoint.path;
  manifest.format = listed.checkpoint.format;
  manifest.step = listed.checkpoint.step;
  manifest.made = now();
  manifest.files = std::move(*sums);
  auto written = write_manifest(named.look.sidecar, manifest);
  if (!written) return written.error();
  caller.voice.note(cat("summed up ",
                        shown_files(manifest.files.size()),
                        ", ",
                        speed,
                        "; the manifest is ",
                        named.look.sidecar,
                        '/',
                        checkpoint::manifest_name(manifest.checkpoint)));
  return {};
}

Result<void> look_deep(const NamedCheckpoint& named,
                       const Result<checkpoint::Manifest>& manifest,
                       const DeepWish& wish,
                       Listed& listed,
                       Caller& caller) {
  auto verified = checkpoint::Verified::read(named.look.sidecar);
  if (!verified) return verified.error();
  std::vector<PayloadFile> files = listed.judgement.payload;
  if (manifest) lend_sums(*manifest, files);
  Progress progress(caller.voice);
  const Judgement deep =
      verify_files(*named.look.disk, std::move(files), *verified, wish, [&](const auto& state) {
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
  if (manifest) compare_with_manifest(*manifest, *tree, *listed, caller.voice);
  const auto sound = [&] { return listed->judgement.verdict == Verdict::good; };
  if (options.has("deep") && sound()) {
    auto looked = look_deep(*named, manifest, *wish, *listed, caller);
    if (!looked) return looked.error();
  }
  if (options.has("manifest") && sound()) {
    auto made = make_manifest(*named, *listed, *tree, *wish, caller);
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
