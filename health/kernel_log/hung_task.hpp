// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/kernel_event.hpp"

#include <optional>
#include <string_view>

namespace holdfast::health {

/// A task that waits in the kernel for minutes; none for other lines.
[[nodiscard]] std::optional<KernelEvent> hung_task_of(std::string_view text);

}  // namespace holdfast::health
