// SPDX-License-Identifier: Apache-2.0
// Exact by dynamic programming: the only freedom is after how many parts how many bigger ones have
// come, and that number fixes the place of the next cut.
#include "cut.hpp"

#include <algorithm>
#include <cstdint>

namespace holdfast::affinity {

namespace {

/// Beyond this many states the first parts are the bigger ones: a thousand ranks on thousands of
/// cores are not worth a second of thought.
constexpr std::size_t most_states = 1U << 21U;

class Cut {
 public:
  Cut(const std::vector<unsigned>& seams, std::size_t parts)
      : seams_(seams),
        parts_(parts),
        size_((seams.size() + 1) / parts),
        bigger_((seams.size() + 1) % parts),
        best_((parts + 1) * (bigger_ + 1)) {
    for (std::size_t part = parts_; part-- > 0;)
      for (std::size_t done = std::min(part, bigger_) + 1; done-- > 0;)
        at(part, done) = std::min(as_big(part, done), as_small(part, done));
  }

  [[nodiscard]] std::vector<std::size_t> sizes() {
    std::vector<std::size_t> sizes;
    for (std::size_t part = 0, done = 0; part < parts_; ++part) {
      const bool is_big = done < bigger_ && as_big(part, done) <= as_small(part, done);
      sizes.push_back(size_ + (is_big ? 1 : 0));
      done += is_big ? 1 : 0;
    }
    return sizes;
  }

 private:
  // A part is written off by the seam at its end, which it saves.
  static constexpr std::int64_t impossible = INT64_MAX / 2;

  [[nodiscard]] std::int64_t& at(std::size_t part, std::size_t done) {
    return best_[part * (bigger_ + 1) + done];
  }

  [[nodiscard]] std::int64_t saved(std::size_t end) const {
    return end <= seams_.size() ? -static_cast<std::int64_t>(seams_[end - 1]) : 0;
  }

  [[nodiscard]] std::int64_t as_big(std::size_t part, std::size_t done) {
    if (done == bigger_) return impossible;
    return at(part + 1, done + 1) + saved((part + 1) * size_ + done + 1);
  }

  [[nodiscard]] std::int64_t as_small(std::size_t part, std::size_t done) {
    if (parts_ - part <= bigger_ - done) return impossible;
    return at(part + 1, done) + saved((part + 1) * size_ + done);
  }

  const std::vector<unsigned>& seams_;
  std::size_t parts_;
  std::size_t size_;
  std::size_t bigger_;
  std::vector<std::int64_t> best_;  ///< what the parts from here on save, by bigger ones done
};

}  // namespace

std::vector<std::size_t> cut(const std::vector<unsigned>& seams, std::size_t parts) {
  const std::size_t things = seams.size() + 1;
  if (parts * (things % parts + 1) <= most_states) return Cut(seams, parts).sizes();
  std::vector<std::size_t> sizes(parts, things / parts);
  for (std::size_t part = 0; part < things % parts; ++part)
    ++sizes[part];
  return sizes;
}

}  // namespace holdfast::affinity
