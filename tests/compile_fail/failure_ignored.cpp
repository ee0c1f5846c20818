// SPDX-License-Identifier: Apache-2.0
// within() gives the failure with its circumstance added; dropping it loses both.
// refused: ignoring return value
#include "holdfast/common/result.hpp"

holdfast::Failure told(holdfast::Failure failure) {
#ifdef HOLDFAST_RIGHT
  return std::move(failure).within("planning rank 3");
#else
  std::move(failure).within("planning rank 3");
  return failure;
#endif
}
