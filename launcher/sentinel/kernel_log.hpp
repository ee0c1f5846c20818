// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sentinel {

struct KernelLine {
  unsigned priority{};               // 0 emergency … 7 debug
  std::chrono::microseconds when{};  // since boot, by the kernel's own clock
  std::string text;
  unsigned facility{};  // 0 is the kernel; all else was written by a program
  bool fragment{};      // the rest of a broken line: the name of a user's cgroup, and no more
};

/// One record of /dev/kmsg: "6,1234,56789012,-;text\n KEY=value\n"; the keys are left out.
[[nodiscard]] std::optional<KernelLine> parse_kernel_record(std::string_view record);

/// Whether a line may explain the end of a rank or a node: errors and worse, and what drivers say
/// of GPUs, fabrics, memory and disks at any priority. Never what a program wrote there.
[[nodiscard]] bool is_evidence(const KernelLine& line);

/// The GPU of a line that its driver speaks of one in, "0000:17:00"; empty for all other lines.
[[nodiscard]] std::string_view gpu_of(const KernelLine& line);

/// The kernel's log from the node's boot on, read on from where the last reading ended.
class KernelLog {
 public:
  explicit KernelLog(const std::string& path = "/dev/kmsg");
  ~KernelLog();
  KernelLog(const KernelLog&) = delete;
  KernelLog& operator=(const KernelLog&) = delete;

  /// Why it cannot be read; empty if it can.
  [[nodiscard]] const std::string& obstacle() const { return obstacle_; }

  /// The lines that are evidence; at most so many records are looked at, the rest next time.
  [[nodiscard]] std::vector<KernelLine> read_new(std::size_t most_records);

 private:
  int file_;
  std::string obstacle_;
};

}  // namespace holdfast::sentinel
