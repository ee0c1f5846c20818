// SPDX-License-Identifier: Apache-2.0
// Formats whose files are told by their first bytes and carry their step inside: LAMMPS, GROMACS.
// Their programs write the same few names over and over, so that a name says nothing of age.
#pragma once

#include "checkpoint/examination.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace holdfast::checkpoint {

struct Dated {
  bool recognised{};
  bool foreign{};  ///< certainly something else that happens to have such a name: no candidate
  std::optional<std::uint64_t> step;
};

/// Gives the candidates their steps, as `look` finds them in the newest few, and says whether any
/// was recognised at all. Where one step cannot be read none is given: steps of some and times of
/// others cannot be put in one order, times of all can.
[[nodiscard]] bool date_by_contents(std::vector<Checkpoint>& candidates,
                                    const std::function<Dated(const Checkpoint&)>& look);

}  // namespace holdfast::checkpoint
