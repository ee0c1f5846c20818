// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// A set of PUs (hardware threads) by OS index, as in /sys and `taskset`. Also used for NUMA node
/// numbers of a memory policy. Grows as needed up to `limit`; equal sets compare equal whatever
/// their history.
class CpuSet {
 public:
  /// One more than the highest number a set can hold. The largest Linux kernels are built for 8,192
  /// CPUs (CONFIG_MAXSMP); a bound keeps "4294967295" in a hostile file from eating the memory.
  static constexpr unsigned limit = 65536;

  CpuSet() = default;
  CpuSet(std::initializer_list<unsigned> members);

  /// The half-open range [first, end).
  [[nodiscard]] static CpuSet range(unsigned first, unsigned end);

  void insert(unsigned member);  ///< members at or above `limit` are a caller's bug and are dropped
  void erase(unsigned member);
  void clear() { words_.clear(); }

  [[nodiscard]] bool contains(unsigned member) const;
  [[nodiscard]] bool empty() const { return words_.empty(); }
  [[nodiscard]] unsigned size() const;                     ///< how many members
  [[nodiscard]] unsigned front() const;                    ///< lowest member; 0 when empty
  [[nodiscard]] unsigned back() const;                     ///< highest member; 0 when empty
  [[nodiscard]] bool includes(const CpuSet& other) const;  ///< other is a subset of this
  [[nodiscard]] bool intersects(const CpuSet& other) const;

  CpuSet& operator|=(const CpuSet& other);
  CpuSet& operator&=(const CpuSet& other);
  CpuSet& operator-=(const CpuSet& other);
  friend CpuSet operator|(CpuSet a, const CpuSet& b) { return a |= b; }
  friend CpuSet operator&(CpuSet a, const CpuSet& b) { return a &= b; }
  friend CpuSet operator-(CpuSet a, const CpuSet& b) { return a -= b; }
  friend bool operator==(const CpuSet&, const CpuSet&) = default;
  friend auto operator<=>(const CpuSet&, const CpuSet&) = default;

  /// Members in ascending order.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = unsigned;
    using difference_type = std::ptrdiff_t;
    using pointer = const unsigned*;
    using reference = unsigned;
    Iterator() = default;
    Iterator(const CpuSet* set, unsigned at) : set_(set), at_(at) {}
    unsigned operator*() const { return at_; }
    Iterator& operator++() {
      at_ = set_->at_or_after(at_ + 1);
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const CpuSet* set_{};
    unsigned at_{limit};
  };
  [[nodiscard]] Iterator begin() const { return {this, at_or_after(0)}; }
  [[nodiscard]] Iterator end() const { return {this, limit}; }

 private:
  [[nodiscard]] unsigned at_or_after(unsigned from) const;
  void shrink();

  std::vector<std::uint64_t> words_;  // no trailing zero word, so that == is plain
};

/// Linux CPU list, as in /sys/devices/system/cpu/online: "0-3,64-67". The empty set is "".
[[nodiscard]] std::string to_list(const CpuSet& set);

/// Reads a Linux CPU list; strides ("0-30:2") as cpuset(7) has them. Blank text is the empty set.
[[nodiscard]] Result<CpuSet> parse_cpu_list(std::string_view text);

/// Reads a mask of comma-separated 32-bit hexadecimal words, highest first, each with or without
/// 0x: hwloc's "0xffff0000,0x00000001" ("0x..." and empty words too), /sys' and NCCL's
/// "ffff0000,00000001". hwloc's infinite "0xf...f" prefix is refused.
[[nodiscard]] Result<CpuSet> parse_cpu_mask(std::string_view text);

}  // namespace holdfast
