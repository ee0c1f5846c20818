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

[[nodiscard]] const Layout& orbax();
[[nodiscard]] const Layout& tensorflow();
[[nodiscard]] const Layout& scr();
[[nodiscard]] const Layout& veloc();
[[nodiscard]] const Layout& dmtcp();
[[nodiscard]] const Layout& gromacs();
[[nodiscard]] const Layout& lammps();
[[nodiscard]] const Layout& flax();
[[nodiscard]] const Layout& marker();

}  // namespace holdfast::checkpoint
