// SPDX-License-Identifier: Apache-2.0
// Where the output of ranks goes: untouched to the supervisor's own stream, and into a file of the
// attempt that stops growing at a cap. Written by a worker, so a slow reader or a stalled file
// system holds nothing else up.
#pragma once

#include "run/worker.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::run {

class Outlet {
 public:
  /// `stream` is 1 or 2. The file may fail to open: then there is only the stream.
  Outlet(Worker& worker, int stream, const std::string& file, std::uint64_t cap);
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  void write(std::string_view chunk);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Ends;
  Worker& worker_;
  std::shared_ptr<Ends> ends_;
  std::uint64_t bytes_{};
};

}  // namespace holdfast::run
