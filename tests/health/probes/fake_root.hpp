// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "probes/looks.hpp"
#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast::testing {

/// A directory with the parts of /sys, /proc and /etc a test writes, removed with the object. A
/// directory in the place of a file is a file that cannot be read.
class FakeRoot {
 public:
  FakeRoot& file(const std::string& path, std::string_view text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << '\n';
    return *this;
  }
  FakeRoot& directory(const std::string& path) {
    std::filesystem::remove(root_ / path);
    std::filesystem::create_directories(root_ / path);
    return *this;
  }
  FakeRoot& link(const std::string& path, const std::string& target) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::filesystem::create_symlink(target, root_ / path);
    return *this;
  }

  [[nodiscard]] const std::filesystem::path& path() const { return root_; }
  [[nodiscard]] health::Tree tree() const { return health::Tree(root_); }

 private:
  TemporaryDirectory temporary_{"fake-root"};
  std::filesystem::path root_ = temporary_.path();
};

}  // namespace holdfast::testing
