// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include "formats.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::affinity {

Descriptor::Descriptor(const std::filesystem::path& file)
    : number_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

std::optional<std::size_t> Descriptor::read(std::span<char> buffer) const {
  for (;;) {
    const ssize_t got = ::read(number_, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return std::nullopt;
  }
}

namespace {

Failure cannot_read(const std::filesystem::path& file, int error_number) {
  const FailureKind kind = error_number == ENOENT   ? FailureKind::not_found
                           : error_number == EACCES ? FailureKind::denied
                                                    : FailureKind::unreadable;
  return {kind, cat("cannot read topology file ", file.string()), {}, errno_code(error_number)};
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& file) {
  const Descriptor descriptor(file);
  if (descriptor.number() < 0) return cannot_read(file, errno);
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto got = descriptor.read(buffer);
    if (!got) return cannot_read(file, errno);
    if (*got == 0) return text;
    text.append(buffer.data(), *got);
    if (text.size() > max_topology_bytes) return too_large(file.string());
  }
}

}  // namespace holdfast::affinity
