// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/changes.hpp"

#include "holdfast/common/poll_time.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace holdfast::checkpoint {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int most_directories = 64;  // a user has 8,192 at least, for all his programs
/// A save is many events; looking once after the last of a burst is enough.
constexpr auto burst = std::chrono::milliseconds(200);
constexpr auto longest_burst = std::chrono::seconds(2);

bool readable(int descriptor, Clock::time_point until) {
  pollfd ready{descriptor, POLLIN, 0};
  // Without a descriptor (-1) poll only waits, which is the fall-back.
  return ::poll(&ready, 1, poll_time_until(until)) > 0;
}

void take_events(int descriptor) {
  alignas(inotify_event) std::array<char, 16384> events{};
  const ssize_t got = ::read(descriptor, events.data(), events.size());
  (void)got;  // what happened does not matter: everything is looked at again
}

}  // namespace

Changes::Changes(std::string root)
    : root_(std::move(root)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      left_(most_directories) {
  listen(root_);
}

Changes::~Changes() {
  if (inotify_ >= 0) (void)::close(inotify_);
}

void Changes::listen(const std::string& directory) {
  if (inotify_ < 0 || left_ == 0) return;
  --left_;
  constexpr std::uint32_t what =
      IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR;
  (void)::inotify_add_watch(inotify_, directory.c_str(), what);
}

void Changes::add(const Checkpoint& checkpoint) {
  if (checkpoint.is_directory && !checkpoint.path.empty()) listen(root_ + '/' + checkpoint.path);
}

void Changes::wait(Clock::time_point deadline) const {
  if (!readable(inotify_, deadline)) return;
  const auto enough = std::min(deadline, Clock::now() + longest_burst);
  do
    take_events(inotify_);
  while (readable(inotify_, std::min(enough, Clock::now() + burst)) && Clock::now() < enough);
}

}  // namespace holdfast::checkpoint
