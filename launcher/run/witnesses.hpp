// SPDX-License-Identifier: Apache-2.0
// Other nodes' word on one that fell silent: whether they reach its slurmd. It stands in the loss's
// evidence, and tells a dead node from one that only its sentinel, or a network, has left. Nobody
// waits for it longer than for the node itself: once the lease is over the ranks there are dead,
// whatever the witnesses say, and a node that they do reach has its beats carried by them before.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace holdfast::run {

class Witnesses {
 public:
  /// Where slurmd listens on every node; 0: nobody can be asked.
  void set_port(std::uint16_t port) { port_ = port; }
  void know(const std::string& node, const std::string& address) { address_of_[node] = address; }

  struct Order {
    std::vector<std::string> witnesses;  ///< empty: nobody is asked
    std::string address;
    std::uint16_t port{};
  };
  /// Whom to ask about `node`: some of the living, and the supervisor's own node only where there
  /// is nobody else.
  [[nodiscard]] Order ask_about(const std::string& node,
                                const std::string& own,
                                const std::vector<std::string>& living);
  void heard(const std::string& witness, const std::string& address, bool answered);

  /// ", and 3 of 3 nodes do not reach it either"; empty where nobody was asked.
  [[nodiscard]] std::string words_on(const std::string& node) const;

 private:
  struct Words {
    std::set<std::string> asked, reached, missed;
  };
  std::uint16_t port_{};
  std::map<std::string, std::string> address_of_;
  std::map<std::string, Words> words_;  ///< by suspect
};

}  // namespace holdfast::run
