// SPDX-License-Identifier: Apache-2.0
// The node map, from the side of those who need it to be there. Root's work, in slurmd or in a
// step before its user is taken on, so nothing a user can set has a say: the places are constants,
// the program's path is the administrator's. Many steps may begin at once after a boot; the program
// writes by rename, so two writers would only waste time, and the lock keeps it to one.
#include "holdfast/spank/node_map.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"
#include "holdfast/spank/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::spank {

namespace {

constexpr const char* folder = "/run/holdfast";
constexpr const char* map_file = "/run/holdfast/node.json";
constexpr const char* lock_file = "/run/holdfast/node.lock";
constexpr std::string_view magic = "holdfast-node-map 1 ";

// Nobody reads it; the bound keeps a program that babbles from filling slurmstepd.
constexpr std::size_t max_talk = 4096;

/// The first bytes of a file; none when it cannot be read.
std::string read_beginning(const char* path) {
  std::array<char, 128> text{};
  const files::Descriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.open()) return {};
  const ssize_t length = ::read(file.get(), text.data(), text.size());
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

bool is_fresh() {
  const std::string boot_id = read_beginning("/proc/sys/kernel/random/boot_id");
  return is_of_boot(read_beginning(map_file), trim(boot_id));
}

/// The lock of the one who writes; the kernel lifts it with the process that held it.
class WriterLock {
 public:
  WriterLock() : file_(::open(lock_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    error_ = !file_.open() || ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 ? errno : 0;
  }
  [[nodiscard]] int error() const { return error_; }

 private:
  files::Descriptor file_;
  int error_{};
};

}  // namespace

bool is_of_boot(std::string_view beginning, std::string_view boot_id) {
  if (boot_id.empty() || !beginning.starts_with(magic)) return false;
  beginning.remove_prefix(magic.size());
  return beginning.starts_with(boot_id) && beginning.substr(boot_id.size()).starts_with(' ');
}

Result<void> write_node_map(const std::string& program,
                            std::chrono::milliseconds deadline,
                            Refresh refresh) {
  if (refresh == Refresh::when_stale && is_fresh()) return {};
  if (::mkdir(folder, 0755) != 0 && errno != EEXIST) {
    return Failure{FailureKind::denied, cat(folder, " cannot be made"), "", errno_code(errno)};
  }
  const WriterLock lock;
  if (lock.error() == EWOULDBLOCK) return {};
  if (lock.error() != 0) {
    return Failure{
        FailureKind::denied, cat(lock_file, " cannot be locked"), "", errno_code(lock.error())};
  }
  // Whoever waited for nobody may still come just after somebody was done.
  if (refresh == Refresh::when_stale && is_fresh()) return {};
  auto answer = ask_child({{program, "topo", "--write-node-map"},
                           {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                           deadline,
                           max_talk});
  if (!answer) return std::move(answer).error().within("writing the node map");
  return {};
}

}  // namespace holdfast::spank
