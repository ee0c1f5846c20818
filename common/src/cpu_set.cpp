// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/cpu_set.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <bit>

namespace holdfast {

namespace {
constexpr unsigned bits = 64;
constexpr std::uint64_t bit_of(unsigned member) { return std::uint64_t{1} << (member % bits); }
}  // namespace

CpuSet::CpuSet(std::initializer_list<unsigned> members) {
  for (const unsigned member : members)
    insert(member);
}

CpuSet CpuSet::range(unsigned first, unsigned end) {
  CpuSet set;
  for (unsigned member = first; member < std::min(end, limit); ++member)
    set.insert(member);
  return set;
}

void CpuSet::insert(unsigned member) {
  if (member >= limit) return;
  if (words_.size() <= member / bits) words_.resize(member / bits + 1);
  words_[member / bits] |= bit_of(member);
}

void CpuSet::erase(unsigned member) {
  if (!contains(member)) return;
  words_[member / bits] &= ~bit_of(member);
  shrink();
}

bool CpuSet::contains(unsigned member) const {
  return member / bits < words_.size() && (words_[member / bits] & bit_of(member)) != 0;
}

unsigned CpuSet::size() const {
  unsigned count = 0;
  for (const std::uint64_t word : words_)
    count += static_cast<unsigned>(std::popcount(word));
  return count;
}

unsigned CpuSet::front() const { return empty() ? 0 : at_or_after(0); }

unsigned CpuSet::back() const {
  if (empty()) return 0;
  const auto top = static_cast<unsigned>(std::countl_zero(words_.back()));
  return static_cast<unsigned>(words_.size()) * bits - 1 - top;
}

bool CpuSet::includes(const CpuSet& other) const {
  if (other.words_.size() > words_.size()) return false;  // no trailing zero word
  for (std::size_t i = 0; i < other.words_.size(); ++i)
    if ((other.words_[i] & ~words_[i]) != 0) return false;
  return true;
}

bool CpuSet::intersects(const CpuSet& other) const {
  for (std::size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i)
    if ((words_[i] & other.words_[i]) != 0) return true;
  return false;
}

CpuSet& CpuSet::operator|=(const CpuSet& other) {
  if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < other.words_.size(); ++i)
    words_[i] |= other.words_[i];
  return *this;
}

CpuSet& CpuSet::operator&=(const CpuSet& other) {
  if (words_.size() > other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i)
    words_[i] &= other.words_[i];
  shrink();
  return *this;
}

CpuSet& CpuSet::operator-=(const CpuSet& other) {
  for (std::size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i)
    words_[i] &= ~other.words_[i];
  shrink();
  return *this;
}

unsigned CpuSet::at_or_after(unsigned from) const {
  for (std::size_t i = from / bits; i < words_.size(); ++i) {
    std::uint64_t word = words_[i];
    if (i == from / bits) word &= ~std::uint64_t{0} << (from % bits);
    if (word != 0)
      return static_cast<unsigned>(i) * bits + static_cast<unsigned>(std::countr_zero(word));
  }
  return limit;
}

void CpuSet::shrink() {
  while (!words_.empty() && words_.back() == 0)
    words_.pop_back();
}

std::string to_list(const CpuSet& set) {
  std::string out;
  for (auto it = set.begin(); it != set.end();) {
    const unsigned first = *it;
    unsigned last = first;
    for (++it; it != set.end() && *it == last + 1; ++it)
      last = *it;
    if (!out.empty()) out += ',';
    out += first == last ? cat(first) : cat(first, '-', last);
  }
  return out;
}

namespace {

Failure bad_list(std::string_view text, std::string_view part) {
  return {FailureKind::bad_input,
          cat("CPU list \"", text, "\" has the unreadable part \"", part, "\""),
          cat("write it as 0-3,8 with numbers below ", CpuSet::limit),
          {}};
}

/// One part of a list: N, N-M or N-M:STRIDE.
bool insert_part(CpuSet& set, std::string_view part) {
  unsigned stride = 1;
  if (const auto colon = part.find(':'); colon != std::string_view::npos) {
    const auto step = parse_number<unsigned>(part.substr(colon + 1));
    if (!step || *step == 0 || part.find('-') == std::string_view::npos) return false;
    stride = *step;
    part = part.substr(0, colon);
  }
  const auto dash = part.find('-');
  const auto first = parse_number<unsigned>(part.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : parse_number<unsigned>(part.substr(dash + 1));
  if (!first || !last || *last < *first || *last >= CpuSet::limit) return false;
  for (unsigned member = *first; member <= *last; member += std::min(stride, CpuSet::limit))
    set.insert(member);
  return true;
}

}  // namespace

Result<CpuSet> parse_cpu_list(std::string_view text) {
  CpuSet set;
  for (const std::string_view part : split(trim(text), ','))
    if (!insert_part(set, trim(part))) return bad_list(text, part);
  return set;
}

Result<CpuSet> parse_cpu_mask(std::string_view text) {
  CpuSet set;
  auto words = split(trim(text), ',');
  if (words.empty()) words.emplace_back();  // no word at all is no mask; "0" is the empty one
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word.starts_with("0x")) word.remove_prefix(2);
    const auto value =
        word.empty() && words.size() > 1 ? 0U : parse_number<std::uint32_t>(word, 16);
    const std::size_t base = (words.size() - 1 - i) * 32;
    if (!value || (*value != 0 && base + 32 > CpuSet::limit))
      return Failure{FailureKind::bad_input,
                     cat("CPU mask \"",
                         text.substr(0, 80),
                         "\" has the unreadable word \"",
                         words[i].substr(0, 80),
                         "\""),
                     "write it as comma-separated 32-bit hexadecimal words",
                     {}};
    for (unsigned bit = 0; bit < 32; ++bit)
      if ((*value >> bit & 1U) != 0) set.insert(static_cast<unsigned>(base) + bit);
  }
  return set;
}

}  // namespace holdfast
