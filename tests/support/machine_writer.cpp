// SPDX-License-Identifier: Apache-2.0
// Writes every machine of tests/machines as hwloc XML into a directory, for programs that want
// files: `machine_writer DIR`. Run by the build.
#include "machines.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>

int main(int count, char** values) {
  const std::span<char*> arguments(values, static_cast<std::size_t>(count));
  if (arguments.size() != 2) {
    std::cerr << "usage: machine_writer DIR\n";
    return 2;
  }
  try {
    const std::filesystem::path directory(arguments[1]);
    std::filesystem::create_directories(directory);
    for (const std::string& name : holdfast::testing::machine_names()) {
      std::ofstream out(directory / (name + ".xml"));
      out << holdfast::testing::machine_xml(name);
      if (!out.flush()) throw std::runtime_error("cannot write " + name);
    }
  } catch (const std::exception& mistake) {
    std::cerr << "machine_writer: " << mistake.what() << '\n';
    return 1;
  }
  return 0;
}
