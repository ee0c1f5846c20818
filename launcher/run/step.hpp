// SPDX-License-Identifier: Apache-2.0
// One attempt's srun: started, listened to, and let go.
#pragma once

#include "holdfast/attempt/launch.hpp"
#include "holdfast/process/child.hpp"
#include "holdfast/recovery/evidence.hpp"
#include "holdfast/recovery/srun_messages.hpp"
#include "run/outlet.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::run {

class Step {
 public:
  struct Ears {
    std::function<void(const recovery::SrunMessage&, const std::string& text)> said;
    std::function<void(process::End)> ended;
  };

  [[nodiscard]] static Result<std::unique_ptr<Step>> start(boost::asio::io_context& io,
                                                           Worker& worker,
                                                           const attempt::Launch& launch,
                                                           const std::string& directory,
                                                           std::uint64_t cap,
                                                           Ears ears);

  /// What was printed: the beginning and the end, when it was much. Standard error, and of standard
  /// output what looks like an error's.
  [[nodiscard]] std::vector<recovery::Line> lines() const;
  [[nodiscard]] std::uint64_t output_bytes() const { return out_.bytes() + err_.bytes(); }
  void signal(int number) { child_->signal(number); }
  /// srun goes; its ranks are the sentinels' affair.
  void drop();

 private:
  Step(Worker& worker, const std::string& directory, std::uint64_t cap, Ears ears);
  void hear_errors(std::string_view chunk);
  void hear_line(std::string line);

  Ears ears_;
  Outlet out_, err_;
  std::unique_ptr<process::Child> child_;
  std::string partial_;
  std::vector<recovery::Line> first_;
  std::deque<recovery::Line> last_;
};

}  // namespace holdfast::run
