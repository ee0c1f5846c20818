// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/kernel_event.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::health {

/// What the line of a driver says of a PCIe error behind "DRIVER ADDRESS: ", without the "AER: "
/// that newer kernels put there; none for other lines.
[[nodiscard]] std::optional<KernelEvent> aer_of(const std::string& address,
                                                std::string_view message);

}  // namespace holdfast::health
