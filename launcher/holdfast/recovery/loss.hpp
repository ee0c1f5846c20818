// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/recovery/cause.hpp"

#include <string>
#include <vector>

namespace holdfast::recovery {

/// Why an attempt ended, as far as it is known.
struct Loss {
  Cause cause{Cause::unknown};
  std::vector<std::string> blamed{};  ///< nodes; empty where none is to blame
  std::string why{};                  ///< one sentence
  /// Equal for two losses that are the same failure at the same place: exit, message and innermost
  /// frame without numbers, addresses and paths that change from run to run.
  std::string fingerprint{};
  /// Nothing more is needed to believe it: a module that is not there will not be there next time,
  /// a GPU that fell off the bus is gone. Of a failed launch: srun says what does not pass.
  bool self_proving{};
  std::vector<std::string> evidence{};  ///< what it rests on, each a sentence or a line as printed
  int exit_code{};                      ///< what srun ended with
};

}  // namespace holdfast::recovery
