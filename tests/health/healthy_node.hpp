// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/facts.hpp"
#include "holdfast/health/limits.hpp"

#include <cstdint>
#include <string>

namespace holdfast::health {

/// The facts of a healthy node with eight GPUs, eight InfiniBand ports and a RoCE port: every
/// member is known, so that a test changes one and sees what is made of it.
[[nodiscard]] Facts healthy_node();

/// The class such a node belongs to.
[[nodiscard]] NodeClass healthy_class();

inline constexpr std::uint64_t gib = std::uint64_t{1} << 30;
inline constexpr std::int64_t noon = 1'800'000'000;

}  // namespace holdfast::health
