// SPDX-License-Identifier: Apache-2.0
#include "cli/check/newest_checkpoint.hpp"

#include "cli/ckpt/look.hpp"
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/disk.hpp"

#include <algorithm>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::cli {

namespace {

/// What a user wrote there is parsed with no more than his own rights.
bool become_owner_of(const std::filesystem::path& directory) {
  if (::geteuid() != 0) return true;
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || status.st_uid == 0) return true;
  return ::setgroups(0, nullptr) == 0 &&
         ::setresgid(status.st_gid, status.st_gid, status.st_gid) == 0 &&
         ::setresuid(status.st_uid, status.st_uid, status.st_uid) == 0;
}

}  // namespace

void find_newest_checkpoint(const std::filesystem::path& directory,
                            health::CheckpointFacts& facts) {
  using Bytes = health::Fact<std::uint64_t>;
  if (!become_owner_of(directory)) {
    facts.newest_bytes = Bytes::unseen("root cannot become the directory's owner");
    return;
  }
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
