// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace holdfast::health {

/// Why there is no value. The difference decides: what nobody asked is skipped, what the hardware
/// does not have is skipped, and what could not be seen is `unknown`, never "pass".
enum class Gap {
  not_asked,  ///< no probe of this run reads it
  lacking,    ///< asked, and this device, driver or kernel has no such thing
  unseen,     ///< asked, and there was no answer: timed out, denied, garbage
};

/// One thing a probe saw, or why it did not.
template <class T>
class Fact {
 public:
  Fact() = default;
  Fact(T value) : value_(std::move(value)) {}  // NOLINT: a seen value is a fact

  [[nodiscard]] static Fact lacking(std::string why = {}) {
    return Fact(Gap::lacking, std::move(why));
  }
  [[nodiscard]] static Fact unseen(std::string why) { return Fact(Gap::unseen, std::move(why)); }
  [[nodiscard]] static Fact missing(Gap gap, std::string why) { return Fact(gap, std::move(why)); }

  [[nodiscard]] bool known() const { return value_.has_value(); }
  [[nodiscard]] bool unseen() const { return !known() && gap_ == Gap::unseen; }
  [[nodiscard]] bool asked() const { return known() || gap_ != Gap::not_asked; }
  [[nodiscard]] bool is(const T& other) const { return value_ && *value_ == other; }
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] T& operator*() { return *value_; }
  [[nodiscard]] const T* operator->() const { return &*value_; }
  [[nodiscard]] T* operator->() { return &*value_; }
  [[nodiscard]] T value_or(T other) const { return value_.value_or(std::move(other)); }
  [[nodiscard]] Gap gap() const { return gap_; }                 ///< meant only when not known
  [[nodiscard]] const std::string& why() const { return why_; }  ///< half a sentence

  friend bool operator==(const Fact&, const Fact&) = default;

 private:
  Fact(Gap gap, std::string why) : gap_(gap), why_(std::move(why)) {}

  std::optional<T> value_;
  Gap gap_{Gap::not_asked};
  std::string why_;
};

}  // namespace holdfast::health
