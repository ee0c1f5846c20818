// SPDX-License-Identifier: Apache-2.0
// Words of plugstack.conf, options and host files, all of which somebody types. Whatever they are,
// the site that comes out is one the plugin can work with.
#include "holdfast/common/text.hpp"
#include "holdfast/spank/cpu_bind.hpp"
#include "holdfast/spank/rendezvous.hpp"
#include "holdfast/spank/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::spank;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto words = split(text, ' ');
  const SiteRead read = read_site(words);
  const auto deadline = read.site.deadline;
  if (deadline <= deadline.zero() || deadline > std::chrono::minutes(1)) std::abort();
  if (!read.site.program.starts_with('/')) std::abort();
  if (read.complaints.size() > words.size()) std::abort();
  for (const std::string& complaint : read.complaints) {
    if (complaint.size() > 600) std::abort();
  }
  const std::vector<std::string> options(words.begin(), words.end());
  static_cast<void>(cpu_bind_is_users({std::string(text), false}, options));
  static_cast<void>(host_file_name(options, ""));
  static_cast<void>(first_node({"arbitrary", std::string(text), "", 1}));
  static_cast<void>(first_node({"block", "", "n[1-2]", 1, node_list_in(text)}));
  const EphemeralPorts ports = parse_ephemeral_ports(text);
  const std::uint16_t port = port_candidate(1, 2, 3, ports);
  if (port != 0 && (port < 10000 || (port >= ports.first && port <= ports.last))) std::abort();
  return 0;
}
