// SPDX-License-Identifier: Apache-2.0
// The table, and the frameworks that save with PyTorch's own distributed checkpoint.
#include "support/checkpoint/frameworks.hpp"

#include "holdfast/checkpoint/checkpoint.hpp"
#include "support/checkpoint/dcp_files.hpp"
#include "support/checkpoint/other_files.hpp"
#include "support/checkpoint/savers.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <algorithm>

namespace holdfast::checkpoint::testing {

bool Framework::keeps_saves_apart() const {
  World world;
  return save(world, 10) != save(world, 20);
}

void write_together(World& world, const std::vector<NewFile>& files) {
  for (const NewFile& file : files)
    world.create(file.path);
  constexpr std::size_t pieces = 3;
  for (std::size_t piece = 0; piece < pieces; ++piece)
    for (const NewFile& file : files) {
      const std::size_t begin = file.bytes.size() * piece / pieces;
      const std::size_t end = file.bytes.size() * (piece + 1) / pieces;
      world.append(file.path, std::string_view(file.bytes).substr(begin, end - begin));
    }
}

void save_dcp_into(World& world,
                   const std::string& directory,
                   std::uint64_t seed,
                   const DcpStyle& style) {
  const DcpFiles files = dcp_files(seed, style);
  std::vector<NewFile> shards;
  for (unsigned rank = 0; rank < style.ranks; ++rank)
    shards.push_back(
        {join_path(directory, "__" + std::to_string(rank) + "_0.distcp"), files.shards[rank]});
  write_together(world, shards);
  for (const NewFile& shard : shards)
    world.sync(shard.path);
  const std::string index = join_path(directory, ".metadata");
  world.write(index + ".tmp", files.index);
  world.sync(index + ".tmp");
  if (world.has(index)) world.remove(index);
  world.rename(index + ".tmp", index);
}

namespace {

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string out = std::to_string(number);
  return out.size() < digits ? std::string(digits - out.size(), '0') + out : out;
}

std::string save_dcp(World& world, std::uint64_t step) {
  const std::string path = "ckpt_" + std::to_string(step);
  world.make_directory(path);
  save_dcp_into(world, path, step * 100, {});
  return path;
}

std::string save_torchtitan(World& world, std::uint64_t step) {
  const std::string path = "step-" + std::to_string(step);
  world.make_directory(path);
  save_dcp_into(world, path, step * 100, {});
  return path;
}

/// Always into the same directory, over what was there.
std::string save_dcp_over(World& world, std::uint64_t step) {
  world.make_directory("last");
  save_dcp_into(world, "last", step * 100, {});
  return "last";
}

std::string save_megatron(World& world, std::uint64_t step) {
  const std::string path = "iter_" + padded(step, 7);
  world.make_directory(path);
  DcpStyle style;
  style.module = "torch.distributed.checkpoint";
  save_dcp_into(world, path, step * 100, style);
  world.write(path + "/common.pt", training_state(step, step * 7));
  world.write(path + "/metadata.json",
              R"({"sharded_backend": "torch_dist", "sharded_backend_version": 1})");
  world.write("latest_checkpointed_iteration.txt", std::to_string(step));
  return path;
}

std::string save_nemo(World& world, std::uint64_t step) {
  const std::string path =
      "model--val_loss=1.50-step=" + std::to_string(step) + "-consumed_samples=64.0";
  world.create(path + "-unfinished");
  world.make_directory(path);
  world.make_directory(path + "/weights");
  world.make_directory(path + "/context");
  world.write(path + "/context/model.yaml", "_target_: model\n");
  DcpStyle style;
  style.common_state = true;
  save_dcp_into(world, path + "/weights", step * 100, style);
  world.write(path + "/weights/metadata.json",
              R"({"sharded_backend": "torch_dist", "sharded_backend_version": 1})");
  world.remove(path + "-unfinished");
  return path;
}

}  // namespace

