// SPDX-License-Identifier: Apache-2.0
// One TCP connection that carries messages, used by all three kinds of talk: sentinel and
// supervisor, sentinel and sentinel, ctl and supervisor. Callbacks come from the io_context, never
// from within a call; after close() there are none. A link keeps itself alive while it reads or
// writes.
#pragma once

#include "sentinel/frame.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::sentinel {

class Link : public std::enable_shared_from_this<Link> {
 public:
  using Received = std::function<void(const boost::json::object&)>;
  using Closed = std::function<void(const std::string& why)>;

  explicit Link(boost::asio::ip::tcp::socket socket);

  /// Reads from now on. The whole introduction has this long, then the link is closed. A link that
  /// is carried on by a third party is begun again when it is, with another peer.
  void start(Received received, Closed closed, std::chrono::milliseconds introduction);

  /// The other side has proved who it is: long messages are welcome, there is no hurry, and from
  /// now on somebody else listens.
  void trust(Received received, Closed closed);

  /// Keeps what arrives until trust(): the owner has still to find out whom he listens to.
  void hold() { held_ = true; }

  void send(const boost::json::object& message);

  /// Closes once everything sent so far is out, at the latest after this time. Nothing more is
  /// read.
  void close_after_sending(std::chrono::milliseconds patience);

  /// Ends the link without a word to its owner.
  void close();

  [[nodiscard]] bool open() const { return !closed_already_; }
  [[nodiscard]] std::string peer() const;  ///< the other side's address, numeric

 private:
  void read();
  void take(std::size_t count);
  void write();
  void fail(const std::string& why);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  // Shared, so that a callback may replace itself while it runs.
  std::shared_ptr<const Received> received_;
  std::shared_ptr<const Closed> closed_;
  FrameReader reader_{max_frame_of_stranger};
  std::array<char, 8192> buffer_{};
  std::string waiting_;  // to be written after what is being written
  std::string writing_;
  bool closed_already_{};
  bool closing_{};
  bool held_{};
  bool reading_{};
};

}  // namespace holdfast::sentinel
