// SPDX-License-Identifier: Apache-2.0
// DeepSpeed has no commit marker: rank 0 writes `latest` when it is done, not when all are. So
// every shard is counted: ranks in the names must form a full grid, and the count must be the one
// that the shards themselves carry (partition_count), the rule of DeepSpeed's own converter.
#include "checkpoint/layouts/deepspeed_tag.hpp"

#include "checkpoint/heuristics.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>

namespace holdfast::checkpoint {

namespace {

constexpr const char* optim_shape = "*zero_pp_rank_#_mp_rank_#_optim_states.pt";
constexpr const char* model_shape = "mp_rank_#_model_states.pt";
constexpr const char* zero3_shape = "zero_pp_rank_#_mp_rank_#_model_states.pt";
constexpr const char* layer_shape = "layer_#-model_#-model_states.pt";

bool is_shard(std::string_view path) { return path.ends_with("_states.pt"); }

class Tag {
 public:
  Tag(Examination& examination, std::string_view directory)
      : examination_(examination), directory_(directory) {}

  void check() {
    examination_.flag(Flag::world_size_bound);
    collect();
    check_grid(optim_, optim_shape);
    check_grid(model_, model_shape);
    check_grid(zero3_, zero3_shape);
    for (const auto& [layer, ranks] : layers_)
      if (ranks != layers_.begin()->second)
        unfinished(cat("layer_", layer, "-model_*-model_states.pt"),
                   "has other tensor ranks than the other layers");
    if (model_.empty() && zero3_.empty())
      unfinished("mp_rank_00_model_states.pt", "is missing: no rank saved its model");
    for (const std::string& member : shards_)
      examination_.need(member, Verdict::unfinished, "this rank's save never ended");
    check_foreign_members(examination_, is_shard);
    for (const std::string& member : shards_)
      if (examination_.sound()) check_shard(member);
    if (examination_.sound() && examination_.wants(Level::structure)) check_counts();
  }

 private:
  void collect() {
    for (const Member& member : examination_.tree().under(directory_)) {
      const std::string_view name = base_name(member.path);
      if (directory_name(member.path) != directory_ || !is_shard(name)) continue;
      shards_.push_back(member.path);
      if (auto ranks = match(zero3_shape, name)) zero3_.insert(std::move(*ranks));
      if (auto ranks = match(optim_shape, name)) optim_.insert(std::move(*ranks));
      if (auto ranks = match(model_shape, name)) model_.insert(std::move(*ranks));
      if (const auto place = match(layer_shape, name)) layers_[place->at(0)].insert(place->at(1));
    }
  }

  void unfinished(std::string_view name, std::string_view why) {
    const std::string member = join_path(directory_, name);
    examination_.blame(
        member, Verdict::unfinished, Level::listing, cat(examination_.path_of(member), ' ', why));
  }

  void check_grid(const Grid& grid, std::string_view shape) {
    const auto gap = first_gap(grid);
    if (!gap) return;
    std::string name(shape.starts_with('*') ? shape.substr(1) : shape);
    for (const std::uint64_t rank : *gap)
      name.replace(name.find('#'), 1, std::to_string(rank));
    unfinished(name, "is missing: this rank's save never ended");
  }

  void check_shard(const std::string& member) {
    const auto facts = check_torch_file(examination_, member);
    if (!facts) return;
    if (const auto count = facts->number("optimizer_state_dict.partition_count"))
      partitions_ = std::max(partitions_.value_or(0), *count);
    const std::string_view name = base_name(member);
    if (!match(model_shape, name) && !match(zero3_shape, name)) return;
    if (const auto step = facts->number("global_steps")) examination_.tell_step(*step);
    if (const auto count = facts->number("mp_world_size")) model_ranks_ = count;
    if (const auto count = facts->number("dp_world_size")) data_ranks_ = count;
    inside_ = inside_ || facts->has_filled("optimizer");
  }

  /// Numbers the shards carry against the number of shards.
  void check_counts() {
    const auto wrong = [&](std::uint64_t there, std::uint64_t wanted, std::string_view what) {
      if (there == wanted) return;
      const Verdict verdict = there < wanted ? Verdict::unfinished : Verdict::damaged;
      examination_.blame(directory_,
                         verdict,
                         Level::structure,
                         cat(examination_.path_of(directory_),
                             " has ",
                             what,
                             " of ",
                             there,
                             " ranks where ",
                             wanted,
                             " saved"));
    };
    const Grid& models = zero3_.empty() ? model_ : zero3_;
    if (model_ranks_) wrong(extent(models, models.begin()->size() - 1), *model_ranks_, "models");
    if (optim_.empty()) {
      if (!inside_ && !has_experts())
        unfinished("zero_pp_rank_0_mp_rank_00_optim_states.pt",
                   "is missing, and the model states hold no optimizer");
      return;
    }
    if (partitions_)
      wrong(extent(optim_, 0), *partitions_, "optimizer states");
    else if (data_ranks_)
      wrong(extent(optim_, 0), *data_ranks_, "optimizer states");
    if (model_ranks_) wrong(extent(optim_, 1), *model_ranks_, "optimizer states by model rank");
    if (!zero3_.empty()) wrong(extent(zero3_, 0), extent(optim_, 0), "models");
  }

  [[nodiscard]] bool has_experts() const {
    return std::ranges::any_of(shards_, [](const std::string& member) {
      return match("expp_rank_#_mp_rank_#_optim_states.pt", base_name(member)).has_value();
    });
  }

  Examination& examination_;
  std::string directory_;
  Grid optim_;
  Grid model_;
  Grid zero3_;
  std::map<std::uint64_t, std::set<std::uint64_t>> layers_;
  std::vector<std::string> shards_;
  std::optional<std::uint64_t> partitions_;
  std::optional<std::uint64_t> model_ranks_;
  std::optional<std::uint64_t> data_ranks_;
  bool inside_{};  ///< the optimizer lies in the model states: no ZeRO
};

}  // namespace

void check_deepspeed_tag(Examination& examination, std::string_view directory) {
  Tag(examination, directory).check();
}

bool looks_like_deepspeed_tag(const Listing& listing) {
  return std::ranges::any_of(listing.entries, [](const Entry& entry) {
    return is_shard(entry.name) &&
           (match("*mp_rank_#_model_states.pt", entry.name) ||
            match("*mp_rank_#_optim_states.pt", entry.name) || match(layer_shape, entry.name));
  });
}

std::string find_deepspeed_tag(Examination& examination, std::string_view directory) {
  const std::string latest = join_path(directory, "latest");
  if (examination.tree().find(latest) == nullptr) {
    for (const Member& member : examination.tree().under(directory))
      if (is_shard(member.path) && directory_name(directory_name(member.path)) == directory)
        return std::string(directory_name(member.path));
    return {};
  }
  const auto text = read_small_file(examination.disk(), examination.path_of(latest), 4096);
  if (!text) {
    examination.blame(latest, text.error(), Level::edges);
    return {};
  }
  const std::string tag(trim(*text));
  std::string inside = join_path(directory, tag);
  if (!tag.empty() && tag.find('/') == std::string::npos &&
      !examination.tree().under(inside).empty())
    return inside;
  examination.blame(latest,
                    Verdict::damaged,
                    Level::edges,
                    cat(examination.path_of(latest),
                        " names ",
                        tag.empty() ? "nothing" : tag,
                        ", which is not there"));
  return {};
}

}  // namespace holdfast::checkpoint
