// SPDX-License-Identifier: Apache-2.0
#include "plan_verb.hpp"

#include "holdfast/common/text.hpp"
#include "plan_report.hpp"

#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::bench {

namespace {

struct PlanOptions {
  std::vector<std::string> folders;
  unsigned parts{40};
  bool json{};
};

std::optional<PlanOptions> parse(std::span<const std::string_view> arguments) {
  PlanOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--json") {
      options.json = true;
      continue;
    }
    if (i + 1 == arguments.size()) return std::nullopt;
    const std::string_view value = arguments[i + 1];
    if (arguments[i] == "--corpus") {
      options.folders.emplace_back(value);
    } else if (arguments[i] == "--parts") {
      const auto parts = parse_number<unsigned>(value);
      if (!parts) return std::nullopt;
      options.parts = *parts;
    } else {
      return std::nullopt;
    }
    ++i;
  }
  return options;
}

Corpus gather(const PlanOptions& options) {
  Corpus corpus;
  for (const std::string& folder : options.folders)
    add_folder(folder, corpus);
  if (!options.folders.empty()) return corpus;
  add_own_machines(corpus);
  const std::filesystem::path shared = HOLDFAST_SHARED_DATA "/topologies";
  if (std::filesystem::is_directory(shared))
    add_folder(shared, corpus);
  else
    std::cerr << "no recorded machines at " << shared.string()
              << ": only our own are planned for, and nothing is compared with mpibind\n";
  return corpus;
}

}  // namespace

int plan_verb(std::span<const std::string_view> arguments) {
  const auto options = parse(arguments);
  if (!options) {
    std::cerr << "holdfast-bench plan takes --corpus DIR, --parts N and --json\n";
    return 2;
  }
  const Corpus corpus = gather(*options);
  for (const std::string& sentence : corpus.refused)
    std::cerr << "left out: " << sentence << '\n';
  std::vector<MachineResult> results;
  for (const Machine& machine : corpus.machines) {
    std::cerr << machine.name << '\n';
    results.push_back(measure(machine, options->parts));
  }
  const PlanReport report = report_on(std::move(results));
  std::cout << (options->json ? as_json(report) : as_text(report));
  return report.missed.empty() && report.maps != 0 ? 0 : 1;
}

}  // namespace holdfast::bench
