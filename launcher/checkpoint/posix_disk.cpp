// SPDX-License-Identifier: Apache-2.0
// The real file system behind a Disk. A file is first looked at through an O_PATH descriptor, which
// opens nothing: a FIFO would block and a tape would rewind. No mmap: a file that is cut while
// mapped kills the reader.
#include "checkpoint/posix_disk.hpp"

#include "holdfast/checkpoint/checkpoint.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::checkpoint {

namespace {

Failure failure_of(int error, std::string_view what) {
  FailureKind kind = FailureKind::unreadable;
  if (error == ENOENT || error == ENOTDIR || error == ESTALE) kind = FailureKind::not_found;
  if (error == EACCES || error == EPERM) kind = FailureKind::denied;
  if (error == EXDEV || error == ELOOP) kind = FailureKind::unsupported;
  return {kind, std::string(what), "", errno_code(error)};
}

FileStatus status_of(const struct stat& status, bool linked) {
  FileStatus out;
  out.kind = S_ISREG(status.st_mode)   ? FileKind::regular
             : S_ISDIR(status.st_mode) ? FileKind::directory
                                       : FileKind::special;
  out.linked = linked;
  out.size = static_cast<std::uint64_t>(status.st_size);
  out.blocks = static_cast<std::uint64_t>(status.st_blocks);
  out.inode = status.st_ino;
  out.modified = Time(std::chrono::seconds(status.st_mtim.tv_sec) +
                      std::chrono::nanoseconds(status.st_mtim.tv_nsec));
  return out;
}

/// A directory stream that closes itself.
class Stream {
 public:
  explicit Stream(int fd) : dir_(::fdopendir(fd)) {
    if (dir_ == nullptr) ::close(fd);
  }
  ~Stream() {
    if (dir_ != nullptr) ::closedir(dir_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  [[nodiscard]] DIR* get() const { return dir_; }

 private:
  DIR* dir_;
};

class PosixFile : public File {
 public:
  PosixFile(Descriptor fd, const FileStatus& status) : fd_(std::move(fd)), status_(status) {}

  [[nodiscard]] const FileStatus& status() const override { return status_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    constexpr std::size_t bulk = std::size_t{256} << 10;
    if (into.size() >= bulk && !advised_.exchange(true))
      ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = ::pread(
          fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failure_of(errno, "cannot be read");
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<std::uint64_t> find_hole() const override {
    const off_t hole = ::lseek(fd_.get(), 0, SEEK_HOLE);
    return hole < 0 ? status_.size : static_cast<std::uint64_t>(hole);
  }

 private:
  Descriptor fd_;
  FileStatus status_;
  mutable std::atomic<bool> advised_{false};
};

}  // namespace

PosixDisk::PosixDisk(Descriptor root, std::string real_path, bool by_hand)
    : root_(std::move(root)), confine_{root_.get(), std::move(real_path), by_hand} {}

FileStatus PosixDisk::status_of_link(const std::string& path) const {
  FileStatus out;
  out.linked = true;
  const Descriptor fd = open_beneath(confine_, path, O_PATH | O_CLOEXEC);
  struct stat target {};
  if (fd.open() && ::fstat(fd.get(), &target) == 0) return status_of(target, true);
  out.kind = errno == EACCES ? FileKind::hidden : FileKind::refused;
  return out;
}

Result<Listing> PosixDisk::list(const std::string& directory, std::size_t most) const {
  Descriptor fd = open_beneath(confine_, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!fd.open()) return failure_of(errno, "cannot be listed");
  const int number = ::dup(fd.get());  // the stream owns one, fstatat() below uses the other
  if (number < 0) return failure_of(errno, "cannot be listed");
  const Stream stream(number);
  if (stream.get() == nullptr) return failure_of(errno, "cannot be listed");
  Listing listing;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): own stream
    if (entry == nullptr && errno != 0) return failure_of(errno, "cannot be listed");
    if (entry == nullptr) break;
    const std::string_view name = &entry->d_name[0];
    if (name == "." || name == "..") continue;
    if (listing.entries.size() == most) {
      listing.whole = false;
      break;
    }
    struct stat status {};
    Entry out{std::string(name), {}};
    if (::fstatat(fd.get(), out.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
      out.status = S_ISLNK(status.st_mode) ? status_of_link(join_path(directory, name))
                                           : status_of(status, false);
    else if (errno == ENOENT)
      continue;  // deleted since readdir() saw it
    listing.entries.push_back(std::move(out));
  }
  std::ranges::sort(listing.entries, {}, &Entry::name);
  return listing;
}

Result<FileStatus> PosixDisk::status(const std::string& path) const {
  const Descriptor fd = open_beneath(confine_, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat status {};
  if (fd.open() && ::fstat(fd.get(), &status) == 0 && !S_ISLNK(status.st_mode))
    return status_of(status, false);
  if (fd.open()) return status_of_link(path);
  return failure_of(errno, "cannot be looked at");
}

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path) const {
  const auto kind = status(path);
  if (!kind) return kind.error();
  if (kind->kind == FileKind::hidden) return failure_of(EACCES, "cannot be opened");
  if (kind->kind == FileKind::refused)
    return Failure{
        FailureKind::unsupported, "is a link that dangles, loops or leaves the root", "", {}};
  if (kind->kind != FileKind::regular)
    return Failure{FailureKind::unsupported, "is no regular file and is not opened", "", {}};
  Descriptor fd = open_beneath(confine_, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (!fd.open()) return failure_of(errno, "cannot be opened");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return failure_of(errno, "cannot be looked at");
  if (!S_ISREG(status.st_mode)) return failure_of(ENOENT, "changed while it was opened");
  return std::unique_ptr<File>(
      std::make_unique<PosixFile>(std::move(fd), status_of(status, kind->linked)));
}

Result<std::string> PosixDisk::read_link(const std::string& path) const {
  const std::string_view parent =
      path.find('/') == std::string::npos ? "" : std::string_view(path).substr(0, path.rfind('/'));
  const std::string name = path.substr(parent.empty() ? 0 : parent.size() + 1);
  const Descriptor fd =
      open_beneath(confine_, std::string(parent), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (!fd.open()) return failure_of(errno, "cannot be looked at");
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlinkat(fd.get(), name.c_str(), target.data(), target.size());
  if (length < 0) return failure_of(errno, "is no readable link");
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<std::unique_ptr<Disk>> open_disk(const std::string& root) {
  Descriptor fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.open()) return failure_of(errno, cat(root, " cannot be opened"));
  std::array<char, PATH_MAX> real{};
  const bool known = ::realpath(root.c_str(), real.data()) != nullptr;
  return std::unique_ptr<Disk>(
      std::make_unique<PosixDisk>(std::move(fd), known ? std::string(real.data()) : std::string()));
}

}  // namespace holdfast::checkpoint
