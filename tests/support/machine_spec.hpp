// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::testing {

/// One line of a machine spec and the lines indented below it. tests/machines/README.md has the
/// words.
struct SpecLine {
  std::string word;                            ///< "package", "gpu", …
  std::vector<std::string> arguments;          ///< plain words after it
  std::map<std::string, std::string> options;  ///< key=value words
  std::vector<SpecLine> below;

  /// The value of an option, or `otherwise`.
  [[nodiscard]] std::string option(const std::string& key, std::string otherwise = {}) const;
  [[nodiscard]] unsigned number(const std::string& key, unsigned otherwise) const;
};

/// A machine as its spec says it.
struct MachineSpec {
  std::string about;  ///< first comment line: what is odd about the machine
  SpecLine machine;
};

/// Reads a spec; a mistake throws std::runtime_error with the line number, for it is a mistake in
/// the tests.
[[nodiscard]] MachineSpec parse_machine_spec(std::string_view text);

/// The machine as hwloc XML 2.0, always the same bytes for the same spec.
[[nodiscard]] std::string machine_spec_xml(const MachineSpec& spec);

}  // namespace holdfast::testing
