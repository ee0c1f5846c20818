// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/result.hpp"

#include "holdfast/common/text.hpp"

#include <stdexcept>

namespace holdfast {

Failure Failure::within(std::string_view circumstance) && {
  what = cat(circumstance, ": ", what);
  return std::move(*this);
}

std::string Failure::sentence() const {
  std::string line = what;
  if (cause) line += cat(" (", cause.message(), ")");
  if (!remedy.empty()) line += cat("; ", remedy);
  return line;
}

void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
  throw std::logic_error(cat("a failed Result was used as a value: ", failure.sentence()));
}

std::error_code errno_code(int error_number) noexcept {
  return {error_number, std::generic_category()};
}

}  // namespace holdfast
