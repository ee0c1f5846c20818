// SPDX-License-Identifier: Apache-2.0
// A Disk with a time limit on every request. What a request writes to belongs to the request, never
// to the caller: a thread that comes back from the kernel an hour later must find it still there.
#include "checkpoint/workers.hpp"
#include "holdfast/checkpoint/disk.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>

namespace holdfast::checkpoint {

namespace {

using Clock = std::chrono::steady_clock;

/// Large enough that a system call costs little beside its bytes, small enough for the caches.
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

Failure too_late(Workers::Outcome outcome, Patience patience) {
  if (outcome == Workers::Outcome::refused)
    return {FailureKind::timed_out,
            cat("was not asked for: ", patience.abandoned, " earlier requests still hang"),
            "the file system does not answer; look at its servers",
            {}};
  return {FailureKind::timed_out,
          cat("did not answer within ", patience.one_request.count(), " ms"),
          "the file system hangs; look at its servers",
          {}};
}

/// Runs `work` within the deadline. The answer lives with the job until both are done with it.
template <class T>
Result<T> ask(Workers& workers, Patience patience, std::function<Result<T>()> work) {
  auto answer = std::make_shared<std::optional<Result<T>>>();
  const auto outcome = workers.run([answer, work = std::move(work)] { answer->emplace(work()); },
                                   patience.one_request);
  if (outcome != Workers::Outcome::done) return too_late(outcome, patience);
  return std::move(**answer);
}

/// A stream under way in a worker, and what its caller may know of it.
struct Passage {
  std::mutex lock;
  std::condition_variable moved;
  Clock::time_point reading_since;  ///< of the read in progress
  bool in_sink{};                   ///< the caller's sink is at work: it is needed, and no hang
  bool ended{};                     ///< the sink will not be called again
  bool unwanted{};                  ///< the caller has gone, and his sink with him
  Result<void> result;
};

/// One turn: reads, and hands over what was read unless the caller went away meanwhile. False: the
/// stream has come to its end.
bool take_turn(Passage& passage,
               const File& file,
               std::uint64_t offset,
               std::span<std::byte> chunk,
               const File::Sink& sink) {
  const auto got = file.read_at(offset, chunk);
  {
    const std::lock_guard hold(passage.lock);
    if (passage.unwanted) return false;
    if (!got) passage.result = got.error();
    if (!got || *got == 0) return false;
    passage.in_sink = true;
  }
  auto taken = sink(chunk.first(*got));
  const std::lock_guard hold(passage.lock);
  passage.in_sink = false;
  passage.reading_since = Clock::now();
  passage.result = std::move(taken);
  return passage.result.has_value() && *got == chunk.size();
}

/// The worker's side: one chunk after the other until the end, a short read or a failure.
void carry(Passage& passage,
           const File& file,
           std::uint64_t offset,
           std::uint64_t end,
           const File::Sink& sink) {
  std::vector<std::byte> chunk(
      static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes, end - offset)));
  bool more = offset < end;
  while (more) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), end - offset));
    more = take_turn(passage, file, offset, std::span(chunk).first(wanted), sink);
    offset += wanted;
    more = more && offset < end;
  }
  const std::lock_guard hold(passage.lock);
  passage.ended = true;
  passage.moved.notify_all();
}

class DeadlineFile : public File {
 public:
  DeadlineFile(std::shared_ptr<Workers> workers, Patience patience, std::shared_ptr<File> inner)
      : workers_(std::move(workers)), patience_(patience), inner_(std::move(inner)) {
    status_ = inner_->status();
  }

  [[nodiscard]] const FileStatus& status() const override { return status_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    auto buffer = std::make_shared<std::vector<std::byte>>(into.size());
    auto got = ask<std::size_t>(*workers_, patience_, [inner = inner_, offset, buffer] {
      return inner->read_at(offset, *buffer);
    });
    if (got && *got != 0) std::memcpy(into.data(), buffer->data(), *got);
    return got;
  }

  Result<std::uint64_t> find_hole() const override {
    return ask<std::uint64_t>(
        *workers_, patience_, [inner = inner_] { return inner->find_hole(); });
  }

  /// The sink runs in the worker, on what is still hot in its cache: handing chunks to another
  /// thread costs more than most sinks do. Reading ahead is the kernel's.
  Result<void> stream(std::uint64_t offset, std::uint64_t length, const Sink& sink) const override {
    auto passage = std::make_shared<Passage>();
    passage->reading_since = Clock::now();
    const std::uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
    const auto ticket = workers_->start([passage, inner = inner_, offset, end, &sink] {
      carry(*passage, *inner, offset, end, sink);
    });
    if (!ticket) return too_late(Workers::Outcome::refused, patience_);
    if (wait_for_end(*passage)) return passage->result;
    workers_->abandon(*ticket);
    return too_late(Workers::Outcome::timed_out, patience_);
  }

