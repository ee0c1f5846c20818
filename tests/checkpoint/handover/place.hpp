// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {

/// A directory of its own for each test, gone afterwards.
class Place : public ::testing::Test {
 protected:
  [[nodiscard]] std::string in(const std::string& name) const { return (place_ / name).string(); }

  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((place_ / name).parent_path());
    std::ofstream(place_ / name, std::ios::binary) << bytes;
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(place_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  [[nodiscard]] bool has(const std::string& name) const {
    return std::filesystem::exists(place_ / name);
  }

  holdfast::testing::TemporaryDirectory temporary_{"handover"};
  std::filesystem::path place_ = temporary_.path();
};

}  // namespace holdfast::checkpoint::testing
