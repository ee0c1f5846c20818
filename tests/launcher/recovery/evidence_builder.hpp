// SPDX-License-Identifier: Apache-2.0
// Evidence of a job of eight ranks on n1 to n4, told as a story: each thing happens a millisecond
// after the one before.
#pragma once

#include "holdfast/recovery/evidence.hpp"

#include <string>
#include <string_view>

namespace holdfast::recovery::testing {

class EvidenceBuilder {
 public:
  EvidenceBuilder() {
    for (unsigned node = 0; node < 4; ++node)
      evidence_.ranks.push_back({"n" + std::to_string(node + 1), 2 * node, 2});
  }

  EvidenceBuilder& at(std::int64_t ms) {
    now_ = ms;
    return *this;
  }
  EvidenceBuilder& say(std::string_view text) {
    evidence_.lines.push_back({now_++, "", {}, std::string(text)});
    return *this;
  }
  EvidenceBuilder& say(unsigned rank, std::string_view text) {
    evidence_.lines.push_back({now_++, "", rank, std::string(text)});
    return *this;
  }
  EvidenceBuilder& exits(unsigned rank, int code) {
    evidence_.exits.push_back(end(rank));
    evidence_.exits.back().exit_code = code;
    return *this;
  }
  EvidenceBuilder& killed(unsigned rank, int signal) {
    evidence_.exits.push_back(end(rank));
    evidence_.exits.back().signal = signal;
    return *this;
  }
  EvidenceBuilder& out_of_memory(unsigned rank) {
    killed(rank, 9);
    evidence_.exits.back().out_of_memory = true;
    return *this;
  }
  EvidenceBuilder& sign(std::string node, SignKind kind, std::string text) {
    evidence_.signs.push_back({std::move(node), kind, std::move(text), now_++});
    return *this;
  }
  EvidenceBuilder& lost(std::string node) {
    evidence_.lost_nodes.push_back({std::move(node), "silent on every network", 5000});
    return *this;
  }
  [[nodiscard]] Evidence evidence() const { return evidence_; }

 private:
  RankExit end(unsigned rank) {
    RankExit exit;
    exit.rank = rank;
    exit.node = "n" + std::to_string(rank / 2 + 1);
    exit.at_ms = now_++;
    return exit;
  }

  Evidence evidence_;
  std::int64_t now_{1000};
};

inline EvidenceBuilder job() { return {}; }

}  // namespace holdfast::recovery::testing
