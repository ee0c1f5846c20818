// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

extern "C" {
#include <slurm/spank.h>
}

namespace holdfast::spank {

/// A Slurm made of the functions a plugin may call. One at a time; the plugin finds it through the
/// symbols of this program. It can fail any one of its answers.
struct FakeSlurm {
  spank_context_t context{S_CTX_REMOTE};

  // What spank_get_item answers.
  std::uint32_t job{7};
  std::uint32_t step{0};
  std::uint32_t node_rank{1};
  std::uint32_t nodes{2};
  std::uint32_t world{6};
  std::vector<std::uint32_t> global_ranks{4, 5};
  std::string cores{"0-1"};
  std::vector<std::string> argv{"train.py"};
  int task{0};
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};

  /// Calls until the one that fails; 0: none does.
  int fail_at{};
  int calls{};

  // What the plugin did.
  std::vector<spank_option> options;
  std::vector<std::string> told;    ///< to the job
  std::vector<std::string> logged;  ///< to the daemon's log

  [[nodiscard]] const char* variable(const std::string& name) const;
  void set_variable(const std::string& name, const std::string& value);

  /// True when this very call is to fail; counts it.
  [[nodiscard]] bool fails_now();

  [[nodiscard]] static FakeSlurm& now();
};

}  // namespace holdfast::spank
