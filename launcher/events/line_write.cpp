// SPDX-License-Identifier: Apache-2.0
#include "events/bytes_as_text.hpp"
#include "events/fields.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/line.hpp"

#include <algorithm>
#include <type_traits>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::events {

namespace json = boost::json;

namespace {

/// A record has few sentences of evidence, or it is no evidence.
constexpr std::size_t most_sentences = 64;

std::string value_of(const std::string& text) { return bytes_as_text(text); }

template <class Number>
requires std::is_arithmetic_v<Number> Number value_of(Number number) { return number; }

json::value value_of(const RankBlock& block) {
  return json::array{value_of(block.node), block.first, block.count};
}

json::value value_of(const ResumePoint& point) {
  json::object out{{"path", value_of(point.path)}};
  if (point.step) out["step"] = *point.step;
  out["format"] = value_of(point.format);
  return out;
}

json::value value_of(const std::map<std::string, std::string>& settings) {
  json::object out;
  for (const auto& [name, value] : settings)
    out[bytes_as_text(name)] = value_of(value);
  return out;
}

template <class Item>
json::value value_of(const std::vector<Item>& items) {
  json::array out;
  out.reserve(items.size());
  for (const Item& item : items)
    out.emplace_back(value_of(item));
  return out;
}

class Writer {
 public:
  explicit Writer(json::object& line) : line_(line) {}

  template <class Field>
  void operator()(std::string_view name, const Field& field) {
    line_[name] = value_of(field);
  }

  template <class Field>
  void operator()(std::string_view name, const std::optional<Field>& field) {
    if (field) line_[name] = value_of(*field);
  }

  void words(std::string_view name, const std::string& text) {
    line_[name] = cut_text(bytes_as_text(text), max_text);
  }

  void words(std::string_view name, const std::vector<std::string>& sentences) {
    json::array out;
    out.reserve(std::min(sentences.size(), most_sentences));
    for (const std::string& sentence : sentences) {
      if (out.size() == most_sentences) break;
      out.emplace_back(cut_text(bytes_as_text(sentence), max_text));
    }
    line_[name] = std::move(out);
  }

 private:
  json::object& line_;
};

void put_more(json::object& line, const std::string& more) {
  if (more.empty()) return;
  boost::system::error_code error;
  const json::value parsed = json::parse(more, error);
  if (error || !parsed.is_object()) return;
  for (const auto& [name, value] : parsed.get_object())
    line.emplace(name, value);  // what this release knows stands already and stays
}

}  // namespace

std::string_view kind_of(const Body& body) {
  return std::visit([](const auto& event) -> std::string_view { return event.kind; }, body);
}

Result<std::string> to_line(const Record& record) {
  json::object line{{"v", record.version},
                    {"seq", record.seq},
                    {"epoch", record.epoch},
                    {"at_ms", record.at_ms},
                    {"host", value_of(record.host)},
                    {"kind", bytes_as_text(kind_of(record.body))}};
  Writer writer(line);
  std::visit([&](const auto& event) { walk(writer, event); }, record.body);
  put_more(line, record.more);
  std::string text = without_controls(json::serialize(line));
  if (text.size() > max_line)
    return Failure{
        FailureKind::unsupported,
        cat("an event ", kind_of(record.body), " of ", text.size(), " bytes is too long"),
        cat("an event may have ", max_line, " bytes"),
        {}};
  return text;
}

}  // namespace holdfast::events
