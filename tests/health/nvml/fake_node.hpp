// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast::testing {

/// The file that drives the pretended NVML (tests/support/nvml), named in the environment while the
/// object lives.
class FakeNvml {
 public:
  explicit FakeNvml(std::string_view text) {
    std::string name = (std::filesystem::temp_directory_path() / "fake-nvml-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    directory_ = name;
    write(text);
    setenv("HOLDFAST_FAKE_NVML", (directory_ / "node").c_str(), 1);
  }
  FakeNvml(const FakeNvml&) = delete;
  FakeNvml& operator=(const FakeNvml&) = delete;
  ~FakeNvml() {
    unsetenv("HOLDFAST_FAKE_NVML");
    std::error_code ignored;  // what stays behind lies in the temporary directory
    std::filesystem::remove_all(directory_, ignored);
  }

  void write(std::string_view text) { std::ofstream(directory_ / "node") << text; }

 private:
  std::filesystem::path directory_;
};

}  // namespace holdfast::testing
