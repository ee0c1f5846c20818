// SPDX-License-Identifier: Apache-2.0
// The two files this room keeps in the state directory:
//   supervisor.json  where the supervisor is: {"epoch", "addresses", "port"}
//   peers.json       who votes, and where sentinels find each other: {"epoch", "members", "peers"}
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/sentinel/roster.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sentinel {

struct Announcement {
  std::uint64_t epoch{};
  Endpoint endpoint;
};

struct Peers {
  std::uint64_t epoch{};
  std::vector<std::string> members;       ///< who votes, in the order of the allocation
  std::map<std::string, Endpoint> where;  ///< of each node that joined
};

[[nodiscard]] std::string announcement_text(const Announcement& announcement);
[[nodiscard]] std::optional<Announcement> parse_announcement(std::string_view text);
[[nodiscard]] std::string peers_text(const Peers& peers);
[[nodiscard]] std::optional<Peers> parse_peers(std::string_view text);

[[nodiscard]] std::string announcement_file(const std::string& state);
[[nodiscard]] std::string peers_file(const std::string& state);

/// A whole file of at most this many bytes; nothing readable is a failure.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::size_t most);

/// Puts the text in the file's place, 0600, so that a reader sees the old or the new one.
[[nodiscard]] std::optional<Failure> write_in_place(const std::string& path, std::string_view text);

}  // namespace holdfast::sentinel
