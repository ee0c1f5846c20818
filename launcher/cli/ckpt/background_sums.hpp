// SPDX-License-Identifier: Apache-2.0
// `ckpt watch --manifest`: a thread of its own sums up each checkpoint that became complete, slowly
// and with little priority, while the watch goes on. The newest is taken first, because it is the
// one a restart would begin from.
#pragma once

#include "cli/ckpt/deep.hpp"
#include "cli/ckpt/look.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace holdfast::cli {

class BackgroundSums {
 public:
  /// Checkpoints are those below `root`; `wish` says how fast they may be read.
  BackgroundSums(std::string root,
                 std::string sidecar,
                 checkpoint::Patience patience,
                 DeepWish wish);
  BackgroundSums(const BackgroundSums&) = delete;
  BackgroundSums& operator=(const BackgroundSums&) = delete;
  /// Stops where it is; what was read is kept for the next time.
  ~BackgroundSums();

  /// Puts a good checkpoint in the queue, each save once.
  void add(const checkpoint::Listed& listed);

  /// Sentences on what was done since the last time.
  [[nodiscard]] std::vector<std::string> take_news();

  /// Until nothing is left to be done, or the deadline.
  void wait(std::chrono::steady_clock::time_point until);

 private:
  void work(const std::stop_token& stop);
  [[nodiscard]] std::string sum_up(const checkpoint::Listed& listed,
                                   const std::stop_token& stop) const;

  std::string root_;
  std::string sidecar_;
  checkpoint::Patience patience_;
  DeepWish wish_;
  std::mutex lock_;
  std::condition_variable_any changed_;
  std::vector<checkpoint::Listed> queue_;  ///< the newest last
  std::set<std::pair<std::string, checkpoint::Time>> known_;
  std::vector<std::string> news_;
  bool busy_{};
  std::jthread thread_;  ///< the last member: it works on all the others
};

}  // namespace holdfast::cli
