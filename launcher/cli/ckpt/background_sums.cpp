// SPDX-License-Identifier: Apache-2.0
#include "cli/ckpt/background_sums.hpp"

#include "cli/ckpt/summing.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace holdfast::cli {

using checkpoint::Listed;

namespace {

/// Of this thread and those it starts: the job's own processes come first.
void step_back() {
  constexpr int little = 10;
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), little);
}

}  // namespace

BackgroundSums::BackgroundSums(std::string root,
                               std::string sidecar,
                               checkpoint::Patience patience,
                               DeepWish wish)
    : root_(std::move(root)),
      sidecar_(std::move(sidecar)),
      patience_(patience),
      wish_(std::move(wish)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

BackgroundSums::~BackgroundSums() = default;

void BackgroundSums::add(const Listed& listed) {
  const std::lock_guard hold(lock_);
  if (!known_.emplace(listed.checkpoint.path, listed.newest).second) return;
  queue_.push_back(listed);
  changed_.notify_all();
}

std::vector<std::string> BackgroundSums::take_news() {
  const std::lock_guard hold(lock_);
  return std::exchange(news_, {});
}

void BackgroundSums::wait(std::chrono::steady_clock::time_point until) {
  std::unique_lock hold(lock_);
  changed_.wait_until(hold, until, [&] { return queue_.empty() && !busy_; });
}

void BackgroundSums::work(const std::stop_token& stop) {
  step_back();
  std::unique_lock hold(lock_);
  while (changed_.wait(hold, stop, [&] { return !queue_.empty(); })) {
    const Listed listed = std::move(queue_.back());
    queue_.pop_back();
    busy_ = true;
    hold.unlock();
    std::string told = sum_up(listed, stop);
    hold.lock();
    if (!told.empty()) news_.push_back(std::move(told));
    busy_ = false;
    changed_.notify_all();
  }
}

std::string BackgroundSums::sum_up(const Listed& listed, const std::stop_token& stop) const {
  const auto disk = checkpoint::open_disk(root_, patience_);
  if (!disk) return printable(disk.error().sentence());
  if (has_sums(**disk, sidecar_, listed)) return {};
  DeepWish wish = wish_;
  wish.stop = stop;
  const auto manifest = write_sums(**disk, sidecar_, listed, wish, {});
  if (manifest)
    return cat(
        "summed up ", shown_path(listed.checkpoint), ", ", shown_files(manifest->files.size()));
  if (stop.stop_requested() || manifest.error().kind == FailureKind::not_found)
    return {};  // not ours to finish, or retention was faster
  return cat(shown_path(listed.checkpoint),
             " was not summed up: ",
             printable(manifest.error().sentence()));
}

}  // namespace holdfast::cli
