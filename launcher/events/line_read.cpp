// SPDX-License-Identifier: Apache-2.0
// Lines come from a file that a crash may have cut and that a newer release may have written: what
// is known is checked, what is not known is kept.
#include "events/bytes_as_text.hpp"
#include "events/fields.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/line.hpp"

#include <limits>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::events {

namespace json = boost::json;

namespace {

/// The end of the year 9999: times beyond are no times, and differences of those below cannot
/// overflow.
constexpr std::int64_t last_ms = 253402300799999;

bool read(const json::value& value, std::string& out) {
  if (!value.is_string()) return false;
  out = text_as_bytes(value.get_string());
  return true;
}

bool read(const json::value& value, bool& out) {
  if (!value.is_bool()) return false;
  out = value.get_bool();
  return true;
}

template <std::integral Number>
requires(!std::same_as<Number, bool>) bool read(const json::value& value, Number& out) {
  if (const auto* number = value.if_int64(); number != nullptr && std::in_range<Number>(*number)) {
    out = static_cast<Number>(*number);
    return true;
  }
  const auto* large = value.if_uint64();
  if (large == nullptr || !std::in_range<Number>(*large)) return false;
  out = static_cast<Number>(*large);
  return true;
}

bool read(const json::value& value, RankBlock& out) {
  const auto* parts = value.if_array();
  return parts != nullptr && parts->size() == 3 && read((*parts)[0], out.node) &&
         read((*parts)[1], out.first) && read((*parts)[2], out.count);
}

bool read(const json::value& value, ResumePoint& out) {
  const auto* parts = value.if_object();
  if (parts == nullptr) return false;
  const auto* path = parts->if_contains("path");
  if (path == nullptr || !read(*path, out.path)) return false;
  const auto* format = parts->if_contains("format");
  if (format != nullptr && !read(*format, out.format)) return false;
  const auto* step = parts->if_contains("step");
  return step == nullptr || step->is_null() || read(*step, out.step.emplace());
}

bool read(const json::value& value, std::map<std::string, std::string>& out) {
  const auto* parts = value.if_object();
  if (parts == nullptr) return false;
  for (const auto& [name, text] : *parts)
    if (!read(text, out[text_as_bytes(name)])) return false;
  return true;
}

template <class Item>
bool read(const json::value& value, std::vector<Item>& out) {
  const auto* items = value.if_array();
  if (items == nullptr) return false;
  out.reserve(items->size());
  for (const json::value& item : *items)
    if (!read(item, out.emplace_back())) return false;
  return true;
}

template <class Field>
bool read(const json::value& value, std::optional<Field>& out) {
  return value.is_null() || read(value, out.emplace());
}

/// Takes the fields it knows out of the line; what is left is of a newer release.
class Reader {
 public:
  explicit Reader(json::object& line) : line_(line) {}

  template <class Field>
  void operator()(std::string_view name, Field& field) {
    const auto found = line_.find(name);
    if (found == line_.end()) return;
    if (!read(found->value(), field) && wrong_.empty()) wrong_ = name;
    line_.stable_erase(found);
  }

  template <class Field>
  void words(std::string_view name, Field& field) {
    (*this)(name, field);
  }

  /// The first field that was of the wrong kind; empty: none.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  json::object& line_;
  std::string wrong_;
};

template <std::size_t... Index>
Body empty_body(std::string_view kind, std::index_sequence<Index...>) {
  Body body = Unknown{std::string(kind)};
  const auto offer = [&]<class Event>(Event event) {
    if (Event::kind == kind) body = std::move(event);
  };
  (offer(std::variant_alternative_t<Index, Body>{}), ...);
  return body;
}

/// All alternatives but the last, which is Unknown.
Body body_of_kind(std::string_view kind) {
  static_assert(
      std::same_as<std::variant_alternative_t<std::variant_size_v<Body> - 1, Body>, Unknown>);
  return empty_body(kind, std::make_index_sequence<std::variant_size_v<Body> - 1>{});
}

Failure no_record(std::string_view why) {
  return {FailureKind::bad_input, cat("no event: ", why), "", {}};
}

}  // namespace

Result<Record> parse_line(std::string_view line) {
  if (line.size() > max_line) return no_record(cat("the line has ", line.size(), " bytes"));
  json::parse_options options;
  options.max_depth = 16;
  boost::system::error_code error;
  json::value value = json::parse(line, error, {}, options);
  if (error) return no_record(cat("the line is no whole JSON document: ", error.message()));
  if (!value.is_object()) return no_record("the line is no JSON object");
  json::object& object = value.get_object();
  Record record;
  std::string kind;
  Reader reader(object);
  for (const std::string_view name : {"v", "seq", "epoch", "at_ms", "kind"})
    if (!object.contains(name)) return no_record(cat("it has no \"", name, '"'));
  reader("v", record.version);
  reader("seq", record.seq);
  reader("epoch", record.epoch);
  reader("at_ms", record.at_ms);
  reader("host", record.host);
  reader("kind", kind);
  record.body = body_of_kind(kind);
  std::visit([&](auto& event) { walk(reader, event); }, record.body);
  if (!reader.wrong().empty())
    return no_record(cat('"', reader.wrong(), "\" is not as it must be"));
  if (record.at_ms < 0 || record.at_ms > last_ms) return no_record("\"at_ms\" is no time");
  if (!object.empty()) record.more = json::serialize(object);
  return record;
}

}  // namespace holdfast::events
