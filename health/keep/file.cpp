// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include "holdfast/common/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace holdfast::health {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Failure broken(const std::filesystem::path& file, std::string_view why, int error) {
  const FailureKind kind = error == ENOENT                     ? FailureKind::not_found
                           : error == EACCES || error == EROFS ? FailureKind::denied
                                                               : FailureKind::unreadable;
  return {kind, cat(file.string(), ' ', why), {}, errno_code(error)};
}

Result<void> write_all(int fd, std::string_view text, const std::filesystem::path& file) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::write(fd, text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return broken(file, "cannot be written", errno);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

/// Parents are made as far as they are missing; what others made is left as it is.
void make_folder(const std::filesystem::path& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return;
  make_folder(folder.parent_path());
  (void)::mkdir(folder.c_str(), 0755);  // what follows tells whether it is there
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file, std::size_t most) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (in.get() < 0) return broken(file, "cannot be opened", errno);
  struct stat status {};
  if (::fstat(in.get(), &status) != 0) return broken(file, "cannot be looked at", errno);
  if (!S_ISREG(status.st_mode)) return broken(file, "is no plain file", 0);
  std::string text;
  std::string buffer(std::size_t{64} << 10, '\0');
  while (text.size() <= most) {
    const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return broken(file, "cannot be read", errno);
    if (got == 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(got));
  }
  return broken(file, "is too long", 0);
}

Result<void> replace_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
  make_folder(file.parent_path());
  const std::string fresh = cat(file.string(), '.', ::getpid());
  ::unlink(fresh.c_str());  // of a crashed writer that had our pid
  const Descriptor out(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (out.get() < 0) return broken(fresh, "cannot be created", errno);
  if (auto written = write_all(out.get(), text, fresh); !written) {
    ::unlink(fresh.c_str());
    return written;
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return broken(file, "cannot be put in its place", error);
  }
  return {};
}

Result<void> append_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
  make_folder(file.parent_path());
  const Descriptor out(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, mode));
  if (out.get() < 0) return broken(file, "cannot be opened", errno);
  return write_all(out.get(), text, file);
}

Lock::Lock(const std::filesystem::path& file, std::chrono::milliseconds patience) {
  make_folder(file.parent_path());
  fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  const auto end = std::chrono::steady_clock::now() + patience;
  // flock() has no deadline of its own.
  while (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) != 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

void remove_file(const std::filesystem::path& file) { ::unlink(file.c_str()); }

}  // namespace holdfast::health
