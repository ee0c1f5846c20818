// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace holdfast::sentinel {

/// A way to a port of this machine that can be broken in silence, as by a switch that drops
/// packets: what was connected stays connected, and nothing comes through.
class Way {
 public:
  Way(boost::asio::io_context& context, std::uint16_t to)
      : context_(context), door_(context, {boost::asio::ip::address_v4::loopback(), 0}), to_(to) {
    accept();
  }
  [[nodiscard]] std::uint16_t port() const { return door_.local_endpoint().port(); }
  [[nodiscard]] std::size_t connections() const { return pipes_.size(); }
  void break_off() { broken_ = true; }
  /// As by a switch that was started again: what is connected anew comes through.
  void lose_what_is_connected() {
    for (const auto& pipe : pipes_)
      pipe->lost = true;
  }

 private:
  struct Pipe {
    explicit Pipe(boost::asio::io_context& context) : from(context), to(context) {}
    boost::asio::ip::tcp::socket from, to;
    bool lost{};
    std::array<std::array<char, 4096>, 2> space{};
  };

  void accept() {
    auto pipe = std::make_shared<Pipe>(context_);
    door_.async_accept(pipe->from, [this, pipe](boost::system::error_code error) {
      if (error) return;
      if (!broken_) {
        pipe->to.connect({boost::asio::ip::address_v4::loopback(), to_}, error);
        pump(pipe, pipe->from, pipe->to, 0);
        pump(pipe, pipe->to, pipe->from, 1);
      }
      pipes_.push_back(pipe);
      accept();
    });
  }

  void pump(const std::shared_ptr<Pipe>& pipe,
            boost::asio::ip::tcp::socket& from,
            boost::asio::ip::tcp::socket& to,
            std::size_t way) {
    from.async_read_some(
        boost::asio::buffer(pipe->space[way]),
        [this, pipe, &from, &to, way](boost::system::error_code error, std::size_t count) {
          if (error) return;
          if (!broken_ && !pipe->lost)
            boost::asio::write(to, boost::asio::buffer(pipe->space[way], count), error);
          pump(pipe, from, to, way);
        });
  }

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor door_;
  std::uint16_t to_;
  bool broken_{};
  std::vector<std::shared_ptr<Pipe>> pipes_;
};

}  // namespace holdfast::sentinel
