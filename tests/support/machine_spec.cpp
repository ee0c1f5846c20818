// SPDX-License-Identifier: Apache-2.0
// The short text form of a machine: one word per line, two spaces of indentation per level.
#include "machine_spec.hpp"

#include "holdfast/common/text.hpp"

#include <stdexcept>

namespace holdfast::testing {

std::string SpecLine::option(const std::string& key, std::string otherwise) const {
  const auto found = options.find(key);
  return found == options.end() ? std::move(otherwise) : found->second;
}

unsigned SpecLine::number(const std::string& key, unsigned otherwise) const {
  const auto found = options.find(key);
  if (found == options.end()) return otherwise;
  const auto value = parse_number<unsigned>(found->second);
  if (!value) throw std::runtime_error(cat(key, "=", found->second, " is no number"));
  return *value;
}

namespace {

SpecLine parse_line(std::string_view text) {
  SpecLine line;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    const auto equals = word.find('=');
    if (equals != std::string_view::npos)
      line.options.emplace(word.substr(0, equals), word.substr(equals + 1));
    else if (line.word.empty())
      line.word = word;
    else
      line.arguments.emplace_back(word);
  }
  return line;
}

}  // namespace

MachineSpec parse_machine_spec(std::string_view text) {
  MachineSpec spec;
  std::vector<SpecLine*> open;  // open[d] is the last line at depth d; its vector does not grow
                                // while a deeper line is added to it
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.starts_with("#")) {
      const std::string_view words = trim(line.substr(1));
      if (spec.about.empty() && !words.starts_with("SPDX")) spec.about = words;
      continue;
    }
    if (line.empty()) continue;
    const std::size_t depth = raw.find_first_not_of(' ') / 2;
    if (depth > open.size() || (depth == 0 && !spec.machine.word.empty()))
      throw std::runtime_error(cat("machine spec line ", number, " is indented wrongly"));
    open.resize(depth);
    SpecLine& added = depth == 0 ? spec.machine : open.back()->below.emplace_back();
    added = parse_line(line);
    open.push_back(&added);
  }
  if (spec.machine.word != "machine")
    throw std::runtime_error("a machine spec begins with machine");
  return spec;
}

}  // namespace holdfast::testing
