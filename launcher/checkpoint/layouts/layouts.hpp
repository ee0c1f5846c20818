// SPDX-License-Identifier: Apache-2.0
// One line per layout. The order in which they are asked is in layouts.cpp.
#pragma once

#include "holdfast/checkpoint/layout.hpp"

namespace holdfast::checkpoint {

[[nodiscard]] const Layout& megatron();
[[nodiscard]] const Layout& nemo();
[[nodiscard]] const Layout& hf_trainer();
[[nodiscard]] const Layout& deepspeed();
[[nodiscard]] const Layout& torchtitan();
[[nodiscard]] const Layout& composer();
[[nodiscard]] const Layout& lightning();
[[nodiscard]] const Layout& accelerate();
[[nodiscard]] const Layout& torch_dcp();
[[nodiscard]] const Layout& safetensors_dir();
[[nodiscard]] const Layout& single_torch_file();

}  // namespace holdfast::checkpoint
