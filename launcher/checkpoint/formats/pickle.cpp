// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/pickle.hpp"

namespace holdfast::checkpoint {

using Kind = Value::Kind;

const Pickle::Node* Pickle::node(Value value) const {
  switch (value.kind) {
    case Kind::symbol:
    case Kind::object:
    case Kind::persistent:
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
    case Kind::set:
      return &nodes_[static_cast<std::size_t>(value.number)];
    default:
      return nullptr;
  }
}

std::optional<std::string_view> Pickle::text(Value value) const {
  if (value.kind != Kind::text) return std::nullopt;
  return as_text(input_.subspan(static_cast<std::size_t>(value.number), value.length));
}

std::optional<std::int64_t> Pickle::integer(Value value) {
  if (value.kind != Kind::integer) return std::nullopt;
  return static_cast<std::int64_t>(value.number);
}

std::optional<std::uint64_t> Pickle::natural(Value value) {
  const auto number = integer(value);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::span<const Value> Pickle::items(Value value) const {
  const Node* found = node(value);
  if (found == nullptr || value.kind == Kind::symbol) return {};
  const std::span<const Value> all(*found);
  if (value.kind != Kind::object) return all;
  return all.size() > contents_at ? all.subspan(contents_at) : std::span<const Value>();
}

std::optional<Value> Pickle::get(Value mapping, std::string_view key) const {
  if (mapping.kind != Kind::dict && mapping.kind != Kind::object) return std::nullopt;
  const auto all = items(mapping);
  for (std::size_t i = 0; i + 1 < all.size(); i += 2)
    if (const auto name = text(all[i]); name && *name == key) return all[i + 1];
  return std::nullopt;
}

std::optional<Value> Pickle::attribute(Value object, std::string_view name) const {
  const Node* found = node(object);
  if (found == nullptr || object.kind != Kind::object || found->size() <= state_at)
    return std::nullopt;
  const Value state = (*found)[state_at];
  if (state.kind != Kind::tuple) return get(state, name);
  // A class with slots gives a pair: its dict and its slots.
  for (const Value part : items(state))
    if (const auto value = get(part, name)) return value;
  return std::nullopt;
}

std::string_view Pickle::name(Value value) const {
  const Node* found = node(value);
  if (found == nullptr) return {};
  if (value.kind == Kind::symbol) return text((*found)[1]).value_or(std::string_view());
  if (value.kind != Kind::object || (*found)[callee_at].kind != Kind::symbol) return {};
  const std::string_view callee = name((*found)[callee_at]);
  // The oldest protocols make every object by a helper that is handed the class.
  if (callee == "_reconstructor" || callee == "__newobj__") {
    const auto given = items(arguments(value));
    if (!given.empty() && given.front().kind == Kind::symbol) return name(given.front());
  }
  return callee;
}

Value Pickle::arguments(Value object) const {
  const Node* found = node(object);
  return found != nullptr && object.kind == Kind::object ? (*found)[arguments_at] : Value();
}

std::optional<std::uint64_t> Pickle::handle(Value object) const {
  const Node* found = node(object);
  if (found == nullptr || object.kind != Kind::object) return std::nullopt;
  const Value state = (*found)[state_at];
  return state.kind == Kind::handle ? std::optional(state.number) : std::nullopt;
}

}  // namespace holdfast::checkpoint
