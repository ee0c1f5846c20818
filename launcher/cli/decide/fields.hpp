// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace holdfast::cli {

/// The members of one object of a JSON file that a person wrote. What is not there leaves the
/// default alone; what is of the wrong kind, or of an unknown name, is a mistake, and the first one
/// is kept with the place where it stands ("history.attempts[2].loss.cause").
class Fields {
 public:
  /// `mistake` is shared by all Fields of one file.
  Fields(const boost::json::value& value, std::string where, std::optional<Failure>& mistake);

  void read(std::string_view name, std::string& into);
  void read(std::string_view name, bool& into);
  void read(std::string_view name, std::vector<std::string>& into);

  template <std::integral Number>
  requires(!std::same_as<Number, bool>) void read(std::string_view name, Number& into) {
    const auto number =
        whole(name, std::int64_t{std::numeric_limits<Number>::min()}, most<Number>());
    if (number) into = static_cast<Number>(*number);
  }
  template <class Value>
  void read(std::string_view name, std::optional<Value>& into) {
    if (!has(name)) return;
    Value value{};
    read(name, value);
    into = std::move(value);
  }

  /// One of the words that `parse` knows.
  template <class Kind>
  void read_word(std::string_view name,
                 Kind& into,
                 std::optional<Kind> (*parse)(std::string_view)) {
    std::string word;
    read(name, word);
    if (!has(name) || failed()) return;
    if (const auto kind = parse(word))
      into = *kind;
    else
      refuse(name, "is \"" + word + "\", which is no word for it");
  }

  /// Calls `each` with the fields of every member of an array of objects.
  void read_each(std::string_view name, const std::function<void(Fields&)>& each);
  /// Calls `inside` with the fields of one object, where it is there and not null.
  void read_inside(std::string_view name, const std::function<void(Fields&)>& inside);
  /// Calls `each` with every name in one object and a Fields that has that one member.
  void read_map(std::string_view name, const std::function<void(std::string_view, Fields&)>& each);

  /// There and not null.
  [[nodiscard]] bool has(std::string_view name);
  [[nodiscard]] bool failed() const { return mistake_.has_value(); }
  /// A mistake that only the reader can see.
  void refuse(std::string_view name, std::string_view what);
  /// Refuses what nobody asked for. Call last.
  void end();

 private:
  /// No file needs more than 63 bits; JSON readers elsewhere do not keep more than 53.
  template <class Number>
  static constexpr std::int64_t most() {
    constexpr auto limit = std::numeric_limits<std::int64_t>::max();
    if constexpr (sizeof(Number) < sizeof(std::int64_t))
      return std::int64_t{std::numeric_limits<Number>::max()};
    else
      return limit;
  }

  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view name,
                                                  std::int64_t least,
                                                  std::int64_t most);
  [[nodiscard]] const boost::json::value* find(std::string_view name);
  [[nodiscard]] std::string place_of(std::string_view name) const;

  const boost::json::object* object_{};
  std::string where_;
  std::optional<Failure>& mistake_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace holdfast::cli
