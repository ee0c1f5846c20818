// SPDX-License-Identifier: Apache-2.0
// The value is reached by asking for it, so that the place where a failure was thought of can be
// seen.
//
// refused: cannot convert
#include "holdfast/common/result.hpp"

holdfast::Result<int> read_answer();

int doubled() {
#ifdef HOLDFAST_RIGHT
  const auto answer = read_answer();
  return answer ? *answer * 2 : 0;
#else
  const int answer = read_answer();
  return answer * 2;
#endif
}
