// SPDX-License-Identifier: Apache-2.0
#include "slurm/fields.hpp"

#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::slurm {

// A value ends where the next name begins.
std::string field(std::string_view line, std::string_view name) {
  std::size_t at = 0;
  for (;;) {
    at = line.find(cat(name, '='), at);
    if (at == std::string_view::npos) return {};
    if (at == 0 || line[at - 1] == ' ') break;
    ++at;
  }
  const std::string_view rest = line.substr(at + name.size() + 1);
  std::size_t end = rest.size();
  for (std::size_t blank = rest.find(' '); blank != std::string_view::npos;
       blank = rest.find(' ', blank + 1)) {
    const std::string_view word = rest.substr(blank + 1, rest.find(' ', blank + 1) - blank - 1);
    const bool is_name = word.find('=') != std::string_view::npos && !word.empty() &&
                         word.front() >= 'A' && word.front() <= 'Z';
    if (!is_name && blank + 1 < rest.size()) continue;
    end = blank;
    break;
  }
  std::string value(trim(rest.substr(0, end)));
  return value == "(null)" || value == "N/A" ? std::string() : value;
}

std::vector<std::string> hosts(const std::string& text) {
  auto list = text.empty() ? Result<std::vector<std::string>>(std::vector<std::string>{})
                           : parse_hostlist(text);
  return list ? std::move(*list) : std::vector<std::string>{};
}

}  // namespace holdfast::slurm
