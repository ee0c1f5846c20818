// SPDX-License-Identifier: Apache-2.0
// Worker threads take the files from one list, the largest first, so that no thread is left alone
// with a big one at the end. They write results under one lock; the calling thread only tells how
// far it is and waits for the last one.
#include "cli/ckpt/deep.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace holdfast::cli {

using checkpoint::PayloadFile;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto telling_interval = std::chrono::milliseconds(200);

/// Holds readers back until their bytes are due.
class Throttle {
 public:
  explicit Throttle(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

  void take(std::uint64_t bytes) {
    if (rate_ == 0) return;
    Clock::time_point due;
    {
      const std::lock_guard hold(lock_);
      // Time that went by unused is not saved up: a pause must not be followed by a burst.
      due_ = std::max(due_, Clock::now());
      due = due_;
      due_ += std::chrono::nanoseconds(
          static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(rate_)));
    }
    std::this_thread::sleep_until(due);
  }

 private:
  std::uint64_t rate_;
  std::mutex lock_;
  Clock::time_point due_{};
};

/// Runs `work` on every file with several threads.
class Crew {
 public:
  using Work = std::function<void(const PayloadFile&, const checkpoint::Progress&)>;

  Crew(std::vector<PayloadFile> files, const DeepWish& wish)
      : throttle_(wish.bytes_per_second), stop_(wish.stop) {
    files_ = std::move(files);
    std::ranges::sort(files_, std::greater(), &PayloadFile::size);
    jobs_ = std::clamp<std::size_t>(wish.jobs, 1, std::max<std::size_t>(files_.size(), 1));
  }

  void run(const Work& work, const TellState& tell) {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < jobs_; ++i)
      threads.emplace_back([&] { run_one(work); });
    std::unique_lock hold(lock_);
    while (ended_ < jobs_) {
      (void)progress_.wait_for(hold, telling_interval);
      hold.unlock();
      if (tell) tell(state());
      hold.lock();
    }
  }

 private:
  void run_one(const Work& work) {
    for (std::size_t i = next_++; i < files_.size() && !stop_.stop_requested(); i = next_++) {
      std::uint64_t counted = 0;
      work(files_[i], [&](std::uint64_t more) {
        counted += more;
        bytes_ += more;
        throttle_.take(more);
        return !stop_.stop_requested();
      });
      const std::uint64_t passed = files_[i].size - std::min(counted, files_[i].size);
      passed_ += passed;
      bytes_ += passed;
      ++done_;
    }
    const std::lock_guard hold(lock_);
    ++ended_;
    progress_.notify_one();
  }

  [[nodiscard]] DeepState state() const {
    std::uint64_t all = 0;
    for (const PayloadFile& file : files_)
      all += file.size;
    return {bytes_, all, done_, files_.size(), passed_};
  }

  std::vector<PayloadFile> files_;
  std::size_t jobs_{1};
  Throttle throttle_;
  std::stop_token stop_;
  std::atomic<std::size_t> next_{};
  std::atomic<std::size_t> done_{};
  std::atomic<std::uint64_t> bytes_{};
  std::atomic<std::uint64_t> passed_{};
  std::mutex lock_;
  std::condition_variable progress_;
  std::size_t ended_{};
};

}  // namespace

Result<std::uint64_t> parse_rate(std::string_view text) {
  constexpr std::string_view units = "KMGT";
  std::uint64_t factor = 1;
  std::string_view digits = text;
  if (const auto unit = text.empty() ? std::string_view::npos : units.find(text.back());
      unit != std::string_view::npos) {
    for (std::size_t i = 0; i <= unit; ++i)
      factor *= 1024;
    digits.remove_suffix(1);
  }
  const auto number = parse_number<std::uint32_t>(digits);
  if (!number || *number == 0)
    return Failure{FailureKind::bad_input,
                   cat('"', text, "\" is no rate"),
                   "write bytes a second: 200M, 1G",
                   {}};
  return *number * factor;
}

unsigned usual_jobs() { return std::clamp(std::thread::hardware_concurrency(), 1U, 8U); }

checkpoint::Judgement verify_files(const checkpoint::Disk& disk,
                                   std::vector<PayloadFile> files,
                                   checkpoint::Verified& verified,
                                   const DeepWish& wish,
                                   const TellState& tell) {
  checkpoint::Judgement whole;
  whole.verdict = checkpoint::Verdict::good;
  std::mutex lock;
  Crew crew(std::move(files), wish);
  crew.run(
      [&](const PayloadFile& file, const checkpoint::Progress& progress) {
        const auto status = disk.status(file.path);
        {
          const std::lock_guard hold(lock);
          if (status && !wish.again && verified.contains(file.path, *status)) return;
        }
        const auto part = verify_payload(disk, file, progress);
        const std::lock_guard hold(lock);
        if (status && part.verdict == checkpoint::Verdict::good && !file.claims.empty())
          (void)verified.add(file.path, *status);
        merge(whole, part);
      },
      tell);
  if (whole.verdict == checkpoint::Verdict::good) whole.reached = checkpoint::Level::payload;
  return whole;
}

Result<std::vector<checkpoint::ManifestFile>> sum_up_files(const checkpoint::Disk& disk,
                                                           std::vector<PayloadFile> files,
                                                           checkpoint::ManifestDraft& draft,
                                                           const DeepWish& wish,
                                                           const TellState& tell) {
  std::vector<checkpoint::ManifestFile> sums;
  std::optional<Failure> failure;
  std::mutex lock;
  Crew crew(std::move(files), wish);
  crew.run(
      [&](const PayloadFile& file, const checkpoint::Progress& progress) {
        {
          const auto status = disk.status(file.path);
          const std::lock_guard hold(lock);
          auto known = status ? draft.find(file.path, *status) : std::nullopt;
          if (known) return sums.push_back(*std::move(known));
        }
        auto sum = checkpoint::read_sums(disk, file.path, progress);
        const std::lock_guard hold(lock);
        if (sum) {
          // A draft that cannot be written costs time after an interruption, nothing else.
          (void)draft.add(*sum);
          sums.push_back(std::move(*sum));
        } else if (!failure)
          failure = Failure(sum.error()).within(file.path);
      },
      tell);
  if (failure) return *std::move(failure);
  if (wish.stop.stop_requested())
    return Failure{FailureKind::timed_out, "the files were not summed up to their end", "", {}};
  std::ranges::sort(sums, {}, &checkpoint::ManifestFile::path);
  return sums;
}

}  // namespace holdfast::cli
