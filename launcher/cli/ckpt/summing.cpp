// SPDX-License-Identifier: Apache-2.0
#include "cli/ckpt/summing.hpp"

#include "holdfast/checkpoint/manifest_draft.hpp"
#include "holdfast/common/text.hpp"

#include <map>

namespace holdfast::cli {

using checkpoint::Listed;
using checkpoint::PayloadFile;
using checkpoint::Tree;

namespace {

/// Every regular file of the checkpoint, each once; not those that the program goes on writing.
std::vector<PayloadFile> all_files(const Listed& listed, const Tree& tree) {
  std::map<std::string, std::uint64_t> sizes;
  for (const PayloadFile& file : listed.judgement.payload)
    if (!file.grows) sizes[file.path] = file.size;
  for (const checkpoint::Member& member : tree.members)
    if (member.status.kind == checkpoint::FileKind::regular)
      sizes[path_of(listed.checkpoint, member.path)] = member.status.size;
  std::vector<PayloadFile> files;
  files.reserve(sizes.size());
  for (const auto& [path, size] : sizes) {
    files.emplace_back();
    files.back().path = path;
    files.back().size = size;
  }
  return files;
}

}  // namespace

Result<checkpoint::Manifest> write_sums(const checkpoint::Disk& disk,
                                        const std::string& sidecar,
                                        const Listed& listed,
                                        const DeepWish& wish,
                                        const TellState& tell) {
  const auto tree = read_tree(disk, listed.checkpoint, {});
  if (!tree) return tree.error();
  auto draft = checkpoint::ManifestDraft::read(sidecar, listed.checkpoint.path);
  if (!draft) return draft.error();
  checkpoint::Manifest manifest;
  manifest.checkpoint = listed.checkpoint.path;
  manifest.format = listed.checkpoint.format;
  manifest.step = listed.checkpoint.step;
  manifest.made = now();
  auto sums = sum_up_files(disk, all_files(listed, *tree), *draft, wish, tell);
  if (!sums) return sums.error();
  manifest.files = std::move(*sums);
  const auto after = read_tree(disk, listed.checkpoint, {});
  if (!after) return after.error();
  if (const auto changes = changes_since(manifest, listed.checkpoint, *after); !changes.empty())
    return Failure{FailureKind::conflict,
                   cat(changes.front().path, " was written while it was summed up"),
                   "do it again when nobody writes there",
                   {}};
  auto written = write_manifest(sidecar, manifest);
  if (!written) return written.error();
  draft->discard();
  return manifest;
}

bool has_sums(const checkpoint::Disk& disk, const std::string& sidecar, const Listed& listed) {
  const auto manifest = checkpoint::read_manifest(sidecar, listed.checkpoint.path);
  if (!manifest) return false;
  const auto tree = read_tree(disk, listed.checkpoint, {});
  return tree && speaks_of(*manifest, listed.checkpoint, *tree) &&
         changes_since(*manifest, listed.checkpoint, *tree).empty();
}

}  // namespace holdfast::cli
