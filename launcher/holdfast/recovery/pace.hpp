// SPDX-License-Identifier: Apache-2.0
// How fast a rank does one thing - page faults, bytes read and written, traffic in its GPU's
// memory - while its job gets on, and whether it has all but stopped doing it. A rank that waits in
// a loop for others uses its CPU as one that computes; what it did with the data it no longer does.
// Learned from the job itself, because programs differ by a thousandfold, and from its slowest
// stretch, because start-up is faster than anything after it.
#pragma once

#include <cstdint>
#include <optional>

namespace holdfast::recovery {

/// How much was done in how much time, both counted from the rank's start. Grows, or is of another
/// life.
struct Tally {
  std::uint64_t done{};
  std::uint64_t over{};  ///< milliseconds, or how often somebody looked
};

class Pace {
 public:
  struct Scale {
    std::uint64_t shortest{};  ///< a stretch over less says nothing
    std::uint64_t worth{};     ///< per thousand `over`; who does less does not do it at all
  };
  explicit Pace(Scale scale) : scale_(scale) {}

  /// What was done before is not learned from.
  void begin(const Tally& now) { began_ = now; }

  /// The job has got on until now: what was done since the last time is how fast it is done.
  void learn(const Tally& now);

  /// Whether less than a tenth of the slowest pace is left of it between these two. Nothing where
  /// the rank does not do this, too little was seen, or the time between is too short.
  [[nodiscard]] std::optional<bool> stands(const Tally& then, const Tally& now) const;

 private:
  Scale scale_;
  std::optional<Tally> began_;
  std::uint64_t slowest_{};  // per thousand `over`
  unsigned stretches_{};
};

}  // namespace holdfast::recovery
