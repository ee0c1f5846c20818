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

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
constexpr std::size_t chunks_ahead = 3;  // one being filled, one waiting, one being looked at

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

/// Chunks on their way from a reading thread to the one that looks at them.
struct Belt {
  std::mutex lock;
  std::condition_variable moved;
  std::vector<std::vector<std::byte>> empty;
  std::vector<std::vector<std::byte>> full;  ///< oldest first
  std::optional<Failure> failure;
  bool ended{};     ///< nothing more will be put on
  bool unwanted{};  ///< nothing more will be taken off
};

/// The reading side: runs in a worker, one chunk after the other, stops at the first short one.
void fill(Belt& belt, const File& file, std::uint64_t offset, std::uint64_t end) {
  while (offset < end) {
    std::vector<std::byte> chunk;
    {
      std::unique_lock hold(belt.lock);
      belt.moved.wait(hold, [&] { return belt.unwanted || !belt.empty.empty(); });
      if (belt.unwanted) break;
      chunk = std::move(belt.empty.back());
      belt.empty.pop_back();
    }
    chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes, end - offset)));
    const std::size_t wanted = chunk.size();
    const auto got = file.read_at(offset, chunk);
    const std::lock_guard hold(belt.lock);
    if (!got) belt.failure = got.error();
    if (!got || *got == 0) break;
    chunk.resize(*got);
    belt.full.push_back(std::move(chunk));
    belt.moved.notify_all();
    offset += *got;
    if (*got < wanted) break;
  }
  const std::lock_guard hold(belt.lock);
  belt.ended = true;
  belt.moved.notify_all();
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
    if (got) std::memcpy(into.data(), buffer->data(), *got);
    return got;
  }

  Result<std::uint64_t> find_hole() const override {
    return ask<std::uint64_t>(
        *workers_, patience_, [inner = inner_] { return inner->find_hole(); });
  }

  /// The worker reads ahead while the caller works on what it has, so that reading and checksumming
  /// overlap.
  Result<void> stream(std::uint64_t offset, std::uint64_t length, const Sink& sink) const override {
    auto belt = std::make_shared<Belt>();
    belt->empty.resize(chunks_ahead);
    const std::uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
    const auto ticket =
        workers_->start([belt, inner = inner_, offset, end] { fill(*belt, *inner, offset, end); });
    if (!ticket) return too_late(Workers::Outcome::refused, patience_);
    auto result = drain(*belt, sink);
    // The reader stops by itself after its present chunk, unless that is what hangs.
    if (!result && (result.error().kind == FailureKind::timed_out ||
                    !workers_->wait(*ticket, Clock::now() + patience_.one_request)))
      workers_->abandon(*ticket);
    return result;
  }

 private:
  Result<void> drain(Belt& belt, const Sink& sink) const {
    std::unique_lock hold(belt.lock);
    const auto give_up = [&](const Failure& failure) {
      belt.unwanted = true;
      belt.moved.notify_all();
      return failure;
    };
    while (true) {
      const auto ready = [&] { return !belt.full.empty() || belt.ended; };
      if (!belt.moved.wait_for(hold, patience_.one_request, ready))
        return give_up(too_late(Workers::Outcome::timed_out, patience_));
      if (belt.full.empty()) break;
      std::vector<std::byte> chunk = std::move(belt.full.front());
      belt.full.erase(belt.full.begin());
      hold.unlock();
      auto taken = sink(chunk);
      hold.lock();
      if (!taken) return give_up(taken.error());
      belt.empty.push_back(std::move(chunk));
      belt.moved.notify_all();
    }
    if (belt.failure) return *belt.failure;
    return {};
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
