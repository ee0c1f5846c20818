// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layouts/files.hpp"

#include "checkpoint/edges.hpp"
#include "checkpoint/formats/json.hpp"
#include "checkpoint/heuristics.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t most_json = std::size_t{64} << 20;

TorchLimits limits_of(const Examination& examination) {
  return {examination.context().limits.index_bytes};
}

std::unique_ptr<File> open_member(Examination& examination, std::string_view member, Level level) {
  auto file = examination.disk().open(examination.path_of(member));
  if (file) return std::move(*file);
  examination.blame(member, file.error(), level);
  return nullptr;
}

PayloadFile payload_of(const Examination& examination,
                       std::string_view member,
                       const File& file,
                       Checksum checksum) {
  PayloadFile payload{examination.path_of(member), file.status().size, {}, false};
  if (checksum != Checksum::none)
    payload.claims.push_back({0, payload.size, checksum, "", std::string(base_name(member))});
  return payload;
}

}  // namespace

bool check_holes(Examination& examination,
                 std::string_view member,
                 const File& file,
                 bool has_checksums) {
  if (!looks_sparse(file.status())) return false;
  const auto hole = file.find_hole();
  if (!hole || *hole >= file.status().size) return false;
  examination.flag(Flag::suspect_holes);
  if (!has_checksums)
    examination.blame(member,
                      Verdict::damaged,
                      Level::edges,
                      cat(examination.path_of(member),
                          " has a hole at byte ",
                          *hole,
                          ", where data was lost before it reached the disk"));
  return true;
}

std::optional<TorchFacts> check_torch_file(Examination& examination, std::string_view member) {
  if (!examination.wants(Level::edges)) return std::nullopt;
  const auto file = open_member(examination, member, Level::edges);
  if (!file) return std::nullopt;
  const Slice slice(*file);
  if (auto edges = check_torch_edges(slice); !edges) {
    examination.blame(member, edges.error(), Level::edges);
    return std::nullopt;
  }
  const bool legacy = is_legacy_torch(slice);
  const bool holes = check_holes(examination, member, *file, !legacy);
  if (!examination.wants(Level::structure) || (legacy && holes)) return std::nullopt;
  auto facts = read_torch(slice, limits_of(examination));
  if (!facts) {
    examination.blame(member, facts.error(), Level::structure);
    return std::nullopt;
  }
  if (!facts->checksums) examination.flag(Flag::no_checksum);
  PayloadFile payload =
      payload_of(examination, member, *file, legacy ? Checksum::none : Checksum::torch_zip);
  payload.suspect = holes;
  examination.add_payload(std::move(payload));
  return std::move(*facts);
}

std::optional<SafetensorsFacts> check_safetensors_file(Examination& examination,
                                                       std::string_view member) {
  if (!examination.wants(Level::edges)) return std::nullopt;
  const auto file = open_member(examination, member, Level::edges);
  if (!file) return std::nullopt;
  const Slice slice(*file);
  examination.flag(Flag::no_checksum);
  if (auto edges = check_safetensors_edges(slice); !edges) {
    examination.blame(member, edges.error(), Level::edges);
    return std::nullopt;
  }
  if (check_holes(examination, member, *file, false) || !examination.wants(Level::structure))
    return std::nullopt;
  auto facts = read_safetensors(slice);
  if (!facts) {
    examination.blame(member, facts.error(), Level::structure);
    return std::nullopt;
  }
  examination.add_payload(payload_of(examination, member, *file, Checksum::none));
  return std::move(*facts);
}

std::optional<boost::json::object> check_json_file(Examination& examination,
                                                   std::string_view member) {
  if (!examination.wants(Level::edges)) return std::nullopt;
  auto json = read_json_object(examination.disk(), examination.path_of(member), most_json);
  if (json) return std::move(*json);
  examination.blame(member, json.error(), Level::edges);
  return std::nullopt;
}

void check_yaml_file(Examination& examination, std::string_view member) {
  if (!examination.wants(Level::edges)) return;
  const std::string path = examination.path_of(member);
  const auto edges = read_edges(examination.disk(), path, 0, 1);
  if (!edges)
    examination.blame(member, edges.error(), Level::edges);
  else if (edges->tail != "\n")
    examination.blame(member, Verdict::damaged, Level::edges, cat(path, " ends within a line"));
}

void check_indexed_weights(Examination& examination, std::string_view index) {
  const auto json = check_json_file(examination, index);
  if (!json) return;
  const boost::json::value* map = json->if_contains("weight_map");
  if (map == nullptr || !map->is_object()) {
    examination.blame(index,
                      Verdict::damaged,
                      Level::edges,
                      cat(examination.path_of(index), " is an index without a weight_map"));
    return;
  }
  std::map<std::string, std::vector<std::string>> tensors_of;
  for (const auto& [tensor, file] : map->get_object())
    if (file.is_string()) tensors_of[std::string(file.get_string())].emplace_back(tensor);
  for (const auto& [name, tensors] : tensors_of) {
    const std::string member = join_path(directory_name(index), name);
    if (examination.need(member, Verdict::damaged, "the index names it") == nullptr) continue;
    if (!name.ends_with(".safetensors")) {
      check_torch_file(examination, member);
      continue;
    }
    const auto facts = check_safetensors_file(examination, member);
    if (!facts) continue;
    for (const std::string& tensor : tensors) {
      if (facts->tensors.contains(tensor)) continue;
      examination.blame(member,
                        Verdict::damaged,
                        Level::structure,
                        cat(examination.path_of(member),
                            " lacks the tensor ",
                            tensor,
                            ", which the index looks for in it"));
      break;
    }
  }
}

bool is_torch_name(std::string_view name) {
  constexpr std::array endings{".pt", ".pth", ".bin", ".ckpt", ".pkl"};
  return std::ranges::any_of(endings, [&](const char* end) { return name.ends_with(end); });
}

bool is_tensor_file(std::string_view path) {
  return is_torch_name(path) || path.ends_with(".safetensors") || path.ends_with(".distcp");
}

void check_file_by_name(Examination& examination, std::string_view member) {
  if (member.ends_with(".safetensors"))
    check_safetensors_file(examination, member);
  else if (member.ends_with(".index.json"))
    check_indexed_weights(examination, member);
  else if (member.ends_with(".json"))
    check_json_file(examination, member);
  else if (is_torch_name(member))
    check_torch_file(examination, member);
}

}  // namespace holdfast::checkpoint
