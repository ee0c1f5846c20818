// SPDX-License-Identifier: Apache-2.0
#include "cli/decide/fields.hpp"

#include "holdfast/common/text.hpp"

#include <utility>

#include <boost/json/array.hpp>

namespace holdfast::cli {

namespace json = boost::json;

Fields::Fields(const json::value& value, std::string where, std::optional<Failure>& mistake)
    : object_(value.if_object()), where_(std::move(where)), mistake_(mistake) {
  static const json::object empty;
  if (object_ != nullptr) return;
  refuse("", "is no object");
  object_ = &empty;
}

std::string Fields::place_of(std::string_view name) const {
  if (name.empty()) return where_.empty() ? std::string("the file") : where_;
  return where_.empty() ? std::string(name) : cat(where_, '.', name);
}

void Fields::refuse(std::string_view name, std::string_view what) {
  if (failed()) return;
  mistake_ = Failure{FailureKind::bad_input,
                     cat(place_of(name), ' ', what),
                     "holdfast-decide(1) describes the file",
                     {}};
}

const json::value* Fields::find(std::string_view name) {
  asked_.emplace(name);
  const json::value* value = object_->if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool Fields::has(std::string_view name) { return find(name) != nullptr; }

void Fields::read(std::string_view name, std::string& into) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  if (const json::string* text = value->if_string())
    into = std::string_view(*text);
  else
    refuse(name, "is no text");
}

void Fields::read(std::string_view name, bool& into) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  if (const bool* flag = value->if_bool())
    into = *flag;
  else
    refuse(name, "is neither true nor false");
}

void Fields::read(std::string_view name, std::vector<std::string>& into) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  const json::array* all = value->if_array();
  if (all == nullptr) {
    refuse(name, "is no list");
    return;
  }
  into.clear();
  into.reserve(all->size());
  for (const json::value& one : *all) {
    const json::string* text = one.if_string();
    if (text == nullptr) {
      refuse(name, "holds what is no text");
      return;
    }
    into.emplace_back(std::string_view(*text));
  }
}

std::optional<std::int64_t> Fields::whole(std::string_view name,
                                          std::int64_t least,
                                          std::int64_t most) {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  const std::int64_t* number = value->if_int64();
  if (number != nullptr && *number >= least && *number <= most) return *number;
  refuse(name, cat("is no whole number between ", least, " and ", most));
  return std::nullopt;
}

void Fields::read_each(std::string_view name, const std::function<void(Fields&)>& each) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  const json::array* all = value->if_array();
  if (all == nullptr) {
    refuse(name, "is no list");
    return;
  }
  for (std::size_t at = 0; at < all->size() && !failed(); ++at) {
    Fields one((*all)[at], cat(place_of(name), '[', at, ']'), mistake_);
    each(one);
    one.end();
  }
}

void Fields::read_inside(std::string_view name, const std::function<void(Fields&)>& inside) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  Fields one(*value, place_of(name), mistake_);
  inside(one);
  one.end();
}

void Fields::read_map(std::string_view name,
                      const std::function<void(std::string_view, Fields&)>& each) {
  read_inside(name, [&](Fields& map) {
    for (const auto& member : *map.object_)
      each(member.key(), map);
  });
}

void Fields::end() {
  for (const auto& member : *object_)
    if (!asked_.contains(std::string_view(member.key()))) {
      refuse(member.key(), "is not known");
      return;
    }
}

}  // namespace holdfast::cli
