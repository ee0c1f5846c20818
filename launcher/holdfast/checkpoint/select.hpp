// SPDX-License-Identifier: Apache-2.0
// Which checkpoint to resume from. Pure: same catalogue, same memory, same clock, same choice. It
// waits for nothing itself; where waiting is right it says until when.
#pragma once

#include "holdfast/checkpoint/catalogue.hpp"

#include <optional>
#include <set>
#include <string>
#include <variant>

namespace holdfast::checkpoint {

struct Policy {
  unsigned candidates{3};    ///< how many may disappoint after being read before the search stops
  bool trust_unknown{true};  ///< an `unknown` whose edges were sound may be used
  bool model_only{};         ///< weights without optimizer are enough
  bool foreign_is_empty{};   ///< start anew although the root holds things no layout knows
  std::optional<Time> wait_until;  ///< how long in-flight writes may be waited for at most
  std::vector<Condemned> condemned;
};

/// Resume from newest_first[index].
struct Resume {
  std::size_t index{};
  std::string why;
};
/// Something newer is being written: read the catalogue again at `until`.
struct WaitFor {
  std::size_t index{};
  Time until;
  std::string why;
};
/// Nothing was ever saved here: start from the beginning.
struct ColdStart {
  std::string why;
};
/// There are checkpoints and none may be used: nothing is started, a person decides.
struct NoneGood {
  std::string why;
  std::string remedy;
};

struct Choice {
  std::variant<Resume, WaitFor, ColdStart, NoneGood> what;
  /// Why newer ones were not taken, newest first; neighbours with one reason in one sentence.
  std::vector<std::string> passed_over;
};

[[nodiscard]] Choice select(const Catalogue& catalogue, const Policy& policy, Time now);

}  // namespace holdfast::checkpoint