 private:
  /// False when one read took too long. The sink, which lives no longer than the call, is not
  /// called after that: the worker asks before each turn, under the same lock.
  [[nodiscard]] bool wait_for_end(Passage& passage) const {
    std::unique_lock hold(passage.lock);
    while (!passage.ended) {
      const auto now = Clock::now();
      const auto due = (passage.in_sink ? now : passage.reading_since) + patience_.one_request;
      if (due <= now) {
        passage.unwanted = true;
        return false;
      }
      passage.moved.wait_until(hold, due);
    }
    return true;
  }

  std::shared_ptr<Workers> workers_;
  Patience patience_;
  std::shared_ptr<File> inner_;
  FileStatus status_;
};

class DeadlineDisk : public Disk {
 public:
  DeadlineDisk(std::shared_ptr<Workers> workers,
               std::shared_ptr<const Disk> inner,
               Patience patience)
      : workers_(std::move(workers)), inner_(std::move(inner)), patience_(patience) {}

  Result<Listing> list(const std::string& directory, std::size_t most) const override {
    return ask<Listing>(*workers_, patience_, [inner = inner_, directory, most] {
      return inner->list(directory, most);
    });
  }
  Result<FileStatus> status(const std::string& path) const override {
    return ask<FileStatus>(
        *workers_, patience_, [inner = inner_, path] { return inner->status(path); });
  }
  Result<std::unique_ptr<File>> open(const std::string& path) const override {
    auto file = ask<std::shared_ptr<File>>(
        *workers_, patience_, [inner = inner_, path]() -> Result<std::shared_ptr<File>> {
          auto opened = inner->open(path);
          if (!opened) return opened.error();
          return std::shared_ptr<File>(std::move(*opened));
        });
    if (!file) return file.error();
    return std::unique_ptr<File>(
        std::make_unique<DeadlineFile>(workers_, patience_, std::move(*file)));
  }
  Result<std::string> read_link(const std::string& path) const override {
    return ask<std::string>(
        *workers_, patience_, [inner = inner_, path] { return inner->read_link(path); });
  }

 private:
  std::shared_ptr<Workers> workers_;
  std::shared_ptr<const Disk> inner_;
  Patience patience_;
};

}  // namespace

Result<void> File::stream(std::uint64_t offset, std::uint64_t length, const Sink& sink) const {
  std::vector<std::byte> chunk(
      static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes, length)));
  while (length > 0) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(length, chunk.size()));
    const auto got = read_at(offset, std::span(chunk).first(wanted));
    if (!got) return got.error();
    if (*got == 0) break;
    if (auto taken = sink(std::span(chunk).first(*got)); !taken) return taken;
    offset += *got;
    length -= *got;
    if (*got < wanted) break;
  }
  return {};
}

std::unique_ptr<Disk> with_deadline(std::shared_ptr<const Disk> inner, Patience patience) {
  return std::make_unique<DeadlineDisk>(
      std::make_shared<Workers>(patience.abandoned), std::move(inner), patience);
}

Result<std::unique_ptr<Disk>> open_disk(const std::string& root, Patience patience) {
  auto workers = std::make_shared<Workers>(patience.abandoned);
  auto opened = ask<std::shared_ptr<const Disk>>(
      *workers, patience, [root]() -> Result<std::shared_ptr<const Disk>> {
        auto disk = open_disk(root);
        if (!disk) return disk.error();
        return std::shared_ptr<const Disk>(std::move(*disk));
      });
  if (!opened) return std::move(opened).error().within(root);
  return std::unique_ptr<Disk>(
      std::make_unique<DeadlineDisk>(std::move(workers), std::move(*opened), patience));
}

Result<std::string> read_small_file(const Disk& disk, const std::string& path, std::size_t most) {
  const auto file = disk.open(path);
  if (!file) return file.error();
  const std::uint64_t size = (*file)->status().size;
  if (size > most)
    return Failure{FailureKind::unsupported,
                   cat("is ", size, " bytes long, and ", most, " is the most that is read of it"),
                   "",
                   {}};
  std::string text(static_cast<std::size_t>(size), '\0');
  const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(text)));
  if (!got) return got.error();
  text.resize(*got);
  return text;
}

}  // namespace holdfast::checkpoint
