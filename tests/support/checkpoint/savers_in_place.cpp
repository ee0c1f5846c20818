// SPDX-License-Identifier: Apache-2.0
// Frameworks that write into the final directory and commit, if at all, by a small file at the end.
#include "support/checkpoint/frameworks.hpp"
#include "support/checkpoint/savers.hpp"
#include "support/checkpoint/torch_files.hpp"

namespace holdfast::checkpoint::testing {

namespace {

using Fields = std::vector<std::pair<std::string, Py>>;

constexpr unsigned ranks = 4;

Py number(std::uint64_t value) { return integer(static_cast<std::int64_t>(value)); }

std::string model_states(std::uint64_t step) {
  TorchState state;
  const Py weight = state.tensor(2000, step * 11);
  return state.save(dict(Fields{{"module", ordered_dict({{"weight", weight}})},
                                {"optimizer", none()},
                                {"global_steps", number(step)},
                                {"dp_world_size", number(ranks)},
                                {"mp_world_size", number(1)},
                                {"ds_version", text("0.14.0")}}));
}

std::string optim_states(std::uint64_t step, unsigned rank) {
  TorchState state;
  const Py moment = state.tensor(1500, step * 13 + rank);
  const Py optimizer = dict(
      Fields{{"fp32_flat_groups", list({moment})}, {"partition_count", list({number(ranks)})}});
  return state.save(
      dict(Fields{{"optimizer_state_dict", optimizer}, {"ds_version", text("0.14.0")}}));
}

void save_tag(World& world,
              const std::string& directory,
              std::uint64_t step,
              const std::string& prefix) {
  world.make_directory(directory);
  world.write(directory + "/mp_rank_00_model_states.pt", model_states(step));
  std::vector<NewFile> shards;
  for (unsigned rank = 0; rank < ranks; ++rank)
    shards.push_back({directory + "/" + prefix + "zero_pp_rank_" + std::to_string(rank) +
                          "_mp_rank_00_optim_states.pt",
                      optim_states(step, rank)});
  write_together(world, shards);
}

void save_safetensors_file(World& world, const std::string& path, const std::string& bytes) {
  // The real writer gives the temporary file its full size, fills it and renames it, unsynced.
  world.write(path + ".tmp", bytes);
  world.rename(path + ".tmp", path);
}

std::string rank_state(std::uint64_t step, unsigned rank) {
  return TorchState().save(dict(Fields{{"cpu", number(step * 17 + rank)}}));
}

/// The states of the ranks but the last, which in no framework is waited for.
void save_rank_states(World& world,
                      const std::string& prefix,
                      const std::string& ending,
                      std::uint64_t step) {
  std::vector<NewFile> files;
  for (unsigned rank = 0; rank + 1 < ranks; ++rank)
    files.push_back({prefix + std::to_string(rank) + ending, rank_state(step, rank)});
  write_together(world, files);
}

void save_last_rank_state(World& world,
                          const std::string& prefix,
                          const std::string& ending,
                          std::uint64_t step) {
  world.write(prefix + std::to_string(ranks - 1) + ending, rank_state(step, ranks - 1));
}

std::string optimizer_file(std::uint64_t step) {
  TorchState state;
  const Py moment = state.tensor(3000, step * 19);
  return state.save(dict(Fields{{"state", dict(Fields{{"exp_avg", moment}})}}));
}

std::string scheduler_file(std::uint64_t step) {
  return TorchState().save(dict(Fields{{"last_epoch", number(step)}}));
}

void save_trainer_state(World& world, const std::string& path, std::uint64_t step) {
  world.write(path + "/trainer_state.json",
              "{\"epoch\": 1.0, \"global_step\": " + std::to_string(step) + "}");
}

}  // namespace

std::string save_deepspeed(World& world, std::uint64_t step) {
  const std::string path = "global_step" + std::to_string(step);
  world.make_directory(path);
  const std::string prefix = path + "/zero_pp_rank_";
  const std::string ending = "_mp_rank_00_optim_states.pt";
  world.write(path + "/mp_rank_00_model_states.pt", model_states(step));
  std::vector<NewFile> shards;
  for (unsigned rank = 0; rank + 1 < ranks; ++rank)
    shards.push_back({prefix + std::to_string(rank) + ending, optim_states(step, rank)});
  write_together(world, shards);
  // Rank 0 does not wait for the last rank.
  world.write("latest", path);
  world.write(prefix + std::to_string(ranks - 1) + ending, optim_states(step, ranks - 1));
  return path;
}

std::string save_megatron_legacy(World& world, std::uint64_t step) {
  std::string number_text = std::to_string(step);
  const std::string path = "iter_" + std::string(7 - number_text.size(), '0') + number_text;
  world.make_directory(path);
  std::vector<NewFile> files;
  for (unsigned rank = 0; rank < ranks; ++rank) {
    const std::string directory = path + "/mp_rank_0" + std::to_string(rank);
    world.make_directory(directory);
    files.push_back({directory + "/model_optim_rng.pt",
                     training_state(step, step * 23 + rank, {{"iteration", number(step)}})});
  }
  write_together(world, files);
  world.write("latest_checkpointed_iteration.txt", number_text);
  return path;
}

std::string save_hf(World& world, std::uint64_t step) {
  const std::string path = "checkpoint-" + std::to_string(step);
  world.make_directory(path);
  world.write(path + "/config.json", R"({"model_type": "llama"})");
  save_safetensors_file(
      world, path + "/model.safetensors", safetensors({{"weight", 4000}, {"bias", 50}}, step));
  world.write(path + "/optimizer.pt", optimizer_file(step));
  world.write(path + "/scheduler.pt", scheduler_file(step));
  save_rank_states(world, path + "/rng_state_", ".pth", step);
  save_trainer_state(world, path, step);
  save_last_rank_state(world, path + "/rng_state_", ".pth", step);
  return path;
}

std::string save_hf_deepspeed(World& world, std::uint64_t step) {
  const std::string path = "checkpoint-" + std::to_string(step);
  const std::string tag = "global_step" + std::to_string(step);
  world.make_directory(path);
  save_tag(world, path + "/" + tag, step, "bf16_");
  world.write(path + "/latest", tag);
  world.write(path + "/zero_to_fp32.py", "#!/usr/bin/env python\n");
  save_rank_states(world, path + "/rng_state_", ".pth", step);
  save_trainer_state(world, path, step);
  save_last_rank_state(world, path + "/rng_state_", ".pth", step);
  return path;
}

std::string save_accelerate(World& world, std::uint64_t step) {
  const std::string path = "checkpoint_" + std::to_string(step);
  world.make_directory(path);
  save_safetensors_file(
      world, path + "/model.safetensors", safetensors({{"weight", 4000}, {"bias", 50}}, step));
  world.write(path + "/optimizer.bin", optimizer_file(step));
  world.write(path + "/scheduler.bin", scheduler_file(step));
  save_rank_states(world, path + "/random_states_", ".pkl", step);
  save_last_rank_state(world, path + "/random_states_", ".pkl", step);
  return path;
}

std::string save_safetensors(World& world, std::uint64_t step) {
  const std::string path = "step_" + std::to_string(step);
  world.make_directory(path);
  std::string map;
  for (unsigned part = 1; part <= 3; ++part) {
    const std::string name = "model-0000" + std::to_string(part) + "-of-00003.safetensors";
    const std::string tensor = "layer." + std::to_string(part) + ".weight";
    save_safetensors_file(
        world, path + "/" + name, safetensors({{tensor, 3000}}, step * 29 + part));
    map += std::string(part == 1 ? "" : ", ") + "\"" + tensor + "\": \"" + name + "\"";
  }
  world.write(path + "/model.safetensors.index.json",
              R"({"metadata": {"total_size": 36000}, "weight_map": {)" + map + "}}");
  return path;
}

}  // namespace holdfast::checkpoint::testing
