// SPDX-License-Identifier: Apache-2.0
// Files that several layouts have in common, each judged into the notebook of whoever asks. The
// listing was looked at before: these open a member that is there and not empty.
#pragma once

#include "checkpoint/examination.hpp"
#include "checkpoint/formats/safetensors.hpp"
#include "checkpoint/formats/torch.hpp"

#include <optional>
#include <string_view>

#include <boost/json/object.hpp>

namespace holdfast::checkpoint {

/// A file of torch.save(), down to the level asked for. Facts when it was read to its structure and
/// found sound.
std::optional<TorchFacts> check_torch_file(Examination& examination, std::string_view member);

/// A safetensors file, likewise.
std::optional<SafetensorsFacts> check_safetensors_file(Examination& examination,
                                                       std::string_view member);

/// The files an index names (`weight_map`): all there, sound, and holding what it says they hold.
/// Torch or safetensors by their names.
void check_indexed_weights(Examination& examination, std::string_view index);

/// A JSON object of a few MB, read from Level::edges on.
std::optional<boost::json::object> check_json_file(Examination& examination,
                                                   std::string_view member);

/// A YAML file as a program writes it: the last line ends. Looked at from Level::edges on.
void check_yaml_file(Examination& examination, std::string_view member);

/// Any file, by its name: torch, safetensors and JSON as above, others only for being there.
void check_file_by_name(Examination& examination, std::string_view member);

/// Holes in a file. With checksums they make it suspect, to be read in full; without, they are
/// damage: nothing could ever prove that these zeros were meant. True when the file has a hole.
bool check_holes(Examination& examination,
                 std::string_view member,
                 const File& file,
                 bool has_checksums);

/// Whether a name ends like a file with tensors in it.
[[nodiscard]] bool is_tensor_file(std::string_view path);

/// Whether a name ends like a file of torch.save().
[[nodiscard]] bool is_torch_name(std::string_view name);

/// A full grid of numbers in names of one shape ("rng_state_#.pth"): every number from 0 to the
/// largest. What is missing is written down with `absent`.
void check_numbers(Examination& examination,
                   std::string_view directory,
                   std::string_view shape,
                   Verdict absent);

/// Compares the names with those of the newest good older sibling: for formats that keep no list of
/// their files. Fewer ranks than the sibling are a smaller world only when another checkpoint of
/// this root shows the same.
void check_beside_sibling(Examination& examination);

/// No file of a kind that `counts` may be older than the commit of the checkpoint before: a shard
/// of another step was put here.
void check_foreign_members(Examination& examination, bool (*counts)(std::string_view path));

/// No file of a kind that `counts` may be newer than the commit marker, which is written last: a
/// save over the old one was cut off.
void check_marker_is_newest(Examination& examination,
                            std::string_view marker,
                            bool (*counts)(std::string_view path));

/// The step a name tells: after one of the usual words, else its last number.
[[nodiscard]] std::optional<std::uint64_t> step_of_name(std::string_view name);

}  // namespace holdfast::checkpoint
