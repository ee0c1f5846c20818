// SPDX-License-Identifier: Apache-2.0
#include "cli/ckpt/look.hpp"

#include "holdfast/checkpoint/manifest.hpp"
#include "holdfast/checkpoint/memory.hpp"
#include "holdfast/checkpoint/resume.hpp"
#include "holdfast/checkpoint/user_check.hpp"
#include "holdfast/common/duration.hpp"
#include "holdfast/common/text.hpp"

#include <filesystem>

namespace holdfast::cli {

using checkpoint::Catalogue;
using checkpoint::Judgement;
using checkpoint::Listed;
using checkpoint::Verdict;

namespace {

namespace fs = std::filesystem;

Result<std::string> absolute(const std::string& path) {
  if (path.empty()) return Failure{FailureKind::bad_input, "the path is empty", "name it", {}};
  std::error_code error;
  fs::path whole = fs::absolute(path, error).lexically_normal();
  if (error)
    return Failure{
        FailureKind::unreadable, "the working directory is gone", "name it whole", error};
  if (!whole.has_filename() && whole.has_relative_path()) whole = whole.parent_path();
  return whole.string();
}

Result<void> read_times(const ParsedOptions& options, Look& look) {
  using std::chrono::seconds;
  const auto quiet = duration_of(options, "quiet", seconds(60));
  if (!quiet) return quiet.error();
  const auto slack = duration_of(options, "slack", seconds(2));
  if (!slack) return slack.error();
  const auto patience = duration_of(options, "patience", seconds(20));
  if (!patience) return patience.error();
  look.wish.quiet = *quiet;
  look.wish.slack = *slack;
  look.patience.one_request = *patience;
  return {};
}

/// What the user's command says of a checkpoint that is good so far, or of which nothing else is
/// known than that it is there.
void ask_user(const Look& look, Listed& listed) {
  Judgement& judgement = listed.judgement;
  const bool open = judgement.verdict == Verdict::good || judgement.verdict == Verdict::unknown;
  if (look.user_check.empty() || !open || judgement.reached < checkpoint::Level::edges) return;
  const auto from = checkpoint::resumption(look.root, listed.checkpoint);
  std::vector<std::string> command;
  for (const std::string& word : look.user_check) {
    const auto filled = checkpoint::fill_in(word, from);
    // What can be wrong with the words was told when the options were read; a step that is not
    // there is told here. Nobody was asked, so nothing that was seen before may speak for it.
    if (!filled) {
      judgement.verdict = Verdict::unknown;
      judgement.reached = checkpoint::Level::listing;
      judgement.why = Failure(filled.error()).within("--ckpt-verify").sentence();
      return;
    }
    command.push_back(*filled);
  }
  Judgement said = checkpoint::ask_user_check(command, look.user_limit);
  judgement.verdict = said.verdict;
  // A command that did not answer leaves nothing to go by, whatever was found before.
  judgement.reached = said.verdict == Verdict::unknown ? checkpoint::Level::listing : said.reached;
  judgement.why = std::move(said.why);
}

}  // namespace

checkpoint::Time now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

Result<std::chrono::milliseconds> duration_of(const ParsedOptions& options,
                                              std::string_view name,
                                              std::chrono::milliseconds without) {
  const auto text = options.value(name);
  if (!text) return without;
  const auto duration = parse_duration(*text);
  if (!duration) return Failure(duration.error()).within(cat("--", name));
  return *duration;
}

Result<unsigned> count_of(const ParsedOptions& options, std::string_view name, unsigned without) {
  const unsigned count = options.number(name).value_or(without);
  if (count > 0 || !options.has(name)) return count;
  return Failure{FailureKind::bad_input, cat("--", name, " 0 means nothing"), "say 1 or more", {}};
}

Result<void> check_format(const std::string& format) {
  if (format.empty() || checkpoint::find_layout(format) != nullptr) return {};
  std::vector<std::string> names{"marker"};
  for (const checkpoint::Layout* layout : checkpoint::layouts())
    names.emplace_back(layout->name());
  const auto meant = nearest(format, names);
  return Failure{FailureKind::bad_input,
                 cat("there is no checkpoint format ", format),
                 meant ? cat("did you mean ", *meant, '?') : cat("there are ", join(names, ", ")),
                 {}};
}

Result<std::vector<std::string>> read_command(const std::string& ckpt_verify) {
  auto words = checkpoint::read_template(ckpt_verify);
  if (!words) return Failure(words.error()).within("--ckpt-verify");
  if (words->empty())
    return Failure{FailureKind::bad_input, "--ckpt-verify names no command", "name one", {}};
  return words;
}

Result<std::unique_ptr<checkpoint::Disk>> open_directory(const std::string& root,
                                                         checkpoint::Patience patience) {
  auto disk = checkpoint::open_disk(root, patience);
  if (disk || disk.error().kind != FailureKind::not_found) return disk;
  if (disk.error().cause == std::errc::not_a_directory)
    return Failure{FailureKind::bad_input,
                   cat(root, " is no directory"),
                   "name the directory that holds the checkpoints",
                   {}};
  return std::unique_ptr<checkpoint::Disk>();
}

Result<Look> look_at_directory(const ParsedOptions& options, const std::string& directory) {
  auto root = absolute(directory);
  if (!root) return root.error();
  Look look;
  look.root = std::move(*root);
  look.sidecar = options.value("sidecar").value_or(checkpoint::usual_sidecar(look.root));
  // A run keeps its notes with its state; what somebody summed up beside the root counts as well.
  look.wish.manifests = {look.sidecar, checkpoint::usual_sidecar(look.root)};
  look.wish.format = options.value("ckpt-format").value_or("");
  look.wish.marker = options.value("ckpt-marker").value_or("");
  const auto candidates = count_of(options, "candidates", 3);
  if (!candidates) return candidates.error();
  look.wish.candidates = *candidates;
  auto known = check_format(look.wish.format);
  if (!known) return known.error();
  auto times = read_times(options, look);
  if (!times) return times.error();
  if (const auto command = options.value("ckpt-verify")) {
    auto words = read_command(*command);
    if (!words) return words.error();
    look.user_check = std::move(*words);
    if (command->find('{') == std::string::npos) look.user_check.emplace_back("{path}");
    look.wish.by_command = true;
  }
  if (look.wish.format == "marker" && look.wish.marker.empty() && look.user_check.empty())
    return Failure{FailureKind::bad_input,
                   "the format marker needs to know the marker",
                   "name the file with --ckpt-marker, or a command with --ckpt-verify",
                   {}};
  auto memory = checkpoint::read_memory(cat(look.sidecar, "/memory.jsonl"));
  if (!memory) return memory.error();
  look.wish.condemned = checkpoint::condemned_by(*memory);
  auto disk = open_directory(look.root, look.patience);
  if (!disk) return disk.error();
  look.disk = std::move(*disk);
  return look;
}

Result<NamedCheckpoint> look_at_path(const ParsedOptions& options, const std::string& path) {
  const auto whole = absolute(path);
  if (!whole) return whole.error();
  const fs::path parent = fs::path(*whole).parent_path();
  auto look = look_at_directory(options, options.value("root").value_or(parent.string()));
  if (!look) return look.error();
  if (look->disk == nullptr)
    return Failure{FailureKind::not_found,
                   cat("the directory ", look->root, " is not there"),
                   "name a checkpoint that is",
                   {}};
  const std::string under = fs::path(*whole).lexically_relative(look->root).string();
  if (under.starts_with(".."))
    return Failure{FailureKind::not_found,
                   cat(*whole, " is not below ", look->root),
                   "name the directory of checkpoints with --root",
                   {}};
  return NamedCheckpoint{std::move(*look), under == "." ? std::string() : under};
}

Result<Catalogue> read_catalogue(const Look& look) {
  if (look.disk == nullptr) {
    Catalogue nothing;
    nothing.root = look.root;
    nothing.ground = checkpoint::Ground::absent;
    return nothing;
  }
  auto catalogue = checkpoint::read_catalogue(*look.disk, look.wish, now());
  if (!catalogue) return Failure(catalogue.error()).within(look.root);
  // Nothing known here, and a command that knows: every directory is a candidate.
  if (catalogue->newest_first.empty() && !look.user_check.empty() && look.wish.format.empty()) {
    checkpoint::Wish wish = look.wish;
    wish.format = "marker";
    catalogue = checkpoint::read_catalogue(*look.disk, wish, now());
    if (!catalogue) return Failure(catalogue.error()).within(look.root);
  }
  catalogue->root = look.root;
  for (Listed& listed : catalogue->newest_first)
    if (checkpoint::find_condemned(look.wish.condemned, listed.checkpoint) == nullptr)
      ask_user(look, listed);
  return catalogue;
}

Result<Listed> read_checkpoint(const NamedCheckpoint& named) {
  const Look& look = named.look;
  auto listed = checkpoint::read_checkpoint(*look.disk, named.path, look.wish, now());
  const bool retry = !listed && listed.error().kind == FailureKind::not_found &&
                     !look.user_check.empty() && look.wish.format.empty();
  if (retry) {
    checkpoint::Wish wish = look.wish;
    wish.format = "marker";
    listed = checkpoint::read_checkpoint(*look.disk, named.path, wish, now());
  }
  const bool absent = !listed && listed.error().kind == FailureKind::not_found;
  if (absent && !look.disk->status(named.path))
    return Failure{FailureKind::not_found,
                   cat(named.path, " is not there"),
                   cat("see what is: holdfast ckpt list ", look.root),
                   {}};
  if (!listed && !absent && listed.error().kind != FailureKind::bad_input)
    return Failure(listed.error()).within(look.root);
  if (listed) ask_user(look, *listed);
  return listed;
}

checkpoint::Policy policy_of(const Look& look) {
  checkpoint::Policy policy;
  policy.candidates = look.wish.candidates;
  policy.condemned = look.wish.condemned;
  return policy;
}

}  // namespace holdfast::cli
