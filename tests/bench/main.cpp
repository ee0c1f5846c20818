// SPDX-License-Identifier: Apache-2.0
// holdfast-bench: measurements with bars, each a verb. A plain program, so that it can be run on
// any machine without a test framework.
#include "plan_verb.hpp"

#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view usage =
    "usage: holdfast-bench plan [--corpus DIR]... [--parts N] [--json]\n"
    "\n"
    "  plan          plan for every recorded machine and judge the plans\n"
    "  --corpus DIR  machines below DIR (XML or JSON); default: our own and ../shared/data\n"
    "  --parts N     random parts of each machine that are planned for, default 40\n"
    "  --json        the numbers as JSON\n";

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string_view> arguments(words + 1, words + count);
  try {
    if (!arguments.empty() && arguments.front() == "plan")
      return holdfast::bench::plan_verb(std::span(arguments).subspan(1));
    const bool asked = !arguments.empty() && arguments.front() == "--help";
    (asked ? std::cout : std::cerr) << usage;
    return asked ? 0 : 2;
  } catch (const std::exception& broken) {
    std::cerr << "holdfast-bench: " << broken.what() << '\n';
    return 2;
  }
}
