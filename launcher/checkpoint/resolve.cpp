// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/resolve.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace holdfast::checkpoint {

namespace {

constexpr int most_links = 40;  // what Linux itself follows

int ask_kernel(int root, const std::string& path, int flags) {
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(
      ::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how));
}

/// The parts of a path still to be walked.
using Steps = std::deque<std::string>;

void prepend(Steps& steps, std::string_view path) {
  std::vector<std::string> parts;
  for (const auto part : split(path, '/'))
    if (!part.empty() && part != ".") parts.emplace_back(part);
  steps.insert(steps.begin(), parts.begin(), parts.end());
}

/// What a link says, as steps from where the walk stands or, if it is absolute and points into the
/// root, from the root. False and EXDEV when it leads out.
bool follow(const Confine& confine, std::string_view target, Steps& steps, bool& from_root) {
  from_root = target.starts_with('/');
  if (from_root) {
    const std::string& real = confine.real_path;
    const bool inside = !real.empty() && target.starts_with(real) &&
                        (target.size() == real.size() || target[real.size()] == '/');
    if (!inside) {
      errno = EXDEV;
      return false;
    }
    target.remove_prefix(real.size());
  }
  prepend(steps, target);
  return true;
}

/// A walk keeps the chain of directories it came through, so that ".." goes back to one of them and
/// never to what the kernel calls the parent.
class Walk {
 public:
  explicit Walk(const Confine& confine) : confine_(confine) {}

  Descriptor to(const std::string& path, int flags) {
    Steps steps;
    prepend(steps, path);
    while (!steps.empty()) {
      const std::string step = std::move(steps.front());
      steps.pop_front();
      if (step == "..") {
        if (chain_.empty()) return refuse(EXDEV);
        chain_.pop_back();
        continue;
      }
      Descriptor next(::openat(here(), step.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      struct stat status {};
      if (!next.open() || ::fstat(next.get(), &status) != 0) return {};
      if (S_ISLNK(status.st_mode) && steps.empty() && (flags & O_NOFOLLOW) != 0) return next;
      if (S_ISLNK(status.st_mode)) {
        if (!take_link(next.get(), steps)) return {};
        continue;
      }
      if (steps.empty() && !S_ISDIR(status.st_mode))
        return Descriptor(::openat(here(), step.c_str(), flags | O_NOFOLLOW));
      chain_.push_back(std::move(next));
    }
    return Descriptor(::openat(here(), ".", flags));
  }

 private:
  [[nodiscard]] int here() const { return chain_.empty() ? confine_.root : chain_.back().get(); }

  static Descriptor refuse(int error) {
    errno = error;
    return {};
  }

  bool take_link(int link, Steps& steps) {
    if (++links_ > most_links) {
      errno = ELOOP;
      return false;
    }
    std::array<char, 4096> target{};
    const ssize_t length = ::readlinkat(link, "", target.data(), target.size());
    if (length < 0) return false;
    bool from_root = false;
    if (!follow(confine_, {target.data(), static_cast<std::size_t>(length)}, steps, from_root))
      return false;
    if (from_root) chain_.clear();
    return true;
  }

  const Confine& confine_;
  std::vector<Descriptor> chain_;
  int links_{};
};

}  // namespace

Descriptor open_beneath(const Confine& confine, const std::string& path, int flags) {
  if (!confine.by_hand) {
    const int fd = ask_kernel(confine.root, path, flags);
    // EXDEV may be an absolute link back into the root; EAGAIN is a rename that raced with the
    // look-up; ENOSYS and EPERM are kernels and sandboxes without openat2().
    if (fd >= 0 || (errno != EXDEV && errno != ENOSYS && errno != EPERM && errno != EAGAIN))
      return Descriptor(fd);
  }
  return Walk(confine).to(path, flags);
}

}  // namespace holdfast::checkpoint
