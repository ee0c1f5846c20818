// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace holdfast::health {

/// How much of the node a look takes in.
enum class Depth : std::uint8_t {
  quick,     ///< before a job: what no check reads then is left out
  usual,     ///< all but what takes milliseconds
  thorough,  ///< every CPU, every GID, InfoROMs, and a file written where the site wants one
};

}  // namespace holdfast::health
