// SPDX-License-Identifier: Apache-2.0
#include "cli/check/facts_source.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/slurm.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace holdfast::cli {

namespace {

/// Reads to the end or to one byte beyond what is allowed.
std::string read_bounded(std::istream& in) {
  std::string text;
  std::string buffer(std::size_t{64} << 10, '\0');
  while (text.size() <= health::max_facts_bytes) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    text.append(buffer, 0, static_cast<std::size_t>(in.gcount()));
    if (!in) break;
  }
  return text;
}

std::string own_program() {
  std::string path(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  return length > 0 ? path.substr(0, static_cast<std::size_t>(length)) : "holdfast";
}

}  // namespace

Result<health::Facts> read_facts_file(const std::string& file) {
  if (file == "-") return health::parse_facts(read_bounded(std::cin), "standard input");
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return Failure{FailureKind::not_found,
                   cat("the facts file ", file, " cannot be opened"),
                   "make one with `holdfast check --save-facts FILE`",
                   errno_code(errno)};
  return health::parse_facts(read_bounded(in), file);
}

Result<health::Facts> ask_node_facts(const std::string& node, std::chrono::milliseconds deadline) {
  if (node.empty() || node.starts_with('-'))
    return Failure{FailureKind::bad_input, cat('"', node, "\" is no file and no node"), {}, {}};
  const auto text = health::run_program({"srun",
                                         "--quiet",
                                         "--nodes=1",
                                         "--ntasks=1",
                                         "--immediate=20",
                                         cat("--nodelist=", node),
                                         own_program(),
                                         "check",
                                         "--save-facts=-"},
                                        deadline);
  if (!text) return Failure(text.error()).within(cat("asking node ", node));
  return health::parse_facts(*text, cat("node ", node));
}

}  // namespace holdfast::cli
