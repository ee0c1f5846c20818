// SPDX-License-Identifier: Apache-2.0
#include "sentinel/addresses.hpp"

#include <algorithm>
#include <array>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <set>
#include <sys/socket.h>

namespace holdfast::sentinel {

namespace {

bool is_link_local(const sockaddr& address) {
  if (address.sa_family != AF_INET6) return false;
  return IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

std::string numeric(const sockaddr& address) {
  std::array<char, NI_MAXHOST> text{};
  const auto size = static_cast<socklen_t>(address.sa_family == AF_INET ? sizeof(sockaddr_in)
                                                                        : sizeof(sockaddr_in6));
  if (::getnameinfo(&address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return {};
  return text.data();
}

}  // namespace

std::vector<std::string> read_own_addresses() {
  std::vector<std::string> four;
  std::vector<std::string> six;
  std::vector<std::string> loopback;
  std::set<std::pair<std::string, int>> seen;  // one address of each interface and family
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {"127.0.0.1"};
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) continue;
    const int family = one->ifa_addr->sa_family;
    if ((family != AF_INET && family != AF_INET6) || is_link_local(*one->ifa_addr)) continue;
    std::string text = numeric(*one->ifa_addr);
    if (text.empty() || !seen.emplace(one->ifa_name, family).second) continue;
    if ((one->ifa_flags & IFF_LOOPBACK) != 0)
      loopback.push_back(std::move(text));
    else
      (family == AF_INET ? four : six).push_back(std::move(text));
  }
  ::freeifaddrs(all);
  four.insert(four.end(), six.begin(), six.end());
  return four.empty() ? loopback : four;
}

}  // namespace holdfast::sentinel
