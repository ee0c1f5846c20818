// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/manifest.hpp"

#include "checkpoint/durable.hpp"
#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/json.hpp"
#include "checkpoint/notes.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <filesystem>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t manifest_bytes = 256U << 20U;  // a million files
constexpr std::uint64_t version = 1;

std::uint64_t nanoseconds_of(Time time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

Time time_of(std::uint64_t nanoseconds) {
  return Time(std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds)));
}

boost::json::object object_of(const ManifestFile& file) {
  return {{"path", file.path},
          {"size", file.size},
          {"mtime_ns", nanoseconds_of(file.modified)},
          {"inode", file.inode},
          {"crc32", file.crc32}};
}

std::optional<ManifestFile> parse_file(const boost::json::value& value) {
  if (!value.is_object()) return std::nullopt;
  const boost::json::object& object = value.get_object();
  const auto path = text(object, "path");
  const auto size = natural(object, "size");
  const auto modified = natural(object, "mtime_ns");
  const auto crc = text(object, "crc32");
  if (!path || !size || !modified || !crc) return std::nullopt;
  return ManifestFile{*path, *size, natural(object, "inode").value_or(0), time_of(*modified), *crc};
}

Failure no_manifest() {
  return torn("is no manifest of holdfast; it is made anew by `holdfast ckpt verify --manifest`");
}

}  // namespace

std::string to_json(const Manifest& manifest) {
  boost::json::array files;
  for (const ManifestFile& file : manifest.files)
    files.push_back(object_of(file));
  boost::json::object all{{"holdfast_manifest", version},
                          {"checkpoint", manifest.checkpoint},
                          {"format", manifest.format},
                          {"made_ns", nanoseconds_of(manifest.made)}};
  if (manifest.step) all["step"] = *manifest.step;
  all["files"] = std::move(files);
  return boost::json::serialize(all);
}

Result<Manifest> parse_manifest(std::string_view json) {
  const auto object = parse_json_object(json);
  if (!object) return object.error();
  const boost::json::value* files = object->if_contains("files");
  if (natural(*object, "holdfast_manifest") != version || files == nullptr || !files->is_array())
    return no_manifest();
  Manifest manifest;
  manifest.checkpoint = text(*object, "checkpoint").value_or("");
  manifest.format = text(*object, "format").value_or("");
  manifest.step = natural(*object, "step");
  manifest.made = time_of(natural(*object, "made_ns").value_or(0));
  for (const boost::json::value& value : files->get_array()) {
    auto file = parse_file(value);
    if (!file) return no_manifest();
    manifest.files.push_back(std::move(*file));
  }
  std::ranges::sort(manifest.files, {}, &ManifestFile::path);
  return manifest;
}

std::string to_line(const ManifestFile& file) { return boost::json::serialize(object_of(file)); }

std::optional<ManifestFile> parse_manifest_file(std::string_view line) {
  const auto object = parse_json_object(line);
  return object ? parse_file(*object) : std::nullopt;
}

std::vector<Change> changes_since(const Manifest& manifest,
                                  const Checkpoint& checkpoint,
                                  const Tree& tree) {
  std::vector<std::pair<std::string, const FileStatus*>> present;
  for (const Member& member : tree.members)
    present.emplace_back(path_of(checkpoint, member.path), &member.status);
  std::ranges::sort(present, {}, &std::pair<std::string, const FileStatus*>::first);
  std::vector<Change> changes;
  for (const ManifestFile& file : manifest.files) {
    const auto at = std::ranges::lower_bound(
        present, file.path, {}, &std::pair<std::string, const FileStatus*>::first);
    if (at == present.end() || at->first != file.path)
      changes.push_back({file.path, Change::Kind::missing});
    else if (at->second->size != file.size)
      changes.push_back({file.path, Change::Kind::resized});
    else if (at->second->modified != file.modified)
      changes.push_back({file.path, Change::Kind::rewritten});
  }
  return changes;
}

bool speaks_of(const Manifest& manifest, const Checkpoint& checkpoint, const Tree& tree) {
  if (manifest.step && checkpoint.step && manifest.step != checkpoint.step) return false;
  if (checkpoint.committed && *checkpoint.committed > manifest.made) return false;
  return changes_since(manifest, checkpoint, tree).size() < manifest.files.size();
}

std::vector<PayloadFile> payload_of(const Manifest& manifest) {
  std::vector<PayloadFile> payload;
  for (const ManifestFile& file : manifest.files) {
    PayloadFile one;
    one.path = file.path;
    one.size = file.size;
    one.claims.push_back({0, file.size, Checksum::crc32, file.crc32, "the file"});
    payload.push_back(std::move(one));
  }
  return payload;
}

void lend_sums(const Manifest& manifest, std::vector<PayloadFile>& files) {
  std::vector<PayloadFile> sums = payload_of(manifest);
  for (PayloadFile& file : files) {
    const bool bare = std::ranges::all_of(
        file.claims, [](const Claim& claim) { return claim.checksum == Checksum::none; });
    const auto own = std::ranges::lower_bound(sums, file.path, {}, &PayloadFile::path);
    if (bare && own != sums.end() && own->path == file.path) file.claims = own->claims;
  }
}

Result<ManifestFile> read_sums(const Disk& disk,
                               const std::string& path,
                               const Progress& progress) {
  const auto file = disk.open(path);
  if (!file) return file.error();
  const FileStatus& status = (*file)->status();
  Sum sum(Checksum::crc32);
  std::uint64_t seen = 0;
  auto read = (*file)->stream(0, status.size, [&](Bytes piece) -> Result<void> {
    sum.add(piece);
    seen += piece.size();
    if (progress && !progress(piece.size()))
      return Failure{FailureKind::timed_out, cat(path, " was not read to its end"), "", {}};
    return {};
  });
  if (!read) return read.error();
  if (seen != status.size) return torn(cat("ended at byte ", seen, " while it was read"));
  return ManifestFile{path, status.size, status.inode, status.modified, sum.finish()};
}

std::string manifest_name(std::string_view checkpoint_path) {
  if (checkpoint_path.empty()) return "root.manifest.json";
  std::string name;
  for (const char letter : checkpoint_path) {
    // '%' too, so that no two paths meet in one name.
    if (letter == '/')
      name += "%2F";
    else if (letter == '%')
      name += "%25";
    else
      name += letter;
  }
  return name + ".manifest.json";
}

std::string usual_sidecar(const std::string& root) {
  std::filesystem::path path = std::filesystem::path(root).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return (path.parent_path() / ".holdfast" / path.filename()).string();
}

Result<Manifest> read_manifest(const std::string& sidecar, std::string_view checkpoint_path) {
  const std::string file = cat(sidecar, '/', manifest_name(checkpoint_path));
  const auto json = read_note(file, manifest_bytes);
  if (!json) return json.error();
  auto manifest = parse_manifest(*json);
  if (!manifest) return Failure(manifest.error()).within(file);
  return manifest;
}

Result<void> write_manifest(const std::string& sidecar, const Manifest& manifest) {
  auto made = make_directories(sidecar);
  if (!made) return made;
  return replace_file(cat(sidecar, '/', manifest_name(manifest.checkpoint)), to_json(manifest));
}

}  // namespace holdfast::checkpoint
