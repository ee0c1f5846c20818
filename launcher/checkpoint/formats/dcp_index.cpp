// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/dcp_index.hpp"

#include "checkpoint/formats/pickle.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_set>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t most_roots = 4096;

/// Numbers of a torch.Size or a tuple; nothing for what is neither.
std::optional<std::vector<std::uint64_t>> read_sides(const Pickle& pickle, Value value) {
  if (value.kind == Value::Kind::object) {
    const auto given = pickle.items(pickle.arguments(value));
    if (given.size() != 1) return std::nullopt;
    value = given.front();
  }
  if (value.kind != Value::Kind::tuple && value.kind != Value::Kind::list) return std::nullopt;
  std::vector<std::uint64_t> sides;
  for (const Value side : pickle.items(value)) {
    const auto number = Pickle::natural(side);
    if (!number) return std::nullopt;
    sides.push_back(*number);
  }
  return sides;
}

/// The product, or nothing when it does not fit: no tensor is that large.
std::optional<std::uint64_t> volume(const std::vector<std::uint64_t>& sides) {
  std::uint64_t all = 1;
  for (const std::uint64_t side : sides)
    if (__builtin_mul_overflow(all, side, &all)) return std::nullopt;
  return all;
}

/// A name and a place in one text: "layer.0.weight\0" + "128,0".
std::string key_of(std::string_view name, const std::optional<std::vector<std::uint64_t>>& place) {
  std::string key(name);
  key += '\0';
  if (place)
    for (const std::uint64_t number : *place)
      key += cat(number, ',');
  return key;
}

/// Takes down indexes and places as the machine builds them.
class Entries : public PickleWatcher {
 public:
  struct Place {
    std::uint32_t file{};
    std::uint64_t offset{};
    std::uint64_t length{};
    bool transformed{};
  };

  explicit Entries(const DcpLimits& limits) : limits_(limits) {}

  std::optional<std::uint64_t> built(const Pickle& pickle,
                                     std::string_view class_name,
                                     Value state) override {
    if (class_name == "_StorageInfo") return built_place(pickle, state);
    if (class_name == "MetadataIndex") return built_index(pickle, state);
    return std::nullopt;
  }
  void referred(const Pickle&, Value) override {}

  std::vector<std::string> files;
  std::vector<Place> places;
  std::vector<std::string> keys;
  bool broken{};  ///< an entry lacks what every entry has
  bool too_many{};

 private:
  static std::optional<Value> field(const Pickle& pickle, Value state, std::string_view name) {
    if (state.kind != Value::Kind::tuple) return pickle.get(state, name);
    for (const Value part : pickle.items(state))
      if (const auto value = pickle.get(part, name)) return value;
    return std::nullopt;
  }

  std::optional<std::uint64_t> built_place(const Pickle& pickle, Value state) {
    const auto path = field(pickle, state, "relative_path");
    const auto offset = field(pickle, state, "offset");
    const auto length = field(pickle, state, "length");
    const auto name = path ? pickle.text(*path) : std::nullopt;
    const auto from = offset ? Pickle::natural(*offset) : std::nullopt;
    const auto bytes = length ? Pickle::natural(*length) : std::nullopt;
    if (!name || !from || !bytes) {
      broken = true;
      return std::nullopt;
    }
    if (places.size() >= limits_.items) {
      too_many = true;
      return std::nullopt;
    }
    const auto [at, fresh] =
        numbers_.try_emplace(std::string(*name), static_cast<std::uint32_t>(files.size()));
    if (fresh) files.push_back(at->first);
    const auto transform = field(pickle, state, "transform_descriptors");
    const bool transformed =
        transform && transform->kind != Value::Kind::none &&
        !(transform->kind == Value::Kind::list && pickle.items(*transform).empty());
    places.push_back({at->second, *from, *bytes, transformed});
    return places.size() - 1;
  }

  std::optional<std::uint64_t> built_index(const Pickle& pickle, Value state) {
    const auto name = field(pickle, state, "fqn");
    const auto text = name ? pickle.text(*name) : std::nullopt;
    if (!text || keys.size() >= limits_.items) {
      too_many = text.has_value();
      broken = !text;
      return std::nullopt;
    }
    const auto place = field(pickle, state, "offset");
    keys.push_back(key_of(*text, place ? read_sides(pickle, *place) : std::nullopt));
    return keys.size() - 1;
  }

  DcpLimits limits_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
};

/// What the index says of the tensors themselves, compared with what it says is stored.
class Coverage {
 public:
  Coverage(const Pickle& pickle, const std::unordered_set<std::string_view>& stored, bool sums)
      : pickle_(pickle), stored_(stored), sums_(sums) {}

