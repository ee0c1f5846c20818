// SPDX-License-Identifier: Apache-2.0
// The node's own health check beside a running job: a child of ours, `holdfast check --tier job`,
// every so often and when somebody asks. A GPU that holds its driver's lock keeps the child
// waiting, never the beat. What the first look found was there before the run, so it is no news
// later, unless nothing could run with it.
#pragma once

#include "holdfast/sentinel/beat.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::sentinel {

/// What `holdfast check --json` said, as far as it is needed here.
struct HealthAnswer {
  struct Finding {
    std::string key;   ///< check and subject
    std::string text;  ///< "gpu.lost GPU 0000:17:00.0: has fallen off the bus"
    bool fatal{};
  };
  std::vector<Finding> findings;  ///< unfit and fatal ones
  std::vector<std::string> gpus;  ///< PCI addresses of those this job sees
  /// The percent of time in which their memory was read or written, the mean of those that say so.
  std::optional<std::uint64_t> gpu_memory_busy;
};
[[nodiscard]] std::optional<HealthAnswer> parse_health_answer(std::string_view text);

class HealthLook : public std::enable_shared_from_this<HealthLook> {
 public:
  struct Settings {
    std::vector<std::string> command;    ///< prints what parse_health_answer() reads
    std::chrono::milliseconds every{0};  ///< 0: only when asked
    /// The check has a deadline of its own, of a second; this is for when even that is not kept.
    std::chrono::milliseconds deadline{5000};
  };
  /// `told` gets each new sign, from the io_context.
  HealthLook(boost::asio::io_context& context,
             Settings settings,
             std::function<void(NodeSign)> told);

  /// The first look, and then one every so often, not at the same moment on all nodes.
  void start();
  void close();

  /// Looks now, or waits for the look that is on its way. `done` is called once, after its signs.
  void look(std::function<void()> done);

  /// The GPUs of the job's own; empty as long as nobody could say.
  [[nodiscard]] const std::vector<std::string>& gpus() const { return gpus_; }

  /// How often their memory's use was seen, and the sum of the percents.
  [[nodiscard]] std::uint64_t gpu_looks() const { return gpu_looks_; }
  [[nodiscard]] std::uint64_t gpu_memory_busy() const { return gpu_memory_busy_; }

 private:
  void take(const HealthAnswer& answer);
  void over();
  void look_again();

  boost::asio::io_context& context_;
  Settings settings_;
  std::function<void(NodeSign)> told_;
  boost::asio::steady_timer timer_;
  bool looking_{};
  bool closed_{};
  std::vector<std::function<void()>> waiting_;
  bool first_{true};
  std::set<std::string, std::less<>> known_;  // keys that were told, or were there before
  std::vector<std::string> gpus_;
  std::uint64_t gpu_looks_{};
  std::uint64_t gpu_memory_busy_{};
};

}  // namespace holdfast::sentinel
