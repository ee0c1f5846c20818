// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layouts/training_parts.hpp"

#include "checkpoint/heuristics.hpp"
#include "checkpoint/layouts/dcp.hpp"
#include "checkpoint/layouts/deepspeed_tag.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::checkpoint {

namespace {

bool is_one_of(std::string_view name, std::span<const char* const> shapes) {
  return std::ranges::any_of(shapes,
                             [&](const char* shape) { return match(shape, name).has_value(); });
}

constexpr std::array model_shapes{"model.safetensors",
                                  "model_#.safetensors",
                                  "model.safetensors.index.json",
                                  "pytorch_model.bin",
                                  "pytorch_model_#.bin",
                                  "pytorch_model.bin.index.json",
                                  "adapter_model.safetensors",
                                  "adapter_model.bin"};
constexpr std::array optimizer_shapes{
    "optimizer.pt", "optimizer.bin", "optimizer_#.bin", "optimizer_#.pt"};
constexpr std::array scheduler_shapes{"scheduler.pt", "scheduler.bin", "scheduler_#.bin"};
constexpr std::array model_directories{"pytorch_model_fsdp_#", "pytorch_model_#", "model_#"};

/// Names of pieces that an index speaks for: they are judged through it.
bool is_indexed(const Tree& tree, std::string_view name) {
  if (match("model-#-of-#.safetensors", name))
    return tree.find("model.safetensors.index.json") != nullptr;
  return match("pytorch_model-#-of-#.bin", name) &&
         tree.find("pytorch_model.bin.index.json") != nullptr;
}

}  // namespace

TrainingParts find_parts(Examination& examination) {
  TrainingParts parts;
  for (const Member& member : examination.tree().members) {
    if (!directory_name(member.path).empty()) continue;
    if (member.status.kind == FileKind::directory) {
      const bool model = is_one_of(member.path, model_directories);
      const bool optimizer = match("optimizer_#", member.path).has_value();
      if (!model && !optimizer) continue;
      parts.model = parts.model || model;
      parts.optimizer = parts.optimizer || optimizer;
      parts.nested.push_back(member.path);
      continue;
    }
    parts.model = parts.model || is_one_of(member.path, model_shapes);
    parts.optimizer = parts.optimizer || is_one_of(member.path, optimizer_shapes);
    parts.scheduler = parts.scheduler || is_one_of(member.path, scheduler_shapes);
  }
  parts.deepspeed = find_deepspeed_tag(examination, "");
  // accelerate calls DeepSpeed's tag pytorch_model, which is no directory of FSDP then.
  std::erase(parts.nested, parts.deepspeed);
  if (!parts.deepspeed.empty()) parts.model = parts.optimizer = parts.scheduler = true;
  return parts;
}

void check_parts(Examination& examination, const TrainingParts& parts) {
  const Tree& tree = examination.tree();
  for (const Member& member : tree.members) {
    if (!examination.sound()) return;
    if (member.status.kind != FileKind::regular || !directory_name(member.path).empty()) continue;
    const bool known = is_torch_name(member.path) || member.path.ends_with(".safetensors") ||
                       member.path.ends_with(".json");
    if (!known || is_indexed(tree, member.path)) continue;
    if (examination.need(member.path, Verdict::unfinished, "a part of the training state"))
      check_file_by_name(examination, member.path);
  }
  for (const std::string& directory : parts.nested)
    if (examination.sound()) check_dcp(examination, directory);
  if (examination.sound() && !parts.deepspeed.empty())
    check_deepspeed_tag(examination, parts.deepspeed);
}

void check_rank_files(Examination& examination, std::string_view shape) {
  check_numbers(examination, "", shape, Verdict::unfinished);
  check_beside_sibling(examination);
  const auto wanted = examination.context().world_size;
  if (!wanted || *wanted < 2 || examination.context().reference != nullptr) return;
  std::uint64_t there = 0;
  for (const Member& member : examination.tree().members)
    if (match(shape, member.path)) ++there;
  // Fewer than the job has ranks, and no other checkpoint to say that this was so then.
  if (there == 0 || there >= *wanted || examination.context().siblings.size() > 1) return;
  examination.blame("",
                    Verdict::unfinished,
                    Level::listing,
                    cat(examination.path_of(""),
                        " has files of ",
                        there,
                        " ranks like ",
                        shape,
                        " and the job has ",
                        *wanted));
}

}  // namespace holdfast::checkpoint
