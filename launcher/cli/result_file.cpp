// SPDX-License-Identifier: Apache-2.0
#include "cli/result_file.hpp"

#include "cli/descriptor_stream.hpp"
#include "holdfast/common/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::cli {

namespace {

Failure unwritten(const std::string& file, int error) {
  const bool refused = error == EACCES || error == EPERM || error == EROFS;
  const FailureKind kind = refused           ? FailureKind::denied
                           : error == ENOENT ? FailureKind::not_found
                                             : FailureKind::unreadable;
  return {kind, cat(file, " cannot be written"), "", errno_code(error)};
}

}  // namespace

Result<void> write_result(Caller& caller, const std::string& file, std::string_view text) {
  if (file == "-") {
    caller.out << text;
    return {};
  }
  constexpr mode_t everybody_reads = 0666;  // less the umask, as for any file a user makes
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, everybody_reads);
  if (descriptor < 0) return unwritten(file, errno);
  DescriptorStream stream(descriptor);
  stream << text;
  int error = stream.failure();
  // Network file systems tell of a full disk or quota only here.
  if (::close(descriptor) != 0 && error == 0) error = errno;
  if (error != 0) return unwritten(file, error);
  return {};
}

}  // namespace holdfast::cli
