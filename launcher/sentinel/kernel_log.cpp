// SPDX-License-Identifier: Apache-2.0
#include "sentinel/kernel_log.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace holdfast::sentinel {

namespace {

constexpr unsigned error_priority = 3;
constexpr unsigned priority_bits = 7;  // above them is the facility
constexpr unsigned facility_shift = 3;
constexpr std::size_t longest_text = 1000;

// Spoken at priorities that say nothing: an Xid is a warning, an OOM kill an error, a link that
// went down an information.
constexpr std::array<std::string_view, 18> words{"nvrm",
                                                 "xid",
                                                 "amdgpu",
                                                 "out of memory",
                                                 "oom",
                                                 "killed process",
                                                 "segfault",
                                                 "trap",
                                                 "mce:",
                                                 "hardware error",
                                                 "edac",
                                                 "aer:",
                                                 "link is down",
                                                 "link down",
                                                 "hung task",
                                                 "blocked for more than",
                                                 "not responding, still trying",
                                                 "soft lockup"};

}  // namespace

std::optional<KernelLine> parse_kernel_record(std::string_view record) {
  const auto semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  const auto fields = split(record.substr(0, semicolon), ',');
  if (fields.size() < 3) return std::nullopt;
  const auto priority = parse_number<unsigned>(fields[0]);
  const auto when = parse_number<std::uint64_t>(fields[2]);
  if (!priority || !when) return std::nullopt;
  std::string_view text = record.substr(semicolon + 1);
  text = text.substr(0, std::min(text.find('\n'), longest_text));
  return KernelLine{*priority & priority_bits,
                    std::chrono::microseconds(static_cast<std::int64_t>(*when)),
                    std::string(text),
                    *priority >> facility_shift,
                    fields.size() > 3 && (fields[3] == "c" || fields[3] == "+")};
}

bool is_evidence(const KernelLine& line) {
  if (line.facility != 0 || line.fragment) return false;
  if (line.priority <= error_priority) return true;
  const std::string text = lower(line.text);
  return std::ranges::any_of(
      words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

std::string_view gpu_of(const KernelLine& line) {
  constexpr std::array<std::string_view, 4> starts{
      "NVRM: Xid (PCI:", "NVRM: GPU ", "NVRM: The NVIDIA GPU ", "amdgpu "};
  constexpr std::string_view shape = "0000:17:00";
  for (const std::string_view start : starts) {
    if (!line.text.starts_with(start)) continue;
    const auto gpu = std::string_view(line.text).substr(start.size(), shape.size());
    if (gpu.size() == shape.size() && gpu[4] == ':' && gpu[7] == ':') return gpu;
  }
  return {};
}

KernelLog::KernelLog(const std::string& path)
    : file_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {
  if (file_ < 0) obstacle_ = cat(path, " cannot be read: ", std::generic_category().message(errno));
}

KernelLog::~KernelLog() {
  if (file_ >= 0) ::close(file_);
}

// NOLINTNEXTLINE(readability-make-member-function-const): what is read is not there next time
std::vector<KernelLine> KernelLog::read_new(std::size_t most_records) {
  std::vector<KernelLine> lines;
  if (file_ < 0) return lines;
  std::array<char, 8192> record{};
  for (std::size_t count = 0; count < most_records; ++count) {
    const auto size = ::read(file_, record.data(), record.size());
    if (size < 0 && errno == EPIPE) continue;  // overwritten before we came: the next one is there
    if (size <= 0) break;
    auto line = parse_kernel_record({record.data(), static_cast<std::size_t>(size)});
    if (line && is_evidence(*line)) lines.push_back(std::move(*line));
  }
  return lines;
}

}  // namespace holdfast::sentinel
