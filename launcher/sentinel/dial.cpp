// SPDX-License-Identifier: Apache-2.0
#include "sentinel/dial.hpp"

#include "holdfast/common/text.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::sentinel {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Call {
  explicit Call(asio::io_context& context) : socket(context), timer(context) {}
  tcp::socket socket;
  asio::steady_timer timer;
};

std::optional<Failure> listen_on(tcp::acceptor& acceptor, const tcp::endpoint& where) {
  boost::system::error_code error;
  acceptor.open(where.protocol(), error);
  if (!error && where.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(where, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) return std::nullopt;
  boost::system::error_code ignored;  // it may not be open at all
  acceptor.close(ignored);
  return Failure{
      FailureKind::unsupported, cat("no port can be opened (", error.message(), ")"), "", {}};
}

}  // namespace

std::optional<Failure> open_door(tcp::acceptor& acceptor, std::uint16_t port) {
  if (!listen_on(acceptor, {tcp::v6(), port})) return std::nullopt;
  return listen_on(acceptor, {tcp::v4(), port});
}

void dial(asio::io_context& context,
          const std::string& address,
          std::uint16_t port,
          std::chrono::milliseconds patience,
          std::function<void(std::shared_ptr<Link>)> done) {
  boost::system::error_code error;
  const auto numeric = asio::ip::make_address(address, error);
  if (error) return asio::post(context, [done = std::move(done)] { done(nullptr); });
  const auto call = std::make_shared<Call>(context);
  call->timer.expires_after(patience);
  call->timer.async_wait([call](boost::system::error_code stopped) {
    boost::system::error_code ignored;  // the attempt ends with it
    if (!stopped) call->socket.close(ignored);
  });
  call->socket.async_connect({numeric, port},
                             [call, done = std::move(done)](boost::system::error_code failed) {
                               call->timer.cancel();
                               if (failed || !call->socket.is_open()) return done(nullptr);
                               done(std::make_shared<Link>(std::move(call->socket)));
                             });
}

void dial(asio::io_context& context,
          const Endpoint& where,
          std::chrono::milliseconds patience,
          const std::function<void(std::shared_ptr<Link>)>& done) {
  struct Race {
    std::size_t running{};
    bool won{};
  };
  const auto race = std::make_shared<Race>();
  race->running = where.addresses.size();
  if (race->running == 0) return asio::post(context, [done] { done(nullptr); });
  for (const std::string& address : where.addresses)
    dial(context, address, where.port, patience, [race, done](const std::shared_ptr<Link>& link) {
      --race->running;
      if (race->won) {
        if (link) link->close();
      } else if (link || race->running == 0) {
        race->won = true;
        done(link);
      }
    });
}

}  // namespace holdfast::sentinel
