// SPDX-License-Identifier: Apache-2.0
#include "sentinel/link.hpp"

#include "holdfast/common/text.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace holdfast::sentinel {

namespace asio = boost::asio;

namespace {

// Of a peer that does not read; a supervisor's orders to one node are some KB.
constexpr std::size_t max_waiting = std::size_t{4} << 20U;

}  // namespace

Link::Link(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)), deadline_(socket_.get_executor()) {
  boost::system::error_code ignored;  // a slower link is still a link
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Link::start(Received received, Closed closed, std::chrono::milliseconds introduction) {
  received_ = std::make_shared<const Received>(std::move(received));
  closed_ = std::make_shared<const Closed>(std::move(closed));
  deadline_.expires_after(introduction);
  deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->fail("it did not introduce itself in time");
  });
  if (!std::exchange(reading_, true)) read();
}

void Link::trust(Received received, Closed closed) {
  received_ = std::make_shared<const Received>(std::move(received));
  closed_ = std::make_shared<const Closed>(std::move(closed));
  reader_.set_limit(max_frame);
  deadline_.cancel();
  if (!std::exchange(held_, false)) return;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->closed_already_) self->take(0);
  });
}

void Link::send(const boost::json::object& message) {
  if (closed_already_ || closing_) return;
  waiting_ += encode_frame(message);
  if (waiting_.size() > max_waiting) {
    // The owner may be in the middle of a loop over its links: it is told later.
    asio::post(socket_.get_executor(),
               [self = shared_from_this()] { self->fail("it does not read what is sent"); });
    closing_ = true;
    return;
  }
  if (writing_.empty()) write();
}

void Link::close_after_sending(std::chrono::milliseconds patience) {
  if (closed_already_) return;
  closing_ = true;
  if (writing_.empty() && waiting_.empty()) return close();
  deadline_.expires_after(patience);
  deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->fail("it does not read what is sent");
  });
}

void Link::close() {
  closed_already_ = true;
  deadline_.cancel();
  boost::system::error_code ignored;  // it is going away
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  // The callbacks own their surroundings, which own this link.
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->received_ = nullptr;
    self->closed_ = nullptr;
  });
}

std::string Link::peer() const {
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (error) return "an address that is gone";
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.to_string();
}

void Link::read() {
  socket_.async_read_some(
      asio::buffer(buffer_),
      [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
        if (self->closed_already_) return;
        if (error)
          return self->fail(error == asio::error::eof ? "it ended the connection"
                                                      : error.message());
        self->take(count);
      });
}

void Link::take(std::size_t count) {
  reader_.add({buffer_.data(), count});
  while (!closed_already_) {
    auto message = reader_.next();
    if (!message) return fail(message.error().sentence());
    if (!*message) return read();
    const auto received = received_;
    if (received && !closing_) (*received)(**message);
    if (held_) return;
  }
}

void Link::write() {
  writing_.swap(waiting_);
  waiting_.clear();
  asio::async_write(socket_,
                    asio::buffer(writing_),
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      self->writing_.clear();
                      if (self->closed_already_) return;
                      if (error) return self->fail(error.message());
                      if (!self->waiting_.empty()) return self->write();
                      if (self->closing_) self->fail("");
                    });
}

void Link::fail(const std::string& why) {
  if (closed_already_) return;
  const auto tell = closed_;
  close();
  if (tell) (*tell)(why);
}

}  // namespace holdfast::sentinel
