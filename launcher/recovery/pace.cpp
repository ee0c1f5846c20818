// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/pace.hpp"

#include <algorithm>

namespace holdfast::recovery {

namespace {

/// One slow stretch may be chance, and the first is the start of the program.
constexpr unsigned enough_stretches = 3;
constexpr std::uint64_t left_of_it = 10;

bool is_before(const Tally& then, const Tally& now) {
  return now.done >= then.done && now.over >= then.over;
}

std::uint64_t speed(const Tally& then, const Tally& now) {
  return (now.done - then.done) * 1000 / (now.over - then.over);
}

}  // namespace

void Pace::learn(const Tally& now) {
  if (!began_ || !is_before(*began_, now)) {
    began_ = now;
    return;
  }
  if (now.over - began_->over < scale_.shortest) return;
  const std::uint64_t this_time = speed(*began_, now);
  slowest_ = stretches_ == 0 ? this_time : std::min(slowest_, this_time);
  ++stretches_;
  began_ = now;
}

std::optional<bool> Pace::stands(const Tally& then, const Tally& now) const {
  if (stretches_ < enough_stretches || slowest_ < scale_.worth) return std::nullopt;
  if (!is_before(then, now) || now.over - then.over < scale_.shortest) return std::nullopt;
  return speed(then, now) * left_of_it < slowest_;
}

}  // namespace holdfast::recovery
