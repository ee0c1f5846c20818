// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/pointer.hpp"

#include "checkpoint/durable.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <filesystem>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t pointer_bytes = 1U << 20U;
constexpr std::size_t most_links = 4096;

std::string_view pointer_file(std::string_view format) {
  if (format == "deepspeed") return "latest";
  if (format == "tensorflow") return "checkpoint";
  if (format == "megatron") return "latest_checkpointed_iteration.txt";
  return {};
}

bool is_composer_link(std::string_view name) {
  return match("latest-rank#.pt", name) || match("latest-rank#", name) ||
         match("latest-sharded-rank#", name);
}

/// TensorFlow's text names the newest in its first line and lists all; the list is kept.
std::string tensorflow_text(std::string_view before, std::string_view tag) {
  std::string after = cat("model_checkpoint_path: \"", tag, "\"\n");
  for (const std::string_view line : split(before, '\n'))
    if (!line.empty() && !trim(line).starts_with("model_checkpoint_path:"))
      after += cat(line, '\n');
  return after;
}

/// The part of the chosen checkpoint that this rank's link is for.
std::string composer_target(std::string_view link, const Checkpoint& chosen) {
  if (chosen.is_directory) return std::string(base_name(chosen.path));
  const auto rank = number_after("rank", link);
  for (const std::string& part : chosen.parts)
    if (number_after("rank", part) == rank) return part;
  const std::string_view own = base_name(chosen.path);
  return number_after("rank", own) == rank ? std::string(own) : std::string();
}

/// What the pointer ought to say; empty where it is none of ours.
std::string wanted(const Pointer& pointer, const Checkpoint& chosen, PointerPolicy policy) {
  if (pointer.link) return composer_target(pointer.file, chosen);
  if (chosen.format == "deepspeed")
    return chosen.tag.empty() ? std::string(base_name(chosen.path)) : chosen.tag;
  if (chosen.format == "tensorflow") return tensorflow_text(pointer.contents, chosen.tag);
  if (chosen.format == "megatron" && policy == PointerPolicy::always)
    return chosen.tag == "release" || !chosen.step ? chosen.tag : std::to_string(*chosen.step);
  return {};
}

Result<void> read_links(const Disk& root, std::vector<Pointer>& pointers) {
  const auto listing = root.list("", most_links);
  if (!listing) return listing.error();
  for (const Entry& entry : listing->entries) {
    if (!is_composer_link(entry.name)) continue;
    const auto target = root.read_link(entry.name);
    if (target) pointers.push_back({entry.name, true, *target});  // else it is a copy, not a link
  }
  return {};
}

}  // namespace

Result<std::vector<Pointer>> read_pointers(const Disk& root, std::string_view format) {
  std::vector<Pointer> pointers;
  if (format == "composer") {
    auto read = read_links(root, pointers);
    if (!read) return read.error();
    return pointers;
  }
  const std::string file(pointer_file(format));
  if (file.empty()) return pointers;
  const auto contents = read_small_file(root, file, pointer_bytes);
  if (contents)
    pointers.push_back({file, false, *contents});
  else if (contents.error().kind != FailureKind::not_found)
    return contents.error();
  return pointers;
}

std::vector<PointerEdit> pointer_edits(std::span<const Pointer> pointers,
                                       const Checkpoint& chosen,
                                       PointerPolicy policy) {
  std::vector<PointerEdit> edits;
  if (policy == PointerPolicy::never) return edits;
  for (const Pointer& pointer : pointers) {
    std::string contents = wanted(pointer, chosen, policy);
    if (contents.empty() || trim(contents) == trim(pointer.contents)) continue;
    const auto end = pointer.contents.find('\n');
    edits.push_back({pointer,
                     std::move(contents),
                     cat(pointer.file,
                         " says \"",
                         trim(std::string_view(pointer.contents).substr(0, end)),
                         "\" and is to lead to ",
                         chosen.path)});
  }
  return edits;
}

Result<void> apply_pointer_edit(const std::string& root,
                                const std::string& sidecar,
                                const PointerEdit& edit) {
  const std::string file = cat(root, '/', edit.before.file);
  std::error_code error;
  std::string now;
  if (edit.before.link) {
    now = std::filesystem::read_symlink(file, error).string();
  } else {
    const auto contents = read_whole_file(file, pointer_bytes);
    if (!contents) return contents.error();
    now = *contents;
  }
  if (error || now != edit.before.contents)
    return Failure{FailureKind::conflict,
                   cat(file, " was changed by somebody else"),
                   "make sure that no job writes to this directory, and try again",
                   error};
  auto noted =
      append_line(cat(sidecar, "/pointers.jsonl"),
                  boost::json::serialize(boost::json::object{
                      {"pointer", edit.before.file}, {"before", now}, {"after", edit.contents}}));
  if (!noted) return noted;
  return edit.before.link ? replace_link(file, edit.contents) : replace_file(file, edit.contents);
}

}  // namespace holdfast::checkpoint
