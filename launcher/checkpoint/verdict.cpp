// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/verdict.hpp"

#include <array>

namespace holdfast::checkpoint {

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::unfinished:
      return "unfinished";
    case Verdict::damaged:
      return "damaged";
    case Verdict::in_flight:
      return "in flight";
    case Verdict::unknown:
      break;
  }
  return "unknown";
}

std::string_view to_text(Level level) {
  switch (level) {
    case Level::listing:
      return "listing";
    case Level::edges:
      return "edges";
    case Level::structure:
      return "structure";
    case Level::payload:
      return "payload";
    case Level::semantic:
      break;
  }
  return "semantic";
}

std::string_view to_text(Flag flag) {
  switch (flag) {
    case Flag::no_checksum:
      return "no checksum";
    case Flag::suspect_holes:
      return "suspect holes";
    case Flag::world_size_bound:
      return "world size bound";
    case Flag::model_only:
      return "model only";
    case Flag::torn_overwrite:
      return "torn overwrite";
    case Flag::without_inventory:
      break;
  }
  return "without inventory";
}

std::vector<Flag> members(Flags flags) {
  std::vector<Flag> found;
  for (const Flag flag : {Flag::no_checksum,
                          Flag::suspect_holes,
                          Flag::world_size_bound,
                          Flag::model_only,
                          Flag::torn_overwrite,
                          Flag::without_inventory})
    if (flags.contains(flag)) found.push_back(flag);
  return found;
}

Verdict worse(Verdict a, Verdict b) {
  constexpr std::array from_best{
      Verdict::good, Verdict::unknown, Verdict::in_flight, Verdict::unfinished, Verdict::damaged};
  const auto rank = [&](Verdict verdict) {
    std::size_t at = 0;
    while (from_best[at] != verdict)
      ++at;
    return at;
  };
  return rank(a) < rank(b) ? b : a;
}

}  // namespace holdfast::checkpoint
