// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/kernel_event.hpp"

#include <optional>
#include <string_view>

namespace holdfast::health {

/// A machine check or an EDAC report; none for other lines.
[[nodiscard]] std::optional<KernelEvent> machine_check_of(std::string_view text);

}  // namespace holdfast::health
