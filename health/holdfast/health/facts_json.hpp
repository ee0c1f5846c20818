// SPDX-License-Identifier: Apache-2.0
// Values to JSON and back, by the lists of fields.hpp.
#pragma once

#include "holdfast/common/text.hpp"
#include "holdfast/health/fields.hpp"

#include <map>
#include <utility>
#include <vector>

#include <boost/json.hpp>

namespace holdfast::health {

namespace json = boost::json;

/// Writes the members of one object.
class Writer {
 public:
  template <class T>
  void operator()(std::string_view name, const T& member) {
    if constexpr (is_fact<T>) {
      if (!member.asked()) return;
      if (!member.known()) {
        object_[name] =
            json::object{{member.unseen() ? "unseen" : "lacking", json::string(member.why())}};
        return;
      }
      object_[name] = value(*member);
    } else {
      json::value made = value(member);
      const bool empty = made.is_object() && made.get_object().empty();
      if (!empty) object_[name] = std::move(made);
    }
  }

  [[nodiscard]] json::object take() { return std::move(object_); }

 private:
  template <class T>
  static json::value value(const std::vector<T>& list) {
    json::array array;
    array.reserve(list.size());
    for (const T& element : list)
      array.push_back(value(element));
    return array;
  }
  template <class T>
  static json::value value(const std::map<std::string, T>& map) {
    json::object object;
    for (const auto& [key, element] : map)
      object[key] = value(element);
    return object;
  }
  static json::value value(const std::string& text) { return json::string(text); }
  template <class T>
  static json::value value(const T& plain) {
    if constexpr (std::is_enum_v<T>) {
      return json::string(words_for<T>()[static_cast<std::size_t>(plain)]);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return json::value(plain);
    } else {
      Writer writer;
      fields(writer, plain);
      return writer.take();
    }
  }

  json::object object_;
};

/// Reads the members of one object and remembers the first thing that was wrong.
class Reader {
 public:
  Reader(const json::value& from, std::string place, std::string& wrong)
      : object_(from.if_object()), place_(std::move(place)), wrong_(wrong) {
    if (object_ == nullptr) complain("is no object");
  }

  template <class T>
  void operator()(std::string_view name, T& member) {
    const json::value* found = object_ == nullptr ? nullptr : object_->if_contains(name);
    if (found == nullptr || !wrong_.empty()) return;
    const std::string here = place_.empty() ? std::string(name) : cat(place_, '.', name);
    if constexpr (is_fact<T>)
      read_fact(*found, here, member);
    else
      read(*found, here, member);
  }

 private:
  static constexpr std::size_t most_elements = 65536;

  template <class T>
  void read_fact(const json::value& from, const std::string& here, Fact<T>& fact) {
    if (const json::object* object = from.if_object(); object != nullptr && object->size() == 1) {
      const auto& only = *object->begin();
      const json::string* why = only.value().if_string();
      if (why != nullptr && only.key() == "unseen") {
        fact = Fact<T>::unseen({why->begin(), why->end()});
        return;
      }
      if (why != nullptr && only.key() == "lacking") {
        fact = Fact<T>::lacking({why->begin(), why->end()});
        return;
      }
    }
    T value{};
    read(from, here, value);
    fact = std::move(value);
  }

  template <class T>
  void read(const json::value& from, const std::string& here, std::vector<T>& into) {
    const json::array* array = from.if_array();
    if (array == nullptr || array->size() > most_elements)
      return fail(here, "is no list in bounds");
    into.reserve(array->size());
    for (std::size_t i = 0; i < array->size() && wrong_.empty(); ++i)
      read((*array)[i], cat(here, '[', i, ']'), into.emplace_back());
  }
  template <class T>
  void read(const json::value& from, const std::string& here, std::map<std::string, T>& into) {
    const json::object* object = from.if_object();
    if (object == nullptr || object->size() > most_elements) return fail(here, "is no object");
    for (const auto& one : *object)
      read(one.value(), cat(here, '.', std::string_view(one.key())), into[std::string(one.key())]);
  }
  void read(const json::value& from, const std::string& here, std::string& into) {
    if (const json::string* text = from.if_string())
      into.assign(text->begin(), text->end());
    else
      fail(here, "is no text");
  }
  void read(const json::value& from, const std::string& here, bool& into) {
    if (const bool* flag = from.if_bool())
      into = *flag;
    else
      fail(here, "is neither true nor false");
  }
  void read(const json::value& from, const std::string& here, double& into) {
    if (from.is_number())
      into = from.to_number<double>();
    else
      fail(here, "is no number");
  }
  template <class T>
  void read(const json::value& from, const std::string& here, T& into) {
    if constexpr (std::is_enum_v<T>) {
      read_word(from, here, into);
    } else if constexpr (std::is_integral_v<T>) {
      const auto* positive = from.if_uint64();
      const auto* whole = from.if_int64();
      if (positive != nullptr && std::in_range<T>(*positive))
        into = static_cast<T>(*positive);
      else if (whole != nullptr && std::in_range<T>(*whole))
        into = static_cast<T>(*whole);
      else
        fail(here, "is no whole number in range");
    } else {
      Reader reader(from, here, wrong_);
      fields(reader, into);
    }
  }
  template <class Enum>
  void read_word(const json::value& from, const std::string& here, Enum& into) {
    std::string word;
    read(from, here, word);
    constexpr auto words = words_for<Enum>();
    for (std::size_t i = 0; i < words.size(); ++i)
      if (words[i] == word) {
        into = static_cast<Enum>(i);
        return;
      }
    fail(here, cat("is the unknown word \"", word.substr(0, 40), '"'));
  }

  void complain(std::string_view what) { fail(place_.empty() ? "it" : place_, what); }
  void fail(std::string_view where, std::string_view what) {
    if (wrong_.empty()) wrong_ = cat(where, ' ', what);
  }

  const json::object* object_;
  std::string place_;
  std::string& wrong_;
};

}  // namespace holdfast::health
