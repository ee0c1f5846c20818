// SPDX-License-Identifier: Apache-2.0
#include "run/outlet.hpp"

#include "holdfast/common/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace holdfast::run {

namespace {

constexpr std::uint64_t most_waiting = std::uint64_t{256} * 1024 * 1024;

/// All of it, or as much as there is a reader for.
void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote > 0) {
      text.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

struct Outlet::Ends {
  int stream{};
  int file{-1};
  std::uint64_t in_file{};
  std::uint64_t cap{};
  std::atomic<std::uint64_t> waiting{};

  ~Ends() {
    if (file >= 0) ::close(file);
  }
};

Outlet::Outlet(Worker& worker, int stream, const std::string& file, std::uint64_t cap)
    : worker_(worker), ends_(std::make_shared<Ends>()) {
  ends_->stream = stream;
  ends_->cap = cap;
  worker_.hand([ends = ends_, file] {
    ends->file = ::open(
        file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  });
}

Outlet::~Outlet() = default;

void Outlet::write(std::string_view chunk) {
  bytes_ += chunk.size();
  if (ends_->waiting.load() > most_waiting) return;  // nobody has read for a quarter of a gigabyte
  ends_->waiting += chunk.size();
  worker_.hand([ends = ends_, text = std::string(chunk)] {
    write_all(ends->stream, text);
    const std::uint64_t room = ends->cap - std::min(ends->cap, ends->in_file);
    if (ends->file >= 0 && room > 0) {
      const std::string_view kept = std::string_view(text).substr(0, room);
      write_all(ends->file, kept);
      ends->in_file += kept.size();
      if (ends->in_file >= ends->cap)
        write_all(ends->file,
                  "\n[holdfast: the file has reached its cap; the job's own output goes on]\n");
    }
    ends->waiting -= text.size();
  });
}

}  // namespace holdfast::run
