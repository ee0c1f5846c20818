// SPDX-License-Identifier: Apache-2.0
// The order in which a root is recognised: most specific first, since checkpoints contain each
// other (Hugging Face contains DeepSpeed, NeMo contains Megatron, many contain DCP). The first
// layout that finds a checkpoint has the root; a format named by the user comes before all of them.
#include "checkpoint/layouts/layouts.hpp"

#include <algorithm>
#include <array>

namespace holdfast::checkpoint {

std::span<const Layout* const> layouts() {
  static const std::array all{&orbax(),
                              &scr(),
                              &megatron(),
                              &nemo(),
                              &hf_trainer(),
                              &deepspeed(),
                              &torchtitan(),
                              &composer(),
                              &lightning(),
                              &accelerate(),
                              &torch_dcp(),
                              &tensorflow(),
                              &veloc(),
                              &dmtcp(),
                              &gromacs(),
                              &lammps(),
                              &flax(),
                              &safetensors_dir(),
                              &single_torch_file()};
  return all;
}

const Layout* find_layout(std::string_view name) {
  // Not in the table: it would find a checkpoint in every directory there is.
  if (name == marker().name()) return &marker();
  const auto all = layouts();
  const auto found =
      std::ranges::find_if(all, [&](const Layout* layout) { return layout->name() == name; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace holdfast::checkpoint