const std::vector<Framework>& frameworks() {
  using V = Verdict;
  // Of zips the payload is summed up; of safetensors and old pickles nothing is.
  static const std::vector<Framework> all{
      {"dcp", "torch-dcp", save_dcp, "__1_0.distcp", ".metadata", {}},
      {"dcp-over", "torch-dcp", save_dcp_over, "__1_0.distcp", ".metadata", {}},
      {"torchtitan", "torchtitan", save_torchtitan, "__1_0.distcp", ".metadata", {}},
      {"megatron", "megatron", save_megatron, "__1_0.distcp", "metadata.json", {}},
      {"megatron-legacy",
       "megatron",
       save_megatron_legacy,
       "mp_rank_01/model_optim_rng.pt",
       "",
       {.missing_shard = V::unfinished}},
      {"nemo", "nemo", save_nemo, "weights/__1_0.distcp", "weights/metadata.json", {}},
      {"hf-trainer",
       "hf-trainer",
       save_hf,
       "optimizer.pt",
       "trainer_state.json",
       {.missing_shard = V::unfinished}},
      {"hf-deepspeed",
       "hf-trainer",
       save_hf_deepspeed,
       "global_step{}/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt",
       "trainer_state.json",
       {.missing_shard = V::unfinished}},
      {"deepspeed",
       "deepspeed",
       save_deepspeed,
       "zero_pp_rank_1_mp_rank_00_optim_states.pt",
       "",
       {.missing_shard = V::unfinished}},
      {"lightning",
       "lightning",
       save_lightning,
       "",
       "",
       {.missing_shard = V::good, .foreign_shard = V::good}},
      {"lightning-sharded", "lightning", save_lightning_sharded, "__1_0.distcp", "meta.pt", {}},
      {"accelerate",
       "accelerate",
       save_accelerate,
       "optimizer.bin",
       "",
       {.missing_shard = V::unfinished}},
      {"composer",
       "composer",
       save_composer,
       "",
       "",
       {.missing_shard = V::good, .foreign_shard = V::good}},
      {"safetensors",
       "safetensors",
       save_safetensors,
       "model-00002-of-00003.safetensors",
       "",
       {.missing_shard = V::unfinished, .flipped_byte = V::good}},
      {"torch-file",
       "torch-file",
       save_torch_file,
       "",
       "",
       {.missing_shard = V::good, .foreign_shard = V::good}},
      {"torch-legacy",
       "torch-file",
       save_torch_legacy,
       "",
       "",
       {.missing_shard = V::good, .flipped_byte = V::good, .foreign_shard = V::good}},
      {"orbax",
       "orbax",
       save_orbax,
       "default/manifest.ocdbt",
       "",
       {.missing_shard = V::unfinished}},
      // Of tensors the structure knows only where they lie; their sums are for the deep look.
      {"tensorflow",
       "tensorflow",
       save_tensorflow,
       "../ckpt-{}.data-00001-of-00002",
       "../ckpt-{}.index",
       {.zeroed_head = V::good}},
      {"scr",
       "scr",
       save_scr,
       "../../ckpt.{}/rank_1.ckpt",
       "",
       {.foreign_shard = V::good, .zeroed_head = V::good},
       true},
      {"veloc",
       "veloc",
       save_veloc,
       "../wave-1-{}.dat",
       "",
       {.missing_shard = V::unfinished,
        .empty_shard = V::damaged,
        .flipped_byte = V::good,
        .zeroed_head = V::unfinished}},
      {"dmtcp",
       "dmtcp",
       save_dmtcp,
       "ckpt_app_41.dmtcp",
       "dmtcp_restart_script.sh",
       {.flipped_byte = V::good}},
      // One name, written over; the one before has another.
      {"gromacs",
       "gromacs",
       save_gromacs,
       "",
       "",
       {.missing_shard = V::good, .flipped_byte = V::good}},
      {"lammps",
       "lammps",
       save_lammps,
       "",
       "",
       {.missing_shard = V::good, .flipped_byte = V::good, .foreign_shard = V::good}},
      {"flax",
       "flax",
       save_flax,
       "",
       "",
       {.missing_shard = V::good, .flipped_byte = V::good, .foreign_shard = V::good}},
  };
  return all;
}

}  // namespace holdfast::checkpoint::testing
