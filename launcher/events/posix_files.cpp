// SPDX-License-Identifier: Apache-2.0
// A state directory lies on a network file system as a rule. Each append opens the file anew: that
// is when such file systems ask the server how long the file is by now, and closing is when they
// tell that it could not be written.
#include "events/state_files.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/status.hpp"
#include "holdfast/files/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace holdfast::events {

using files::Descriptor;

Failure file_failure(std::string what, int error) {
  FailureKind kind = FailureKind::unreadable;
  if (error == ENOENT || error == ENOTDIR) kind = FailureKind::not_found;
  if (error == EACCES || error == EPERM || error == EROFS) kind = FailureKind::denied;
  if (error == ELOOP) kind = FailureKind::unsupported;
  std::string remedy;
  if (error == ENOSPC || error == EDQUOT) remedy = "make room on that file system";
  return {kind, std::move(what), std::move(remedy), errno_code(error)};
}

Result<void> sync_directory(const std::string& directory) {
  const Descriptor open(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some network file systems refuse to sync directories (EINVAL); they have no use for it.
  if (!open.open() || (::fsync(open.get()) != 0 && errno != EINVAL))
    return file_failure(cat("the directory ", directory, " cannot be synced"), errno);
  return {};
}

namespace {

constexpr int for_reading = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC;
constexpr std::size_t most_names = 100000;

/// Looks before it opens: opening a device may already do something.
Result<Descriptor> open_regular(const std::string& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0)
    return file_failure(cat(file, " cannot be looked at"), errno);
  if (!S_ISREG(status.st_mode))
    return Failure{FailureKind::unsupported, cat(file, " is no regular file"), "", {}};
  Descriptor open(::open(file.c_str(), for_reading));
  if (!open.open()) return file_failure(cat(file, " cannot be opened"), errno);
  if (::fstat(open.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return Failure{FailureKind::unsupported, cat(file, " changed while it was opened"), "", {}};
  return open;
}

/// One write(2) as far as that is up to us; the rest of a short write is tried once more, because
/// that is what tells why it was short.
int write_once(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

/// Writes, syncs and closes.
Result<void> finish(Descriptor open, std::string_view bytes, const std::string& file) {
  if (const int error = write_once(open.get(), bytes); error != 0)
    return file_failure(cat(file, " cannot be written"), error);
  if (::fdatasync(open.get()) != 0) return file_failure(cat(file, " cannot be synced"), errno);
  if (open.close() != 0) return file_failure(cat(file, " cannot be written"), errno);
  return {};
}

class PosixFiles : public StateFiles {
 public:
  explicit PosixFiles(std::string directory) : directory_(std::move(directory)) {}

  Result<FileText> read(const std::string& name, std::size_t most) const override {
    const std::string file = path(name);
    const auto open = open_regular(file);
    if (!open) return open.error();
    FileText text;
    std::string piece(std::size_t{256} * 1024, '\0');
    while (true) {
      const ssize_t got = ::read(open->get(), piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_failure(cat(file, " cannot be read"), errno);
      if (got == 0) return text;
      const auto room = most - text.bytes.size();
      text.bytes.append(piece, 0, std::min(room, static_cast<std::size_t>(got)));
      if (static_cast<std::size_t>(got) <= room) continue;
      text.whole = false;
      return text;
    }
  }

  Result<Ending> ending(const std::string& name) const override {
    const std::string file = path(name);
    const auto open = open_regular(file);
    if (!open && open.error().kind == FailureKind::not_found) return Ending{};
    if (!open) return open.error();
    struct stat status {};
    if (::fstat(open->get(), &status) != 0)
      return file_failure(cat(file, " cannot be looked at"), errno);
    char last = '\n';
    if (status.st_size > 0 && ::pread(open->get(), &last, 1, status.st_size - 1) != 1)
      return file_failure(cat(file, " cannot be read"), errno);
    return Ending{static_cast<std::uint64_t>(status.st_size), last != '\n'};
  }

  Result<void> append(const std::string& name, std::string_view bytes) override {
    const std::string file = path(name);
    constexpr int way = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
    Descriptor open(::open(file.c_str(), way));
    const bool missing = !open.open() && errno == ENOENT;
    if (missing) {
      Descriptor made(::open(file.c_str(), way | O_CREAT, 0600));
      if (!made.open()) return file_failure(cat(file, " cannot be made"), errno);
      auto written = finish(std::move(made), bytes, file);
      return written ? sync_directory(directory_) : written;
    }
    if (!open.open()) return file_failure(cat(file, " cannot be opened for writing"), errno);
    struct stat status {};
    if (::fstat(open.get(), &status) != 0 || !S_ISREG(status.st_mode))
      return Failure{FailureKind::unsupported, cat(file, " is no regular file"), "", {}};
    return finish(std::move(open), bytes, file);
  }

  Result<void> create(const std::string& name, std::string_view contents) override {
    const std::string file = path(name);
    constexpr int way = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    Descriptor open(::open(file.c_str(), way, 0600));
    if (!open.open() && errno == EEXIST)
      return Failure{FailureKind::conflict, cat(file, " is there already"), "", {}};
    if (!open.open()) return file_failure(cat(file, " cannot be made"), errno);
    auto written = finish(std::move(open), contents, file);
    return written ? sync_directory(directory_) : written;
  }

  Result<std::vector<std::string>> names() const override {
    DIR* stream = ::opendir(directory_.c_str());
    if (stream == nullptr)
      return file_failure(cat("the directory ", directory_, " cannot be listed"), errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {  // NOLINT(concurrency-mt-unsafe): own stream
      if (names.size() == most_names) break;
      names.emplace_back(&entry->d_name[0]);
      errno = 0;
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0)
      return file_failure(cat("the directory ", directory_, " cannot be listed"), error);
    return names;
  }

 private:
  [[nodiscard]] std::string path(const std::string& name) const {
    return cat(directory_, '/', name);
  }

  std::string directory_;
};

}  // namespace

std::shared_ptr<StateFiles> posix_files(const std::string& directory) {
  return std::make_shared<PosixFiles>(directory);
}

Result<void> replace_file(const std::string& file, std::string_view contents, Readers readers) {
  const auto parent = std::filesystem::path(file).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  const std::string temporary = cat(file, ".new.", ::getpid());
  constexpr int way = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  (void)::unlink(
      temporary.c_str());  // left by a process of the same number: its mode may be another
  Descriptor open(::open(temporary.c_str(), way, readers == Readers::owner ? 0600 : 0644));
  if (!open.open()) return file_failure(cat(temporary, " cannot be made"), errno);
  auto written = finish(std::move(open), contents, temporary);
  if (written && ::rename(temporary.c_str(), file.c_str()) != 0)
    written = file_failure(cat(file, " cannot be replaced"), errno);
  if (!written) (void)::unlink(temporary.c_str());
  return written ? sync_directory(directory) : written;
}

}  // namespace holdfast::events
