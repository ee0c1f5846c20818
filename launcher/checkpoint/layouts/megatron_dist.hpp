// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/examination.hpp"

#include <string_view>

namespace holdfast::checkpoint {

/// A distributed checkpoint as Megatron-core writes it (`torch_dist`) in a directory of the
/// checkpoint: Megatron's own iterations and the weights/ of NeMo.
void check_megatron_dist(Examination& examination, std::string_view directory);

}  // namespace holdfast::checkpoint
