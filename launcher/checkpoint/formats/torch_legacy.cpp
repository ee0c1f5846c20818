// SPDX-License-Identifier: Apache-2.0
// The old kind of torch.save(): five pickles (magic number, protocol, machine, object, storage
// keys), then every storage as its length and its bytes. Nothing is summed up, but the lengths must
// come out at the end of the file to the byte.
#include "checkpoint/formats/torch.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace holdfast::checkpoint {

namespace {

/// How a file of this kind begins: protocol 2, then the ten bytes of the magic number.
constexpr std::array<unsigned char, 15> magic{
    0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};

constexpr std::size_t first_read = std::size_t{1} << 20;

/// The five pickles of a prefix of the file, if it holds them whole.
struct Pickles {
  TorchFacts facts;
  TorchStorages storages;
  std::vector<std::string> keys;
  std::uint64_t end{};
};

Result<void> read_keys(const Pickle& list, Pickles& out) {
  if (list.root().kind != Value::Kind::list)
    return torn("has no list of storages where one belongs");
  for (const Value item : list.items(list.root())) {
    const auto key = list.text(item);
    if (!key) return torn("has a list of storages with something else in it");
    out.keys.emplace_back(*key);
  }
  return {};
}

Result<void> read_pickles(Bytes input, const PickleLimits& limits, Pickles& out) {
  std::size_t at = 0;
  for (int number = 0; number < 5; ++number) {
    const auto pickle = Pickle::read(input, at, number == 3 ? &out.storages : nullptr, limits);
    if (!pickle) return pickle.error();
    at = pickle->end();
    if (number == 3) read_facts(*pickle, out.facts);
    if (number == 4)
      if (auto keys = read_keys(*pickle, out); !keys) return keys;
  }
  out.end = at;
  return {};
}

Result<void> check_lengths(const Slice& slice, const Pickles& pickles) {
  std::uint64_t at = pickles.end;
  for (const std::string& key : pickles.keys) {
    std::array<std::byte, 8> bytes{};
    if (auto got = slice.read(at, bytes); !got)
      return torn(cat("ends before storage ", key, ": cut short"));
    const auto count = little<std::uint64_t>(bytes);
    at += bytes.size();
    const auto known = pickles.storages.all().find(key);
    if (known == pickles.storages.all().end() || known->second.item_size == 0)
      return unsupported(cat("has the storage ", key, " of a type not known here"));
    if (count != known->second.count)
      return torn(cat(
          "has ", count, " elements in storage ", key, " where ", known->second.count, " belong"));
    const std::uint64_t left = slice.length() - at;
    if (count > left / known->second.item_size)
      return torn(cat("ends within storage ", key, ": cut short"));
    at += count * known->second.item_size;
  }
  if (at != slice.length())
    return torn(cat("has ", slice.length() - at, " bytes after its last storage"));
  return {};
}

}  // namespace

bool is_legacy_torch(const Slice& slice) {
  std::array<std::byte, magic.size()> head{};
  return slice.length() >= head.size() && slice.read(0, head) &&
         std::ranges::equal(head, std::as_bytes(std::span(magic)));
}

Result<TorchFacts> read_legacy_torch(const Slice& slice, const TorchLimits& limits) {
  // How long the pickles are is known only when they have been read: read more until they end.
  for (std::uint64_t wish = first_read;; wish *= 4) {
    const std::uint64_t length = std::min({wish, slice.length(), limits.index_bytes});
    const auto bytes = slice.read(0, static_cast<std::size_t>(length));
    if (!bytes) return bytes.error();
    Pickles pickles;
    const auto got = read_pickles(as_bytes(*bytes), {limits.index_bytes}, pickles);
    const bool all = length == slice.length();
    if (!got && got.error().kind == FailureKind::bad_input && !all) {
      if (length < limits.index_bytes) continue;
      return unsupported(cat("has pickles of more than ", limits.index_bytes, " bytes"));
    }
    if (!got) return got.error();
    if (auto good = check_lengths(slice, pickles); !good) return good.error();
    pickles.facts.legacy = true;
    pickles.facts.checksums = false;
    return pickles.facts;
  }
}

}  // namespace holdfast::checkpoint
