// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace holdfast::recovery {

/// The numbers Linux gives signals on every machine Slurm runs on. They come in text and in files,
/// so this room needs the numbers and not the kernel's header.
namespace signals {
inline constexpr int interrupt = 2;
inline constexpr int quit = 3;
inline constexpr int illegal = 4;
inline constexpr int abort = 6;
inline constexpr int bus = 7;
inline constexpr int arithmetic = 8;
inline constexpr int kill = 9;
inline constexpr int segment = 11;
inline constexpr int terminate = 15;
}  // namespace signals

/// The number of what strsignal(3) says in the C locale ("Segmentation fault"); 0 for other words.
[[nodiscard]] int signal_of_words(std::string_view words);

/// "SIGSEGV"; "signal 40" where it has no name.
[[nodiscard]] std::string signal_name(int signal);

}  // namespace holdfast::recovery
