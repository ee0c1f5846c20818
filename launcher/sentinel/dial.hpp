// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/sentinel/roster.hpp"
#include "sentinel/link.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

namespace holdfast::sentinel {

/// Listens on this port (0: one that is free) of every address of this node, over IPv6 and IPv4
/// where the kernel has both.
[[nodiscard]] std::optional<Failure> open_door(boost::asio::ip::tcp::acceptor& acceptor,
                                               std::uint16_t port);

/// Connects to one numeric address; `done` gets the link, or nothing when the time is over or
/// nobody is there. Always later, and once.
void dial(boost::asio::io_context& context,
          const std::string& address,
          std::uint16_t port,
          std::chrono::milliseconds patience,
          std::function<void(std::shared_ptr<Link>)> done);

/// To all addresses of a place at once; the first that answers is taken.
void dial(boost::asio::io_context& context,
          const Endpoint& where,
          std::chrono::milliseconds patience,
          const std::function<void(std::shared_ptr<Link>)>& done);

}  // namespace holdfast::sentinel
