// SPDX-License-Identifier: Apache-2.0
// Looks whether a port is free, in srun, just before the step starts. srun waits here, so every
// look ends within `patience`; a name server that sleeps is left to sleep in a thread of glibc's.
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"
#include "holdfast/spank/rendezvous.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::spank {

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned most_candidates = 16;

files::Descriptor open_socket(int family, int flags = 0) {
  return files::Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

EphemeralPorts read_ephemeral_ports() {
  std::array<char, 64> text{};
  const files::Descriptor file(
      ::open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC));
  if (!file.open()) return {};
  const ssize_t length = ::read(file.get(), text.data(), text.size());
  return parse_ephemeral_ports(
      {text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))});
}

/// Binding [::] takes the port for IPv4 too; a host without IPv6 is asked by IPv4. No listener is
/// disturbed: the socket is closed unused.
bool is_free_here(std::uint16_t port) {
  if (const auto six = open_socket(AF_INET6); six.open()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    if (::bind(six.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return true;
    }
    if (errno == EADDRINUSE || errno == EACCES) return false;
  }
  const auto four = open_socket(AF_INET);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return ::bind(four.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// An address found by name, and what glibc needs while it looks.
class Lookup {
 public:
  explicit Lookup(std::string name) : name_(std::move(name)) {
    hints_.ai_socktype = SOCK_STREAM;
    request_.ar_name = name_.c_str();
    request_.ar_request = &hints_;
  }
  ~Lookup() {
    if (request_.ar_result != nullptr) ::freeaddrinfo(request_.ar_result);
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  /// False: still looking when the time was over, so that this object must outlive the thread.
  [[nodiscard]] bool finish_until(Clock::time_point until) {
    std::array<gaicb*, 1> list{&request_};
    if (::getaddrinfo_a(GAI_NOWAIT, list.data(), 1, nullptr) != 0) return true;
    const std::array<const gaicb*, 1> waited{&request_};
    while (::gai_error(&request_) == EAI_INPROGRESS) {
      const auto left = until - Clock::now();
      if (left <= Clock::duration::zero()) return ::gai_cancel(&request_) != EAI_NOTCANCELED;
      const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
      const timespec timeout{static_cast<time_t>(seconds.count()),
                             static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
      ::gai_suspend(waited.data(), 1, &timeout);
    }
    return true;
  }

  [[nodiscard]] const addrinfo* address() const { return request_.ar_result; }

 private:
  std::string name_;
  addrinfo hints_{};
  gaicb request_{};
};

enum class Seen { free, taken, nothing };

/// Refused means free; anybody who answers has it; who does not answer tells nothing.
Seen look_from_afar(const addrinfo& where, std::uint16_t port, Clock::time_point until) {
  sockaddr_storage address{};
  std::memcpy(&address, where.ai_addr, where.ai_addrlen);
  // The port stands at the same place in both families.
  reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port);
  const auto socket = open_socket(where.ai_family, SOCK_NONBLOCK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), where.ai_addrlen) == 0) {
    return Seen::taken;
  }
  if (errno == ECONNREFUSED) return Seen::free;
  if (errno != EINPROGRESS) return Seen::nothing;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd wait{socket.get(), POLLOUT, 0};
  if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) != 1) return Seen::nothing;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return Seen::nothing;
  if (error == 0) return Seen::taken;
  return error == ECONNREFUSED ? Seen::free : Seen::nothing;
}

}  // namespace

std::optional<std::uint16_t> ask_free_port(const std::optional<std::string>& node,
                                           bool is_this_host,
                                           std::uint32_t job,
                                           std::uint32_t step,
                                           std::chrono::milliseconds patience) {
  const EphemeralPorts ephemeral = read_ephemeral_ports();
  const std::uint16_t first = port_candidate(job, step, 0, ephemeral);
  if (first == 0) return std::nullopt;
  if (!node) return first;
  const auto until = Clock::now() + patience;
  auto lookup = std::make_unique<Lookup>(*node);
  if (!is_this_host && !lookup->finish_until(until)) {
    // glibc's thread still writes into it; srun ends soon and takes both along.
    static_cast<void>(lookup.release());
    return first;
  }
  if (!is_this_host && lookup->address() == nullptr) return first;
  for (unsigned attempt = 0; attempt < most_candidates && Clock::now() < until; ++attempt) {
    const std::uint16_t port = port_candidate(job, step, attempt, ephemeral);
    if (is_this_host) {
      if (is_free_here(port)) return port;
      continue;
    }
    const Seen seen = look_from_afar(*lookup->address(), port, until);
    if (seen == Seen::free) return port;
    if (seen == Seen::nothing) return first;
  }
  return first;
}

}  // namespace holdfast::spank
