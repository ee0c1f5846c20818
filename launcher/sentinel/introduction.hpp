// SPDX-License-Identifier: Apache-2.0
// Both sides of a new connection prove that they are the job's owner before either believes a word.
//
//   host → guest   hello    its role, the job, a fresh challenge
//   guest → host   hello    its role, its node, a fresh challenge, its proof over both challenges
//   host → guest   welcome  its proof, and what the guest must know
//
// A proof names the role of its maker, so it cannot be sent back to him, and the other's fresh
// challenge, so it cannot be used again.
#pragma once

#include "sentinel/link.hpp"
#include "sentinel/prover.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdfast::sentinel {

inline constexpr unsigned wire_version = 1;
inline constexpr std::chrono::milliseconds introduction_time{10000};

struct HostSide {
  std::string role;
  std::string job;
  /// Whether this guest (role, node, what else its hello says) is expected at all.
  std::function<std::optional<Failure>(const boost::json::object& hello)> admit;
  /// What the welcome says.
  std::function<boost::json::object(const boost::json::object& hello)> welcome;
  /// The guest is who he says. Must call link->trust().
  std::function<void(const std::shared_ptr<Link>& link, const boost::json::object& hello)> met;
  std::function<void(const Failure& failure)> refused;
};

struct GuestSide {
  std::string role;
  std::string job;
  std::string node;
  std::string host_role;       ///< who must answer
  boost::json::object extras;  ///< further fields of the hello
  std::function<void(const std::shared_ptr<Link>& link, const boost::json::object& welcome)> met;
  std::function<void(const Failure& failure)> refused;
};

/// Each calls `met` or `refused` once, later, unless the link is closed by its owner first. The
/// prover outlives the link.
void receive_guest(const std::shared_ptr<Link>& link, Prover& prover, HostSide side);
void introduce_to_host(const std::shared_ptr<Link>& link, Prover& prover, GuestSide side);

}  // namespace holdfast::sentinel
