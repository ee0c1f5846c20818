// SPDX-License-Identifier: Apache-2.0
// Frameworks whose checkpoint is one file, and Lightning's sharded directory.
#include "support/checkpoint/frameworks.hpp"
#include "support/checkpoint/savers.hpp"
#include "support/checkpoint/torch_files.hpp"

namespace holdfast::checkpoint::testing {

namespace {

using Fields = std::vector<std::pair<std::string, Py>>;

Py number(std::uint64_t value) { return integer(static_cast<std::int64_t>(value)); }

std::string lightning_state(std::uint64_t step) {
  TorchState state;
  const Py weight = state.tensor(3000, step * 31);
  const Py moment = state.tensor(3000, step * 31 + 1);
  return state.save(dict(Fields{{"epoch", number(step / 10)},
                                {"global_step", number(step)},
                                {"pytorch-lightning_version", text("2.2.0")},
                                {"state_dict", ordered_dict({{"weight", weight}})},
                                {"loops", dict(Fields{})},
                                {"optimizer_states", list({dict(Fields{{"exp_avg", moment}})})}}));
}

}  // namespace

std::string save_lightning(World& world, std::uint64_t step) {
  const std::string path =
      "epoch=" + std::to_string(step / 10) + "-step=" + std::to_string(step) + ".ckpt";
  world.write(".tmp" + std::to_string(step), lightning_state(step));
  world.rename(".tmp" + std::to_string(step), path);
  return path;
}

std::string save_lightning_sharded(World& world, std::uint64_t step) {
  const std::string path =
      "epoch=" + std::to_string(step / 10) + "-step=" + std::to_string(step) + ".ckpt";
  world.make_directory(path);
  save_dcp_into(world, path, step * 100, {});
  world.write(path + "/meta.pt", TorchState().save(dict(Fields{{"global_step", number(step)}})));
  return path;
}

std::string save_composer(World& world, std::uint64_t step) {
  const std::string path = "ep1-ba" + std::to_string(step) + "-rank0.pt";
  world.write(path, training_state(step, step * 37));
  if (world.has("latest-rank0.pt")) world.remove("latest-rank0.pt");
  world.link(path, "latest-rank0.pt");
  return path;
}

std::string save_torch_file(World& world, std::uint64_t step) {
  const std::string path = "ckpt_step_" + std::to_string(step) + ".pt";
  world.write(path, training_state(step, step * 41));
  return path;
}

std::string save_torch_legacy(World& world, std::uint64_t step) {
  const std::string path = "model_step_" + std::to_string(step) + ".pth";
  TorchState state;
  const Py weight = state.tensor(5000, step * 43);
  world.write(path, state.save_legacy(dict(Fields{{"weight", weight}, {"step", number(step)}})));
  return path;
}

}  // namespace holdfast::checkpoint::testing
