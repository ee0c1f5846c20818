// SPDX-License-Identifier: Apache-2.0
// `run --manifest`: one `holdfast ckpt watch --manifest` per directory of checkpoints sums each new
// one up while the job computes, slowly, so that a format without checksums can be verified before
// it is resumed from. Its notes lie where the catalogue looks for them. The run never waits for it
// and goes on without it.
#pragma once

#include "holdfast/process/child.hpp"
#include "run/catalogue.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::run {

class Sums {
 public:
  /// `say` hears, once per directory, that there will be no more sums, and why.
  Sums(boost::asio::io_context& io,
       Catalogue::Settings settings,
       std::function<void(std::string)> say);
  /// Ends the watchers; what was read of a checkpoint is kept by them for the next time.
  ~Sums();
  Sums(const Sums&) = delete;
  Sums& operator=(const Sums&) = delete;

  void start();

 private:
  struct Watcher {
    std::unique_ptr<process::Child> child;
    std::string errors;  ///< the last it said
  };
  void watch(std::size_t directory);

  boost::asio::io_context& io_;
  Catalogue::Settings settings_;
  std::function<void(std::string)> say_;
  std::vector<Watcher> watchers_;
};

}  // namespace holdfast::run
