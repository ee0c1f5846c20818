// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/temporary_directory.hpp"

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
    write(text);
    setenv("HOLDFAST_FAKE_NVML", (directory_.path() / "node").c_str(), 1);
  }
  FakeNvml(const FakeNvml&) = delete;
  FakeNvml& operator=(const FakeNvml&) = delete;
  ~FakeNvml() { unsetenv("HOLDFAST_FAKE_NVML"); }

  void write(std::string_view text) { std::ofstream(directory_.path() / "node") << text; }

 private:
  TemporaryDirectory directory_{"fake-nvml"};
};

}  // namespace holdfast::testing
