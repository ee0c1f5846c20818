// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/facts.hpp"
#include "holdfast/health/limits.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

/// What a healthy node has, as the class of all nodes like it. Only what was seen is taken.
[[nodiscard]] NodeClass learn_class(const Facts& healthy, std::string_view name);

/// The class as a section of holdfast.toml.
[[nodiscard]] std::string to_toml(const NodeClass& node);

/// The class that fits the node: by host list first, then feature, then model. A class without any
/// of them fits every node and comes last. An unreadable host list fits no node.
[[nodiscard]] NodeClass class_of(std::span<const NodeClass> classes,
                                 std::string_view host,
                                 std::span<const std::string> features,
                                 const Facts& facts);

/// One line for each thing in which two nodes differ and that should be the same: what counts, what
/// names a version or a speed. Not what names the part itself, nor what changes with time.
struct Difference {
  std::string what;
  std::string here, there;

  friend bool operator==(const Difference&, const Difference&) = default;
};
[[nodiscard]] std::vector<Difference> differences(const NodeClass& here, const NodeClass& there);

/// One key of a class in the settings.
struct ClassKey {
  std::string_view name;
  std::string_view help;
};
[[nodiscard]] std::span<const ClassKey> class_keys();

}  // namespace holdfast::health
