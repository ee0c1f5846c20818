// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/sentinel/roster.hpp"
#include "sentinel/link.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::sentinel {

/// What the roster knows of one node of the allocation.
struct RosterNode {
  using Clock = std::chrono::steady_clock;
  enum class State { absent, living, lost };

  std::string name;
  State state{State::absent};
  std::string instance;  // of the sentinel's process: a new one counts its beats from the start
  std::vector<std::string> retired;          // instances that another one has followed
  Clock::time_point awaited;                 // since when it may join
  std::vector<std::shared_ptr<Link>> links;  // one per network; it lives while any of them does
  std::uint64_t sequence{};                  // of the last beat
  Clock::time_point heard;
  bool suspected{};
  Clock::time_point left;  // when the last link ended
  Endpoint peer_door;      // where other sentinels reach it
  std::optional<Clock::time_point> acknowledged;
  std::optional<Clock::time_point> fenced;      // the end of the last lease it was given
  std::optional<Clock::time_point> round_trip;  // our youngest answer that it is known to have got

  /// Remembers when beat `sequence` was answered.
  void answered(std::uint64_t beat, Clock::time_point now) {
    answers_[beat % answers_.size()] = {beat, now};
  }

  /// The node says that it got the answer to that beat: it hears us, not only we it.
  void confirmed(std::uint64_t beat) {
    const auto& [known, when] = answers_[beat % answers_.size()];
    if (known == beat && beat != 0 && (!round_trip || *round_trip < when)) round_trip = when;
  }

 private:
  std::array<std::pair<std::uint64_t, Clock::time_point>, 16> answers_{};
};

}  // namespace holdfast::sentinel
