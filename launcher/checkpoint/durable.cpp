// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/durable.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::checkpoint {

namespace {

using files::Descriptor;

Failure failed(std::string what, int error) {
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  const FailureKind kind = error == ENOENT ? FailureKind::not_found
                           : denied        ? FailureKind::denied
                                           : FailureKind::unreadable;
  return {kind, std::move(what), "", errno_code(error)};
}

Result<void> write_all(int descriptor, std::string_view bytes, const std::string& file) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return failed(cat(file, " cannot be written"), errno);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

std::string directory_of(const std::string& file) {
  const auto parent = std::filesystem::path(file).parent_path();
  return parent.empty() ? std::string(".") : parent.string();
}

/// Beside the file, and named so that no framework takes it for a checkpoint.
std::string temporary_for(const std::string& file) { return cat(file, ".holdfast.", ::getpid()); }

/// Gives up a temporary file that did not become the real one.
Failure discard(const std::string& temporary, Failure failure) {
  (void)::unlink(temporary.c_str());
  return failure;
}

Result<void> take_place(const std::string& temporary, const std::string& file) {
  if (::rename(temporary.c_str(), file.c_str()) != 0)
    return discard(temporary, failed(cat(file, " cannot be replaced"), errno));
  return sync_directory(directory_of(file));
}

/// What is written is not on the disk before fsync says so, and NFS tells of a full disk only
/// there.
Result<void> finish(const Descriptor& open, std::string_view contents, const std::string& file) {
  auto written = write_all(open.get(), contents, file);
  if (!written) return written;
  if (::fsync(open.get()) != 0) return failed(cat(file, " cannot be synced"), errno);
  return {};
}

Descriptor open_for_lines(const std::string& file) {
  constexpr int way = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  const int first = ::open(file.c_str(), way, 0644);
  if (first >= 0 || errno != ENOENT || !make_directories(directory_of(file)))
    return Descriptor(first);
  return Descriptor(::open(file.c_str(), way, 0644));
}

/// With an end before it too: a line that a crash cut off must not swallow the one after it.
std::string as_line(std::string_view line) { return cat('\n', line, '\n'); }

}  // namespace

Result<void> make_directories(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return failed(cat("the directory ", directory, " cannot be made"), error.value());
  return {};
}

Result<void> sync_directory(const std::string& directory) {
  const Descriptor open(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some network file systems refuse to sync directories (EINVAL); they have no use for it.
  if (!open.open() || (::fsync(open.get()) != 0 && errno != EINVAL))
    return failed(cat("the directory ", directory, " cannot be synced"), errno);
  return {};
}

Result<void> replace_file(const std::string& file, std::string_view contents) {
  struct stat old {};
  const bool existed = ::lstat(file.c_str(), &old) == 0;
  const std::string temporary = temporary_for(file);
  const mode_t mode = existed ? old.st_mode & 07777U : 0644;
  const Descriptor open(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!open.open()) return failed(cat(temporary, " cannot be made"), errno);
  if (existed && (old.st_uid != ::geteuid() || old.st_gid != ::getegid()) &&
      ::fchown(open.get(), old.st_uid, old.st_gid) != 0)
    return discard(temporary, failed(cat(file, " belongs to somebody else"), errno));
  if (::fchmod(open.get(), mode) != 0)
    return discard(temporary, failed(cat(temporary, " cannot be given its mode"), errno));
  auto written = finish(open, contents, temporary);
  if (!written) return discard(temporary, written.error());
  return take_place(temporary, file);
}

Result<void> replace_link(const std::string& link, const std::string& target) {
  const std::string temporary = temporary_for(link);
  if (::symlink(target.c_str(), temporary.c_str()) != 0)
    return failed(cat(temporary, " cannot be made"), errno);
  return take_place(temporary, link);
}

Result<void> append_line(const std::string& file, std::string_view line) {
  const Descriptor open = open_for_lines(file);
  if (!open.open()) return failed(cat(file, " cannot be opened for writing"), errno);
  return finish(open, as_line(line), file);
}

Result<void> append_line_unsynced(const std::string& file, std::string_view line) {
  const Descriptor open = open_for_lines(file);
  if (!open.open()) return failed(cat(file, " cannot be opened for writing"), errno);
  return write_all(open.get(), as_line(line), file);
}

Result<std::string> read_whole_file(const std::string& file, std::size_t most) {
  const Descriptor open(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!open.open()) return failed(cat(file, " cannot be opened"), errno);
  struct stat status {};
  if (::fstat(open.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return Failure{FailureKind::unsupported, cat(file, " is no regular file"), "", {}};
  std::string text;
  std::string piece(65536, '\0');
  for (;;) {
    const ssize_t got = ::read(open.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(cat(file, " cannot be read"), errno);
    if (got == 0) return text;
    text.append(piece, 0, static_cast<std::size_t>(got));
    if (text.size() > most)
      return Failure{
          FailureKind::unsupported, cat(file, " is larger than ", most, " bytes"), "", {}};
  }
}

}  // namespace holdfast::checkpoint
