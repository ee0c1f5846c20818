// SPDX-License-Identifier: Apache-2.0
// One session with NVML: start it, list the GPUs, ask each one everything, end it. Called in a
// child with a deadline, because any call may wait for a GPU that no longer answers.
#include "holdfast/health/nvml/read.hpp"

#include "calls.hpp"
#include "device.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/event.hpp"

#include <utility>

namespace holdfast::health {

namespace {

using namespace nvml;

/// Ends the session when the asking is over.
class Session {
 public:
  explicit Session(const Calls& calls) : calls_(calls), result_(calls.init()) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (result_ == code::success && calls_.shutdown != nullptr) calls_.shutdown();
  }
  [[nodiscard]] Return result() const { return result_; }

 private:
  const Calls& calls_;
  Return result_;
};

void ask_versions(const Calls& calls, GpuDriverFacts& driver) {
  std::array<char, 80> version{};
  const Return result = calls.driver_version == nullptr
                            ? code::function_not_found
                            : calls.driver_version(version.data(), version.size());
  driver.version = fact_of(result, text_in(version));
  int cuda{};  // 12040 is 12.4
  const Return cuda_result =
      calls.cuda_version == nullptr ? code::function_not_found : calls.cuda_version(&cuda);
  driver.cuda_version = fact_of(cuda_result, cat(cuda / 1000, '.', cuda % 1000 / 10));
}

/// A GPU that cannot be opened is known by its index alone.
GpuFacts unopened(unsigned index, Return result) {
  GpuFacts gpu;
  gpu.at = cat("index ", index);
  gpu.vendor = "nvidia";
  const GpuAnswer answer = answer_of(result);
  gpu.answer = answer == GpuAnswer::answers ? GpuAnswer::failing : answer;
  return gpu;
}

/// A cgroup that hides the GPU from this process says nothing about the GPU.
bool is_hidden(Return result) {
  return result == code::no_permission || result == code::operating_system;
}

GpuFacts ask_gpu(const Calls& calls, Device handle, unsigned index, bool thorough) {
  OpenDevice device(calls, handle);
  GpuFacts gpu;
  gpu.vendor = "nvidia";
  PciInfo pci;
  const Return result = device.ask(calls.pci, &pci);
  const auto address = pci_address(text_in(pci.bus_id));
  gpu.at = result == code::success && address ? *address : cat("index ", index);
  ask_identity(device, thorough, gpu);
  ask_modes(device, gpu);
  ask_memory(device, gpu);
  ask_use(device, gpu);
  ask_pcie(device, gpu);
  ask_nvlinks(device, gpu);
  ask_fabric(device, gpu);
  ask_c2c(device, gpu);
  ask_heat(device, gpu);
  gpu.answer = device.answer();
  return gpu;
}

void ask_gpus(const Calls& calls, bool thorough, Facts& facts) {
  constexpr unsigned most_gpus = 256;
  unsigned count{};
  const Return result = calls.count(&count);
  facts.gpu_driver.counted = fact_of<std::uint64_t>(result, count);
  if (result != code::success || count > most_gpus) {
    const std::string why = result != code::success ? phrase_of(result) : "NVML counts too many";
    facts.gpus = Fact<std::vector<GpuFacts>>::unseen(why);
    return;
  }
  std::vector<GpuFacts> gpus;
  gpus.reserve(count);
  std::uint64_t opened = 0;
  for (unsigned index = 0; index < count; ++index) {
    Device handle{};
    const Return open_result = calls.by_index(index, &handle);
    if (open_result == code::success) {
      gpus.push_back(ask_gpu(calls, handle, index, thorough));
      ++opened;
    } else if (!is_hidden(open_result)) {
      gpus.push_back(unopened(index, open_result));
    }
  }
  facts.gpu_driver.opened = opened;
  facts.gpus = std::move(gpus);
}

}  // namespace

void ask_nvml(const NvmlWish& wish, Facts& facts) {
  const auto calls = open_nvml(wish.library);
  if (!calls) {
    facts.gpu_driver.start = Fact<std::string>::lacking(calls.error().what);
    facts.gpus = Fact<std::vector<GpuFacts>>::lacking(calls.error().what);
    return;
  }
  const Session session(*calls);
  facts.gpu_driver.start = phrase_of(session.result());
  if (session.result() != code::success) {
    facts.gpus = Fact<std::vector<GpuFacts>>::unseen(phrase_of(session.result()));
    return;
  }
  ask_versions(*calls, facts.gpu_driver);
  ask_gpus(*calls, wish.thorough, facts);
}

}  // namespace holdfast::health
