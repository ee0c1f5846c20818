// SPDX-License-Identifier: Apache-2.0
// The order in which programs outside the PyTorch family write, sync and rename.
#include "checkpoint/formats/checksum.hpp"
#include "holdfast/checkpoint/checkpoint.hpp"
#include "support/checkpoint/other_files.hpp"

#include <algorithm>

namespace holdfast::checkpoint::testing {

namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

/// What SCR's index says of all datasets so far: those that have a summary are complete.
std::string scr_index(const World& world, std::uint64_t newest) {
  std::vector<Branch> sets;
  for (std::uint64_t id = 1; id <= newest; ++id) {
    if (!world.has(".scr/scr.dataset." + number(id) + "/summary.scr")) continue;
    const std::string name = "ckpt." + number(id);
    sets.push_back({number(id),
                    {{"DIR",
                      {{name,
                        {{"COMPLETE", {{"1", {}}}},
                         {"DSET", {{"CKPT", {{number(id), {}}}}, {"FILES", {{"2", {}}}}}}}}}}}});
  }
  return kvtree({{"VERSION", {{"1", {}}}}, {"DSET", sets}});
}

void write_synced(World& world, const std::string& path, const std::string& bytes) {
  world.write(path, bytes);
  world.sync(path);
}

std::string lower_hex(std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 32; ++i)
    out += digits[(value * 31 + i * 7) % 16];
  return out;
}

}  // namespace

std::string save_orbax(World& world, std::uint64_t step) {
  const std::string path = number(step);
  const std::string draft = path + ".orbax-checkpoint-tmp";
  world.make_directory(draft);
  world.write(draft + "/_CHECKPOINT_METADATA", R"({"commit_timestamp_nsecs": null})");
  world.make_directory(draft + "/default");
  world.make_directory(draft + "/default/d");
  write_synced(world, draft + "/default/d/" + lower_hex(step), payload_bytes(step, 20'000));
  write_synced(world, draft + "/default/manifest.ocdbt", ocdbt_manifest(step));
  write_synced(world, draft + "/default/_METADATA", R"({"use_ocdbt": true})");
  write_synced(world,
               draft + "/_CHECKPOINT_METADATA",
               R"({"item_handlers": {"default": "h"}, "commit_timestamp_nsecs": 1790000000})");
  world.rename(draft, path);
  return path;
}

std::string save_tensorflow(World& world, std::uint64_t step) {
  const std::string prefix = "ckpt-" + number(step);
  const auto files = tensorflow_files(prefix, step, 2);
  for (const NewFile& file : files) {
    const std::string draft = file.path + ".tempstate77";
    world.write(draft, file.bytes);
    world.rename(draft, file.path);
  }
  world.write("checkpoint.tmp77", "model_checkpoint_path: \"" + prefix + "\"\n");
  world.rename("checkpoint.tmp77", "checkpoint");
  return prefix;
}

std::string save_scr(World& world, std::uint64_t step) {
  const std::string name = "ckpt." + number(step);
  const std::string notes = ".scr/scr.dataset." + number(step);
  world.make_directories(notes);
  world.make_directory(name);
  std::vector<Branch> ranks;
  for (std::uint64_t rank = 0; rank < 2; ++rank) {
    const std::string file = name + "/rank_" + number(rank) + ".ckpt";
    const std::string bytes = payload_bytes(step * 10 + rank, 20'000);
    write_synced(world, file, bytes);
    const std::string crc = "0x" + to_hex(crc32(0, as_bytes(bytes)));
    const std::vector<Branch> about{{"SIZE", {{number(bytes.size()), {}}}}, {"CRC", {{crc, {}}}}};
    ranks.push_back({number(rank), {{"FILE", {{file, about}}}}});
  }
  write_synced(world, notes + "/rank2file", kvtree({{"LEVEL", {{"0", {}}}}, {"RANK", ranks}}));
  write_synced(world,
               notes + "/summary.scr",
               kvtree({{"COMPLETE", {{"1", {}}}}, {"DSET", {{"FILES", {{"2", {}}}}}}}));
  write_synced(world, ".scr/index.scr", scr_index(world, step));
  return notes;
}

std::string save_veloc(World& world, std::uint64_t step) {
  std::vector<NewFile> files;
  for (std::uint64_t rank = 0; rank < 3; ++rank)
    files.push_back(
        {"wave-" + number(rank) + "-" + number(step) + ".dat", veloc_file(step * 10 + rank)});
  // The head is written when the data are there.
  for (const NewFile& file : files) {
    world.create(file.path);
    world.append(file.path, std::string(32, '\0'));
    world.append(file.path, file.bytes.substr(32));
  }
  for (const NewFile& file : files)
    world.write(file.path, file.bytes);
  return "wave-" + number(step);
}

std::string save_dmtcp(World& world, std::uint64_t step) {
  const std::string path = "ckpt-" + number(step);
  world.make_directory(path);
  std::string names;
  for (std::uint64_t process = 0; process < 2; ++process) {
    const std::string image = path + "/ckpt_app_4" + number(process) + ".dmtcp";
    world.write(image + ".temp", dmtcp_image(step * 10 + process));
    world.rename(image + ".temp", image);
    names += "/home/user/" + image + " ";
  }
  world.write(path + "/dmtcp_restart_script.sh",
              "#!/bin/bash\ngiven_ckpt_files=\" " + names + "\"\n");
  return path;
}

std::string save_gromacs(World& world, std::uint64_t step) {
  std::string log;
  for (std::uint64_t done = 10; done <= step; done += 10)
    log += "Step " + number(done) + "\n" + payload_bytes(done, 3000);
  if (!world.has("md.log")) world.create("md.log");
  world.append("md.log", log.substr(std::min(world.bytes("md.log").size(), log.size())));
  world.sync("md.log");
  const std::string draft = "state_step" + number(step) + ".cpt";
  write_synced(world, draft, gromacs_checkpoint(step, {{"md.log", log}}));
  if (world.has("state.cpt")) {
    const std::string before = world.bytes("state.cpt");
    world.write("state_prev.cpt", before);
    world.sync("state_prev.cpt");
  }
  world.rename(draft, "state.cpt");
  return "state.cpt";
}

std::string save_lammps(World& world, std::uint64_t step) {
  const std::string path = "run." + number(step) + ".rst";
  world.write(path, lammps_restart(step));
  return path;
}

std::string save_flax(World& world, std::uint64_t step) {
  const std::string path = "checkpoint_" + number(step);
  world.write("checkpoint_tmp", flax_msgpack(step));
  world.rename("checkpoint_tmp", path);
  return path;
}

}  // namespace holdfast::checkpoint::testing
