// SPDX-License-Identifier: Apache-2.0
// Opening a path so that it cannot lead out of a directory. The kernel does it in one call where it
// knows openat2(); the walk by hand stands in for older kernels and sandboxes, and for absolute
// links that point back into the root, which the kernel refuses and people make all the time.
#pragma once

#include "holdfast/files/descriptor.hpp"

#include <string>

namespace holdfast::checkpoint {

using files::Descriptor;

/// Where paths begin and what they may not leave.
struct Confine {
  int root{-1};
  std::string real_path;  ///< of the root, without links; "" where it is not known
  bool by_hand{};         ///< never ask openat2(): for tests of the walk
};

/// Opens `path` under the root, following links as long as they stay inside; with O_PATH and
/// O_NOFOLLOW a last link is opened itself. -1 and errno on
/// failure; EXDEV when the path leaves the root, ELOOP when links do not end.
[[nodiscard]] Descriptor open_beneath(const Confine& confine, const std::string& path, int flags);

}  // namespace holdfast::checkpoint
