// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <ostream>
#include <streambuf>
#include <string_view>

namespace holdfast::cli {

/// A stream over a file descriptor that remembers why a write failed: std::ofstream forgets errno,
/// and "No space left on device" is what the user needs to read. Does not own the descriptor.
class DescriptorStream final : public std::ostream {
 public:
  explicit DescriptorStream(int descriptor) : std::ostream(&buffer_), buffer_(descriptor) {}

  /// errno of the first write that failed, 0 while all is well. Flushes first.
  [[nodiscard]] int failure();

 private:
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(int descriptor);
    [[nodiscard]] int error() const { return error_; }

   protected:
    int_type overflow(int_type letter) override;
    int sync() override;

   private:
    bool write_all();

    int descriptor_;
    int error_{};
    // Not cleared: each page touched is a fault, and most runs say a line or nothing.
    std::array<char, 16384>
        bytes_;  // NOLINT(cppcoreguidelines-pro-type-member-init): written first
  };

  Buffer buffer_;
};

}  // namespace holdfast::cli
