// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/stand_in.hpp"

#include <vector>

namespace holdfast::step {

namespace {

CpuSet folded(const CpuSet& recorded, const CpuSet& real) {
  const std::vector<unsigned> players(real.begin(), real.end());
  CpuSet out;
  for (const unsigned number : recorded)
    out.insert(players[number % players.size()]);
  return out;
}

}  // namespace

CpuSet StandIn::to_real(const CpuSet& recorded) const {
  return active() ? folded(recorded, real_pus) : recorded;
}

CpuSet StandIn::to_recorded(const CpuSet& real, const CpuSet& all) const {
  if (!active()) return real;
  CpuSet out;
  for (const unsigned number : all)
    if (to_real(CpuSet{number}).intersects(real)) out.insert(number);
  return out;
}

affinity::MemoryPolicy StandIn::to_real(affinity::MemoryPolicy recorded) const {
  using Kind = affinity::MemoryPolicy::Kind;
  if (!active() || real_nodes.empty() || recorded.kind == Kind::unchanged) return recorded;
  recorded.nodes = folded(recorded.nodes, real_nodes);
  if (recorded.nodes.size() == 1) recorded.kind = Kind::preferred;
  return recorded;
}

}  // namespace holdfast::step
