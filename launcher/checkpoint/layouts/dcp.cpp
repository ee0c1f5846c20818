// SPDX-License-Identifier: Apache-2.0
// Judging a distributed checkpoint. The index is written last, by renaming over the old one, so it
// is the commit marker; a save into the same directory leaves the OLD index in place until its end,
// and only times show that. Every slice of every file is an archive of its own with its own end
// record, which is what finds shards of another size, cut ones and zeroed ones without reading
// them.
#include "checkpoint/layouts/dcp.hpp"

#include "checkpoint/formats/dcp_index.hpp"
#include "checkpoint/formats/torch.hpp"
#include "checkpoint/formats/zip.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace holdfast::checkpoint {

namespace {

bool is_shard(std::string_view path) { return path.ends_with(".distcp"); }

class Dcp {
 public:
  Dcp(Examination& examination, std::string_view directory)
      : examination_(examination), directory_(directory) {}

  DcpRoots check() {
    const std::vector<std::string> markers = find_markers();
    if (!examination_.sound()) return {};
    for (const std::string& marker : markers) {
      if (markers.size() == 1) check_times(marker);
      if (examination_.sound() && examination_.wants(Level::edges)) check_index(marker);
      if (!examination_.sound()) break;
    }
    return std::move(roots_);
  }

 private:
  [[nodiscard]] std::string in(std::string_view name) const { return join_path(directory_, name); }

  /// The index, or one per rank where ranks write without talking to each other.
  std::vector<std::string> find_markers() {
    if (examination_.tree().find(in(".metadata")) != nullptr) {
      examination_.need(in(".metadata"), Verdict::unfinished, "it is the index of all shards");
      return {in(".metadata")};
    }
    std::uint64_t ranks = 0;
    bool own = false;
    for (const Member& member : examination_.tree().under(directory_)) {
      const std::string_view name = base_name(member.path);
      const auto shard = match("*__#_#.distcp", name);
      const auto index = match("__#.metadata", name);
      if (shard) ranks = std::max(ranks, shard->front() + 1);
      if (index) ranks = std::max(ranks, index->front() + 1);
      own = own || index.has_value();
    }
    constexpr std::uint64_t most_ranks = 1'000'000;
    std::vector<std::string> markers;
    if (!own || ranks > most_ranks) {
      examination_.blame(in(".metadata"),
                         Verdict::unfinished,
                         Level::listing,
                         cat(examination_.path_of(in(".metadata")),
                             " is missing: the save never came to its end"));
      return markers;
    }
    for (std::uint64_t rank = 0; rank < ranks && examination_.sound(); ++rank) {
      markers.push_back(in(cat("__", rank, ".metadata")));
      examination_.need(markers.back(), Verdict::unfinished, "this rank's save never ended");
    }
    return markers;
  }

  void check_times(const std::string& marker) {
    check_marker_is_newest(examination_, marker, is_shard);
    check_foreign_members(examination_, is_shard);
  }

  void check_index(const std::string& marker) {
    const auto& limits = examination_.context().limits;
    const auto bytes = read_small_file(examination_.disk(),
                                       examination_.path_of(marker),
                                       static_cast<std::size_t>(limits.index_bytes));
    if (!bytes) return examination_.blame(marker, bytes.error(), Level::edges);
    if (bytes->size() < 3 || bytes->front() != '\x80' || bytes->back() != '.')
      return examination_.blame(
          marker, torn("does not begin and end like an index: cut short or zeroed"), Level::edges);
    if (!examination_.wants(Level::structure)) return;
    const auto index =
        read_dcp_index(as_bytes(*bytes), {3 * limits.index_bytes, limits.index_items});
    // An index that cannot be understood leaves every shard unseen.
    if (!index) return examination_.blame(marker, index.error(), Level::edges);
    if (!index->uncovered.empty())
      return examination_.blame(
          marker,
          torn(cat("describes ", index->uncovered, ", of which a part lies in no file")),
          Level::structure);
    roots_.insert(index->roots.begin(), index->roots.end());
    check_files(*index);
  }

  void check_files(const DcpIndex& index) {
    for (auto first = index.items.begin(); first != index.items.end();) {
      const auto end = std::find_if(
          first, index.items.end(), [&](const DcpItem& item) { return item.file != first->file; });
      check_file(index.files[first->file], {first, end});
      first = end;
    }
  }

  void check_file(const std::string& name, std::span<const DcpItem> items) {
    const std::string member = in(name);
    if (name.find("..") != std::string::npos || name.starts_with('/'))
      return examination_.blame(
          in(".metadata"), torn(cat("names the file ", name, " outside of it")), Level::structure);
    if (examination_.need(member, Verdict::damaged, "the index has tensors in it") == nullptr)
      return;
    if (name.ends_with(".safetensors")) {
      check_safetensors_file(examination_, member);
      return;
    }
    const auto file = examination_.disk().open(examination_.path_of(member));
    if (!file) return examination_.blame(member, file.error(), Level::structure);
    PayloadFile payload{examination_.path_of(member), (*file)->status().size, {}, false};
    if (auto tiled = check_tiling(payload.size, items); !tiled)
      return examination_.blame(member, tiled.error(), Level::structure);
    for (const DcpItem& item : items)
      if (auto good = check_item(**file, item, payload); !good)
        return examination_.blame(
            member,
            Failure(good.error()).within(cat("the piece at byte ", item.offset)),
            Level::structure);
    payload.suspect = check_holes(examination_, member, **file, true);
    examination_.add_payload(std::move(payload));
  }

  static Result<void> check_tiling(std::uint64_t size, std::span<const DcpItem> items) {
    std::uint64_t at = 0;
    for (const DcpItem& item : items) {
      if (item.offset != at)
        return torn(
            cat("has the index speak of byte ", item.offset, " where byte ", at, " comes next"));
      if (item.length > UINT64_MAX - at) return torn("has an impossible length in the index");
      at += item.length;
    }
    if (at > size) return torn(cat("is ", size, " bytes long where the index has ", at));
    if (at < size) return torn(cat("has ", size - at, " bytes more than the index knows of"));
    return {};
  }

  Result<void> check_item(const File& file, const DcpItem& item, PayloadFile& payload) {
    Claim claim{item.offset, item.length, Checksum::torch_zip, "", "archive"};
    const Slice slice(file, item.offset, item.length);
    std::array<std::byte, 4> head{};
    const bool readable = item.length >= head.size();
    if (readable)
      if (auto got = slice.read(0, head); !got) return got;
    const bool archive = readable && as_text(head) == std::string_view("PK\3\4");
    if (item.transformed || (!item.tensor && !archive && !is_zero(head))) {
      claim.checksum = Checksum::none;
      examination_.flag(Flag::no_checksum);
    } else if (auto end = read_zip_end(slice); !end) {
      return end.error();
    }
    payload.claims.push_back(std::move(claim));
    return {};
  }

  static bool is_zero(Bytes bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
  }

  Examination& examination_;
  std::string directory_;
  DcpRoots roots_;
};

}  // namespace

DcpRoots check_dcp(Examination& examination, std::string_view directory) {
  return Dcp(examination, directory).check();
}

bool looks_like_dcp(const Listing& listing) {
  return std::ranges::any_of(listing.entries, [](const Entry& entry) {
    return entry.name == ".metadata" || entry.name == ".metadata.tmp" || is_shard(entry.name) ||
           match("__#.metadata", entry.name);
  });
}

}  // namespace holdfast::checkpoint