  /// False when some of the tensor lies nowhere. What is no tensor is covered.
  [[nodiscard]] bool covers(std::string_view name, Value tensor) const {
    const auto chunks = pickle_.attribute(tensor, "chunks");
    const auto size = pickle_.attribute(tensor, "size");
    if (!chunks || !size) return true;
    const auto sides = read_sides(pickle_, *size);
    const auto whole = sides ? volume(*sides) : std::nullopt;
    std::uint64_t sum = 0;
    for (const Value chunk : pickle_.items(*chunks)) {
      const auto offsets = pickle_.attribute(chunk, "offsets");
      const auto sizes = pickle_.attribute(chunk, "sizes");
      if (!offsets || !sizes) return true;  // a shape of another release: nothing can be said
      if (!stored_.contains(key_of(name, read_sides(pickle_, *offsets)))) return false;
      const auto part = read_sides(pickle_, *sizes);
      const auto elements = part ? volume(*part) : std::nullopt;
      if (!elements || __builtin_add_overflow(sum, *elements, &sum)) return false;
    }
    return !sums_ || (whole && sum == *whole);
  }

 private:
  const Pickle& pickle_;
  const std::unordered_set<std::string_view>& stored_;
  bool sums_;
};

Failure no_index(std::string_view what) {
  return torn(cat("is a pickle, but no index of a distributed checkpoint: ", what));
}

Result<void> read_tensors(const Pickle& pickle,
                          const Entries& entries,
                          std::set<std::string_view>& tensors,
                          DcpIndex& index) {
  const auto described = pickle.attribute(pickle.root(), "state_dict_metadata");
  if (!described) return no_index("it describes no tensors");
  std::unordered_set<std::string_view> stored(entries.keys.begin(), entries.keys.end());
  // Megatron's flattened optimizer states are described by pieces that need not add up.
  const auto extra = pickle.attribute(pickle.root(), "mcore_data");
  const bool flat = extra && !pickle.items(*extra).empty();
  const Coverage coverage(pickle, stored, !flat);
  const auto pairs = pickle.items(*described);
  std::set<std::string_view> roots;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const auto name = pickle.text(pairs[i]);
    if (!name) continue;
    if (roots.size() < most_roots) roots.insert(name->substr(0, name->find('.')));
    const bool tensor = pickle.name(pairs[i + 1]) == "TensorStorageMetadata";
    if (tensor) tensors.insert(*name);
    if (index.uncovered.empty() && tensor && !coverage.covers(*name, pairs[i + 1]))
      index.uncovered = *name;
    if (index.uncovered.empty() && !tensor && !stored.contains(key_of(*name, std::nullopt)))
      index.uncovered = *name;
  }
  index.roots.assign(roots.begin(), roots.end());
  return {};
}

}  // namespace

Result<DcpIndex> read_dcp_index(Bytes bytes, const DcpLimits& limits) {
  Entries entries(limits);
  const auto pickle = Pickle::read(bytes, 0, &entries, {limits.memory});
  if (!pickle) return pickle.error();
  if (pickle->end() != bytes.size())
    return torn(cat("has ", bytes.size() - pickle->end(), " bytes after its end"));
  if (entries.too_many) return unsupported(cat("has more than ", limits.items, " entries"));
  if (entries.broken) return no_index("an entry lacks its file, offset or length");
  DcpIndex index;
  std::set<std::string_view> tensors;
  const auto stored = pickle->attribute(pickle->root(), "storage_data");
  if (!stored) return no_index("it says of nothing where it is stored");
  if (auto read = read_tensors(*pickle, entries, tensors, index); !read) return read.error();
  const auto pairs = pickle->items(*stored);
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const auto key = pickle->handle(pairs[i]);
    const auto place = pickle->handle(pairs[i + 1]);
    if (!key || !place || *key >= entries.keys.size() || *place >= entries.places.size())
      return no_index("an entry is of an unknown kind");
    const Entries::Place& at = entries.places[*place];
    const std::string_view name =
        std::string_view(entries.keys[*key]).substr(0, entries.keys[*key].find('\0'));
    index.items.push_back({at.file, at.offset, at.length, tensors.contains(name), at.transformed});
  }
  index.files = std::move(entries.files);
  std::ranges::sort(index.items, {}, [](const DcpItem& item) {
    return std::tuple(item.file, item.offset, item.length);
  });
  return index;
}

}  // namespace holdfast::checkpoint
