// SPDX-License-Identifier: Apache-2.0
// A failure nobody looks at is the one that is asked about at night.
// refused: ignoring return value|ignoring returned value
#include "holdfast/common/result.hpp"

holdfast::Result<int> read_answer();

bool asks() {
#ifdef HOLDFAST_RIGHT
  return read_answer().has_value();
#else
  read_answer();
  return true;
#endif
}
