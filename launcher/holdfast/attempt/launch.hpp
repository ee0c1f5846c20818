// SPDX-License-Identifier: Apache-2.0
// The command line and the environment of one attempt, made from the user's srun line and a rank
// map. Pure.
#pragma once

#include "holdfast/attempt/rank_map.hpp"
#include "holdfast/attempt/srun_line.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::attempt {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct LaunchWish {
  unsigned number{};                ///< the attempt's, from 1
  std::string state;                ///< the state directory, absolute
  std::string host_file;            ///< where host_file(map) was written, absolute
  std::optional<std::string> exec;  ///< path of holdfast, to place ranks where there is no plugin
  bool ask_plugin{};                ///< HOLDFAST_BIND asks the plugin, off by default at many sites
  Variables resume;                 ///< what the checkpoint catalogue hands over
  std::vector<std::string> resume_arguments;
  bool full_size{true};                     ///< false: -N and -n of the user no longer hold
  std::optional<std::string> given_master;  ///< MASTER_ADDR of the caller's environment
  std::vector<std::string> allocation;      ///< nodes of the job: a MASTER_ADDR among them is stale
};

struct Launch {
  std::vector<std::string> words;  ///< argv
  Variables set;                   ///< on top of the caller's environment
};

[[nodiscard]] Launch launch_of(const SrunLine& line, const RankMap& map, const LaunchWish& wish);

}  // namespace holdfast::attempt
