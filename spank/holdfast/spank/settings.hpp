// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::spank {

/// What one source (option, environment, plugstack.conf) says about binding. What it leaves open,
/// a source of lower rank or the program's own settings file answers.
struct BindWish {
  std::optional<bool> on;  ///< none: nothing said
  std::string mode;        ///< "full" or "local"; empty: nothing said
  std::string visible;     ///< "all", "first" or "only"; empty: nothing said
  bool explain{};          ///< tell the placement of every rank
  bool strict{};           ///< a rank that cannot be placed does not start

  friend bool operator==(const BindWish&, const BindWish&) = default;
};

/// Reads "off", or "full" or "local" with or without "explain" and "strict", joined by commas.
[[nodiscard]] Result<BindWish> parse_bind(std::string_view words);

/// Reads "all", "first" or "only".
[[nodiscard]] Result<std::string> parse_visible(std::string_view word);

/// `upper` where it says something, `lower` elsewhere. `explain` and `strict` add up, so that an
/// option need not repeat what the site asks for.
[[nodiscard]] BindWish over(BindWish lower, const BindWish& upper);

/// What the administrator wrote behind the plugin's name in plugstack.conf. Root-side decisions
/// rest on this alone, never on options or the environment.
struct Site {
  BindWish wish;
  std::string program{"/usr/bin/holdfast"};
  std::chrono::milliseconds deadline{2000};  ///< the most a step may wait for `program`
};

/// Nothing in plugstack.conf can fail a step: what is wrong is ignored and complained about.
struct SiteRead {
  Site site;
  std::vector<std::string> complaints;  ///< one sentence each
};
[[nodiscard]] SiteRead read_site(std::span<const std::string_view> arguments);

}  // namespace holdfast::spank
