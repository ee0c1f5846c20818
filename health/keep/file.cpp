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

Result<void> replace_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
  make_folder(file.parent_path());
  const std::string fresh = cat(file.string(), '.', ::getpid());
  const auto create = [&] {
    return files::Descriptor(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  };
  files::Descriptor out = create();
  if (!out.open() && errno == EEXIST) {
    ::unlink(fresh.c_str());  // of a crashed writer that had our pid
    out = create();
  }
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

Result<void> take_place(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return broken(from, cat("cannot become ", to.string()), errno);
}

Result<void> append_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
  make_folder(file.parent_path());
  const files::Descriptor out(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, mode));
  if (out.get() < 0) return broken(file, "cannot be opened", errno);
  return write_all(out.get(), text, file);
}

Lock::Lock(const std::filesystem::path& file, std::chrono::milliseconds patience) {
  make_folder(file.parent_path());
  file_ =
      files::Descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  const auto end = std::chrono::steady_clock::now() + patience;
  // flock() has no deadline of its own.
  while (file_.open() && ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

void remove_file(const std::filesystem::path& file) { ::unlink(file.c_str()); }

}  // namespace holdfast::health
