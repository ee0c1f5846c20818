// SPDX-License-Identifier: Apache-2.0
// The pretended node behind the library's functions: who is asked what, and what goes wrong first.
#pragma once

#include "nvml/abi.hpp"
#include "state.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace holdfast::fake_nvml {

using health::nvml::Device;
using health::nvml::Return;
namespace code = health::nvml::code;

/// Answers a call that is about no GPU, after the trouble the file makes for it.
Return about_node(std::string_view function, const std::function<Return(const State&)>& answer);

/// Answers a call about one GPU, after the trouble the file makes for it.
Return about_gpu(Device device,
                 std::string_view function,
                 const std::function<Return(const Gpu&, unsigned index)>& answer);

/// The GPU that is the `index`-th of those that did not vanish.
Return open_gpu(unsigned index, Device* out);

/// Starts or ends a session; outside of one every other call returns "uninitialized".
Return start_session(std::string_view function);
Return end_session();

/// Writes one value of a GPU.
template <class Number>
Return put(Device device, std::string_view function, std::string_view word, Number* out) {
  return about_gpu(device, function, [&](const Gpu& gpu, unsigned) {
    const auto value = gpu.number(word);
    if (!value) return code::not_supported;
    *out = static_cast<Number>(*value);
    return code::success;
  });
}

/// Writes a text of a GPU, or `healthy` when the file says nothing.
Return put_text(Device device,
                std::string_view function,
                const std::string& word,
                const std::string& healthy,
                char* out,
                unsigned length);

/// Copies with the terminating zero, or says that there is too little room.
Return copy_text(const std::string& text, char* out, unsigned length);

[[nodiscard]] std::string bus_id(const Gpu& gpu, unsigned index);

}  // namespace holdfast::fake_nvml
