// SPDX-License-Identifier: Apache-2.0
// A root with two checkpoints of one framework, the newer of which a test then breaks.
#pragma once

#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/select.hpp"
#include "support/checkpoint/frameworks.hpp"

#include <optional>
#include <string>

namespace holdfast::checkpoint::testing {

struct Scene {
  explicit Scene(const Framework& framework);

  World world;
  const Framework& framework;
  std::string older;  ///< path of step 10
  std::string newer;  ///< path of step 20, to be broken
  std::string shard;  ///< the newer one's shard, from the root
  std::string older_shard;
  std::string marker;  ///< the newer one's, from the root; empty: none

  /// The verdict on the newer one, an hour after it was saved; nothing when it is not listed.
  [[nodiscard]] std::optional<Verdict> verdict(Level level = Level::structure) const;
  [[nodiscard]] Listed listed(Level level = Level::structure) const;
  /// The path select() chooses; empty: none.
  [[nodiscard]] std::string chosen(Level level = Level::structure) const;

  /// Nothing of a broken checkpoint may be chosen, and the one before it is.
  void expect_fallback(Level level = Level::structure) const;

 private:
  [[nodiscard]] Result<Catalogue> catalogue(Level level) const;
};

}  // namespace holdfast::checkpoint::testing
