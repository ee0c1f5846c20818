// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast::affinity {

/// The words the JSON form uses for enumerators; part of the public format (README.md).
template <class Enum, std::size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

inline constexpr Words<Vendor, 4> vendor_words{{{Vendor::unknown, "unknown"},
                                                {Vendor::nvidia, "nvidia"},
                                                {Vendor::amd, "amd"},
                                                {Vendor::intel, "intel"}}};

inline constexpr Words<NicKind, 6> nic_kind_words{{{NicKind::infiniband, "infiniband"},
                                                   {NicKind::roce, "roce"},
                                                   {NicKind::efa, "efa"},
                                                   {NicKind::slingshot, "slingshot"},
                                                   {NicKind::omni_path, "omni_path"},
                                                   {NicKind::ethernet, "ethernet"}}};

inline constexpr Words<PortState, 3> port_state_words{
    {{PortState::unknown, "unknown"}, {PortState::down, "down"}, {PortState::active, "active"}}};

template <class Enum, std::size_t N>
[[nodiscard]] std::string_view word_for(const Words<Enum, N>& words, Enum value) {
  const auto found = std::ranges::find(words, value, &std::pair<Enum, std::string_view>::first);
  return found == words.end() ? std::string_view{} : found->second;
}

template <class Enum, std::size_t N>
[[nodiscard]] std::optional<Enum> value_of(const Words<Enum, N>& words, std::string_view word) {
  const auto found = std::ranges::find(words, word, &std::pair<Enum, std::string_view>::second);
  return found == words.end() ? std::nullopt : std::optional(found->first);
}

/// The version of the format, raised when a reader of the old one would misread the new one.
inline constexpr unsigned json_version = 1;
inline constexpr std::string_view json_marker = "holdfast_topology";

}  // namespace holdfast::affinity
