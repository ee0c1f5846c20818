// SPDX-License-Identifier: Apache-2.0
// Megatron-core writes shards, then .metadata, then metadata.json, which commits, then maybe
// integrity.json with the SHA-256 of every file. Without metadata.json Megatron would take the
// directory for another format and fail later or load it wrongly.
#include "checkpoint/layouts/megatron_dist.hpp"

#include "checkpoint/formats/json.hpp"
#include "checkpoint/layouts/dcp.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

bool is_shard(std::string_view path) {
  return path.ends_with(".distcp") || base_name(path) == ".metadata";
}

/// True when the backend is one that can be judged further.
bool check_backend(Examination& examination, const std::string& marker) {
  const auto json = check_json_file(examination, marker);
  if (!json) return false;
  const auto backend = text(*json, "sharded_backend");
  if (!backend) {
    examination.blame(marker,
                      Verdict::damaged,
                      Level::edges,
                      cat(examination.path_of(marker), " names no sharded_backend"));
    return false;
  }
  if (*backend == "torch_dist") return true;
  examination.blame(marker,
                    Verdict::unknown,
                    Level::listing,
                    cat(examination.path_of(marker),
                        " is of the backend ",
                        *backend,
                        ", which cannot be judged here"));
  return false;
}

/// The claims of integrity.json take the place of those found so far: one pass over a file is
/// enough.
void claim_integrity(Examination& examination, std::string_view directory) {
  const std::string marker = join_path(directory, "integrity.json");
  if (examination.tree().find(marker) == nullptr) return;
  const auto json = check_json_file(examination, marker);
  if (!json || !examination.wants(Level::structure)) return;
  const boost::json::value* files = json->if_contains("files");
  if (text(*json, "algorithm").value_or("sha256") != "sha256" || files == nullptr ||
      !files->is_object()) {
    examination.blame(marker, unsupported("is of a kind not known here"), Level::listing);
    return;
  }
  for (const auto& [name, sum] : files->get_object()) {
    const std::string member = join_path(directory, std::string_view(name));
    const Member* found = examination.need(member, Verdict::damaged, "integrity.json names it");
    if (found == nullptr || !sum.is_string()) continue;
    const std::string path = examination.path_of(member);
    auto& payload = examination.payload();
    auto file = std::ranges::find(payload, path, &PayloadFile::path);
    if (file == payload.end()) {
      payload.push_back({path, found->status.size, {}, false});
      file = payload.end() - 1;
    }
    file->claims = {{0,
                     found->status.size,
                     Checksum::sha256,
                     lower(std::string_view(sum.get_string())),
                     std::string(base_name(member))}};
  }
}

}  // namespace

void check_megatron_dist(Examination& examination, std::string_view directory) {
  const std::string marker = join_path(directory, "metadata.json");
  examination.need(marker, Verdict::unfinished, "it is written when all shards are");
  if (!examination.sound()) return;
  check_marker_is_newest(examination, marker, is_shard);
  if (examination.wants(Level::edges) && !check_backend(examination, marker)) return;
  const DcpRoots roots = check_dcp(examination, directory);
  if (!examination.sound()) return;
  const std::string common = join_path(directory, "common.pt");
  if (examination.tree().find(common) != nullptr) {
    if (examination.need(common, Verdict::damaged, "it is the state common to all ranks"))
      check_torch_file(examination, common);
  } else if (examination.wants(Level::structure) && !roots.contains("common_state")) {
    examination.blame(common,
                      Verdict::damaged,
                      Level::structure,
                      cat(examination.path_of(common),
                          " is missing, and the index has no common state in its place"));
  }
  claim_integrity(examination, directory);
}

}  // namespace holdfast::checkpoint
