// SPDX-License-Identifier: Apache-2.0
// The Trainer of Hugging Face: DIR/checkpoint-STEP, written in place: model, optimizer, scheduler,
// random numbers of each rank, trainer_state.json by rank 0 without waiting for the others. A
// missing optimizer or scheduler is skipped in silence when it loads, so here it is not.
#include "checkpoint/formats/json.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/layouts/training_parts.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::checkpoint {

namespace {

constexpr const char* state = "trainer_state.json";

/// Written by rank 0 before the state; adapters and notes may come later, from callbacks.
bool is_before_state(std::string_view path) {
  constexpr std::array beginnings{"model", "pytorch_model", "optimizer", "scheduler.pt"};
  return path.ends_with("_states.pt") || path.ends_with(".distcp") ||
         std::ranges::any_of(beginnings,
                             [&](const char* begin) { return path.starts_with(begin); });
}

bool looks_like_trainer(const Listing& listing) {
  constexpr std::array shapes{state,
                              "training_args.bin",
                              "optimizer.pt",
                              "rng_state*.pth",
                              "scheduler.pt",
                              "model*.safetensors",
                              "global_step#",
                              "pytorch_model*"};
  return std::ranges::any_of(listing.entries, [&](const Entry& entry) {
    return std::ranges::any_of(
        shapes, [&](const char* shape) { return match(shape, entry.name).has_value(); });
  });
}

void check_state(Examination& examination) {
  const auto json = check_json_file(examination, state);
  if (!json) return;
  const auto step = natural(*json, "global_step");
  if (!step) {
    examination.blame(state,
                      Verdict::damaged,
                      Level::edges,
                      cat(examination.path_of(state), " names no global_step"));
    return;
  }
  examination.tell_step(*step);
  const auto named = examination.checkpoint().step;
  if (named && *named != *step)
    examination.blame(
        state,
        Verdict::damaged,
        Level::edges,
        cat(examination.path_of(state), " is of step ", *step, ", the directory of ", *named));
}

class HfTrainer : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "hf-trainer"; }

  Survey survey(Root& root) const override {
    Survey survey;
    bool recognised = false;
    for (const Entry& entry : root.listing().entries) {
      const auto step = match("checkpoint-#", entry.name);
      const auto left = match("tmp-checkpoint-#", entry.name);
      if (!is_directory(entry) || (!step && !left)) continue;
      recognised = recognised || looks_like_trainer(root.peek(entry.name));
      survey.checkpoints.push_back(
          make_checkpoint(root, name(), entry, step ? step->front() : left->front(), state));
    }
    if (!recognised) survey.checkpoints.clear();
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    examination.need(state, Verdict::unfinished, "rank 0 writes it last");
    if (examination.sound()) check_members(examination);
    return std::move(examination).finish(level);
  }

 private:
  static void check_members(Examination& examination) {
    const TrainingParts parts = find_parts(examination);
    const auto unfinished = [&](std::string_view what) {
      examination.blame(
          "", Verdict::unfinished, Level::listing, cat(examination.path_of(""), ' ', what));
    };
    if (!parts.model) unfinished("holds no model");
    if (parts.optimizer != parts.scheduler)
      unfinished(parts.optimizer ? "has an optimizer and no scheduler: both would be skipped"
                                 : "has a scheduler and no optimizer: both would be skipped");
    if (!parts.optimizer) examination.flag(Flag::model_only);
    if (!parts.deepspeed.empty()) examination.flag(Flag::world_size_bound);
    check_marker_is_newest(examination, state, is_before_state);
    check_foreign_members(examination, is_before_state);
    check_rank_files(examination, "rng_state_#.pth");
    if (!examination.sound()) return;
    if (examination.wants(Level::edges)) check_state(examination);
    check_parts(examination, parts);
  }
};

}  // namespace

const Layout& hf_trainer() {
  static const HfTrainer layout;
  return layout;
}

}  // namespace holdfast::checkpoint
