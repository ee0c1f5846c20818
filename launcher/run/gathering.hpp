// SPDX-License-Identifier: Apache-2.0
// Collects evidence of a lost attempt for a while: signs of its nodes, and Slurm's word on the job.
#pragma once

#include "holdfast/recovery/evidence.hpp"
#include "holdfast/sentinel/beat.hpp"
#include "holdfast/slurm/job.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::run {

/// A sentinel's sign in the words of recovery; nothing for what is no evidence of a cause. Pure.
[[nodiscard]] std::optional<recovery::NodeSign> meaning_of(const std::string& node,
                                                           const sentinel::NodeSign& sign);

/// The sentence for a sign that no rank survives: the attempt is stopped for it at once. Nothing
/// for all others. Pure.
[[nodiscard]] std::optional<std::string> fatal_fault(const sentinel::NodeSign& sign);

/// What the state of our own job says, while we still run in it. Pure.
[[nodiscard]] std::optional<recovery::SlurmVerdict> verdict_of(const slurm::JobFacts& job,
                                                               unsigned restart);

class Gathering {
 public:
  explicit Gathering(boost::asio::io_context& io) : timer_(io) {}

  /// `done` is called once: when all nodes and Slurm have answered, or the time is over.
  void begin(std::set<std::string> nodes,
             std::chrono::milliseconds patience,
             std::function<void()> done);
  void add(recovery::NodeSign sign);
  void node_answered(const std::string& node);
  void slurm_answered(std::optional<recovery::SlurmVerdict> verdict);

  [[nodiscard]] std::vector<recovery::NodeSign> take_signs() { return std::exchange(signs_, {}); }
  [[nodiscard]] std::optional<recovery::SlurmVerdict> slurm() const { return slurm_; }

 private:
  void finish_if_done();

  boost::asio::steady_timer timer_;
  std::function<void()> done_;
  std::set<std::string> open_;
  bool slurm_open_{};
  std::vector<recovery::NodeSign> signs_;
  std::optional<recovery::SlurmVerdict> slurm_;
};

}  // namespace holdfast::run
