// SPDX-License-Identifier: Apache-2.0
#include "node.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace holdfast::fake_nvml {

namespace {

struct Node {
  State state;
  std::filesystem::file_time_type written;
  int sessions{};
};

std::mutex& guard() {
  static std::mutex mutex;
  return mutex;
}

Node& node() {
  static Node node;
  return node;
}

void load(Node& node, bool again) {
  const char* path = std::getenv("HOLDFAST_FAKE_NVML");
  if (path == nullptr) {
    node.state = {};
    return;
  }
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(path, failed);
  if (!again && !failed && written == node.written) return;
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  node.state = parse_state(text.str());
  node.state.understood = node.state.understood && file.is_open() && !failed;
  node.written = written;
}

/// The state as the file has it now; a copy, so that a call that hangs holds nothing.
State now(bool again = false) {
  const std::lock_guard lock(guard());
  load(node(), again);
  return node().state;
}

/// Delays, hangs or fails as the file says.
std::optional<Return> trouble_of(const Trouble& trouble, std::string_view function) {
  if (trouble.hangs.contains(function))
    for (;;)
      pause();
  const auto delay = trouble.delays_ms.find(function);
  if (delay != trouble.delays_ms.end())
    std::this_thread::sleep_for(std::chrono::milliseconds(delay->second));
  const auto error = trouble.errors.find(function);
  return error != trouble.errors.end() ? std::optional<Return>(error->second) : std::nullopt;
}

/// A handle is the GPU's number plus one: never null, and the same while the GPU stays.
Device handle_of(std::size_t index) { return reinterpret_cast<Device>(index + 1); }

}  // namespace

Return about_node(std::string_view function, const std::function<Return(const State&)>& answer) {
  const State state = now();
  if (const auto trouble = trouble_of(state.trouble, function)) return *trouble;
  {
    const std::lock_guard lock(guard());
    if (node().sessions == 0) return code::uninitialized;
  }
  return answer(state);
}

Return about_gpu(Device device,
                 std::string_view function,
                 const std::function<Return(const Gpu&, unsigned index)>& answer) {
  return about_node(function, [&](const State& state) {
    const auto number = reinterpret_cast<std::size_t>(device);
    if (number == 0 || number > state.gpus.size()) return code::invalid_argument;
    const Gpu& gpu = state.gpus[number - 1];
    if (const auto trouble = trouble_of(gpu.trouble, function)) return *trouble;
    if (gpu.lost || gpu.vanished) return code::gpu_is_lost;
    return answer(gpu, static_cast<unsigned>(number - 1));
  });
}

Return open_gpu(unsigned index, Device* out) {
  constexpr std::string_view function = "nvmlDeviceGetHandleByIndex_v2";
  return about_node(function, [&](const State& state) {
    unsigned seen = 0;
    for (std::size_t number = 0; number < state.gpus.size(); ++number) {
      const Gpu& gpu = state.gpus[number];
      if (gpu.vanished || seen++ != index) continue;
      if (const auto trouble = trouble_of(gpu.trouble, function)) return *trouble;
      *out = handle_of(number);
      return code::success;
    }
    return code::invalid_argument;
  });
}

Return start_session(std::string_view function) {
  const State state = now(true);
  if (const auto trouble = trouble_of(state.trouble, function)) return *trouble;
  if (!state.understood) return code::unknown;
  const std::lock_guard lock(guard());
  ++node().sessions;
  return code::success;
}

Return end_session() {
  const std::lock_guard lock(guard());
  if (node().sessions == 0) return code::uninitialized;
  --node().sessions;
  return code::success;
}

Return copy_text(const std::string& text, char* out, unsigned length) {
  if (text.size() + 1 > length) return code::insufficient_size;
  std::memcpy(out, text.c_str(), text.size() + 1);
  return code::success;
}

Return put_text(Device device,
                std::string_view function,
                const std::string& word,
                const std::string& healthy,
                char* out,
                unsigned length) {
  return about_gpu(device, function, [&](const Gpu& gpu, unsigned) {
    if (gpu.unsupported.contains(word)) return code::not_supported;
    const auto own = gpu.texts.find(word);
    return copy_text(own != gpu.texts.end() ? own->second : healthy, out, length);
  });
}

std::string bus_id(const Gpu& gpu, unsigned index) {
  const auto own = gpu.texts.find("pci");
  if (own != gpu.texts.end()) return own->second;
  // the buses of an HGX H100 board, four per socket
  constexpr std::array<unsigned, 8> buses{0x1a, 0x1b, 0x4a, 0x4b, 0x8a, 0x8b, 0xca, 0xcb};
  std::array<char, 32> out{};
  std::snprintf(out.data(),
                out.size(),
                "%08X:%02X:00.0",
                static_cast<unsigned>(index / buses.size()),
                buses[index % buses.size()]);
  return out.data();
}

}  // namespace holdfast::fake_nvml
