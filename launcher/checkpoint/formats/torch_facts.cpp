// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/torch.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t most_keys = 512;  // enough for any training state; a hostile one ends here

/// Bytes of one element by the name of its storage class; 0 when the class is not known here.
std::uint64_t item_size_of(std::string_view name) {
  struct Row {
    std::string_view name;
    std::uint64_t size;
  };
  constexpr std::array rows{Row{"DoubleStorage", 8},
                            Row{"LongStorage", 8},
                            Row{"ComplexFloatStorage", 8},
                            Row{"FloatStorage", 4},
                            Row{"IntStorage", 4},
                            Row{"HalfStorage", 2},
                            Row{"BFloat16Storage", 2},
                            Row{"ShortStorage", 2},
                            Row{"CharStorage", 1},
                            Row{"ByteStorage", 1},
                            Row{"BoolStorage", 1},
                            Row{"ComplexDoubleStorage", 16},
                            Row{"UntypedStorage", 1},
                            Row{"_UntypedStorage", 1},
                            Row{"QUInt8Storage", 1},
                            Row{"QInt8Storage", 1},
                            Row{"QInt32Storage", 4},
                            Row{"QUInt4x2Storage", 1},
                            Row{"QUInt2x4Storage", 1}};
  if (name.starts_with("Float8") && name.ends_with("Storage")) return 1;
  const auto row = std::ranges::find(rows, name, &Row::name);
  return row == rows.end() ? 0 : row->size;
}

std::optional<std::uint64_t> number_in(const Pickle& pickle, Value value) {
  if (value.kind == Value::Kind::integer) return Pickle::natural(value);
  if (value.kind != Value::Kind::list && value.kind != Value::Kind::tuple) return std::nullopt;
  std::optional<std::uint64_t> largest;
  const auto items = pickle.items(value);
  for (const Value item : items.first(std::min(items.size(), most_keys))) {
    const auto number = Pickle::natural(item);
    if (!number) return std::nullopt;
    largest = std::max(largest.value_or(0), *number);
  }
  return largest;
}

bool is_empty(const Pickle& pickle, Value value) {
  using Kind = Value::Kind;
  const bool container = value.kind == Kind::list || value.kind == Kind::tuple ||
                         value.kind == Kind::dict || value.kind == Kind::set;
  return value.kind == Kind::none || (container && pickle.items(value).empty());
}

/// One dict; those in it too, when there is no prefix yet.
void read_dict(const Pickle& pickle, Value dict, const std::string& prefix, TorchFacts& facts) {
  const auto items = pickle.items(dict);
  const std::size_t most = std::min(items.size() / 2, most_keys);
  for (std::size_t i = 0; i < most; ++i) {
    const auto key = pickle.text(items[2 * i]);
    if (!key || key->size() > 200) continue;
    const Value value = items[2 * i + 1];
    if (prefix.empty()) facts.keys.emplace_back(*key);
    if (prefix.empty() && is_empty(pickle, value)) facts.empty.emplace_back(*key);
    if (const auto number = number_in(pickle, value))
      facts.numbers.insert_or_assign(cat(prefix, *key), *number);
    else if (prefix.empty() &&
             (value.kind == Value::Kind::dict || value.kind == Value::Kind::object))
      read_dict(pickle, value, cat(*key, '.'), facts);
  }
}

}  // namespace

bool TorchFacts::has(std::string_view key) const {
  return std::ranges::find(keys, key) != keys.end();
}

bool TorchFacts::has_filled(std::string_view key) const {
  return has(key) && std::ranges::find(empty, key) == empty.end();
}

std::optional<std::uint64_t> TorchFacts::number(std::string_view path) const {
  const auto found = numbers.find(path);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint64_t> TorchFacts::step() const {
  for (const auto* name : {"global_step", "iteration", "iter_num", "step", "global_steps", "epoch"})
    if (const auto found = number(name)) return found;
  return std::nullopt;
}

void TorchStorages::referred(const Pickle& pickle, Value id) {
  // ('storage', class, key, location, elements[, view])
  const auto parts = pickle.items(id);
  if (id.kind != Value::Kind::tuple || parts.size() < 5 || pickle.text(parts[0]) != "storage")
    return;
  const auto key = pickle.text(parts[2]);
  const auto count = Pickle::natural(parts[4]);
  if (!key || !count) return;
  all_.try_emplace(std::string(*key),
                   Storage{std::string(*key), *count, item_size_of(pickle.name(parts[1]))});
}

void read_facts(const Pickle& pickle, TorchFacts& facts) {
  if (pickle.root().kind == Value::Kind::dict || pickle.root().kind == Value::Kind::object)
    read_dict(pickle, pickle.root(), "", facts);
}

}  // namespace holdfast::checkpoint
