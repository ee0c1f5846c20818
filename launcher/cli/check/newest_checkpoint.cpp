// SPDX-License-Identifier: Apache-2.0
#include "cli/check/newest_checkpoint.hpp"

#include "cli/ckpt/look.hpp"
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/disk.hpp"

#include <algorithm>

namespace holdfast::cli {

void find_newest_checkpoint(const std::filesystem::path& directory,
                            health::CheckpointFacts& facts) {
  using Bytes = health::Fact<std::uint64_t>;
  const auto disk = checkpoint::open_disk(directory.string());
  if (!disk) {
    facts.newest_bytes = disk.error().kind == FailureKind::not_found
                             ? Bytes::lacking("there is no such directory yet")
                             : Bytes::unseen(disk.error().what);
    return;
  }
  checkpoint::Wish wish;
  wish.level = checkpoint::Level::edges;
  const auto catalogue = checkpoint::read_catalogue(**disk, wish, now());
  if (!catalogue) {
    facts.newest_bytes = Bytes::unseen(catalogue.error().what);
    return;
  }
  const auto whole =
      std::ranges::find_if(catalogue->newest_first, [](const checkpoint::Listed& one) {
        return one.judgement.verdict == checkpoint::Verdict::good;
      });
  if (whole == catalogue->newest_first.end()) {
    facts.newest_bytes = Bytes::lacking("there is no whole checkpoint yet");
    return;
  }
  facts.newest = whole->checkpoint.path.empty() ? "the directory" : whole->checkpoint.path;
  facts.newest_bytes = whole->bytes;
}

}  // namespace holdfast::cli
