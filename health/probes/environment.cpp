// SPDX-License-Identifier: Apache-2.0
// What the caller's job brings along. Reads nothing that could hang.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <array>

namespace holdfast::health {

namespace {

constexpr std::array asked_for{"CUDA_LAUNCH_BLOCKING",
                               "CUDA_INJECTION64_PATH",
                               "CUDA_INJECTION32_PATH",
                               "NSIGHT_CUDA_DEBUGGER",
                               "CUDA_DEVICE_WAITS_ON_EXCEPTION",
                               "CUDA_ENABLE_COREDUMP_ON_EXCEPTION",
                               "CUDA_COREDUMP_FILE",
                               "CUDA_AUTO_BOOST",
                               "NCCL_DEBUG_SUBSYS",
                               "NCCL_SOCKET_IFNAME"};

}  // namespace

void look_at_environment(const Tree& tree,
                         const std::function<const char*(const char*)>& variable,
                         Facts& facts) {
  using Environment = std::map<std::string, std::string>;
  if (variable("SLURM_JOB_ID") == nullptr) {
    facts.system.environment = Fact<Environment>::lacking("not in a job");
    return;
  }
  Environment found;
  for (const char* name : asked_for)
    if (const char* value = variable(name); value != nullptr)
      found.emplace(name, std::string(value).substr(0, 200));
  facts.system.environment = std::move(found);
  const auto names = tree.names("sys/class/net");
  facts.system.interfaces_up =
      changed<std::vector<std::string>>(names, [&](const std::vector<std::string>& all) {
        std::vector<std::string> up;
        up.reserve(all.size());
        // "unknown" is the state of interfaces that have no carrier to sense
        for (const std::string& name : all) {
          const auto state = tree.text(cat("sys/class/net/", name, "/operstate"));
          if (state.is("up") || state.is("unknown")) up.push_back(name);
        }
        return up;
      });
}

}  // namespace holdfast::health
