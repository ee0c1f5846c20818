// SPDX-License-Identifier: Apache-2.0
#include "recovery/signals.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::recovery {

namespace {

struct Row {
  int number;
  std::string_view name;
  std::string_view words;
};

constexpr std::array rows{
    Row{1, "SIGHUP", "Hangup"},
    Row{2, "SIGINT", "Interrupt"},
    Row{3, "SIGQUIT", "Quit"},
    Row{4, "SIGILL", "Illegal instruction"},
    Row{5, "SIGTRAP", "Trace/breakpoint trap"},
    Row{6, "SIGABRT", "Aborted"},
    Row{7, "SIGBUS", "Bus error"},
    Row{8, "SIGFPE", "Floating point exception"},
    Row{9, "SIGKILL", "Killed"},
    Row{10, "SIGUSR1", "User defined signal 1"},
    Row{11, "SIGSEGV", "Segmentation fault"},
    Row{12, "SIGUSR2", "User defined signal 2"},
    Row{13, "SIGPIPE", "Broken pipe"},
    Row{14, "SIGALRM", "Alarm clock"},
    Row{15, "SIGTERM", "Terminated"},
    Row{24, "SIGXCPU", "CPU time limit exceeded"},
    Row{25, "SIGXFSZ", "File size limit exceeded"},
    Row{31, "SIGSYS", "Bad system call"},
};

}  // namespace

int signal_of_words(std::string_view words) {
  const auto row = std::ranges::find(rows, words, &Row::words);
  return row == rows.end() ? 0 : row->number;
}

std::string signal_name(int signal) {
  const auto row = std::ranges::find(rows, signal, &Row::number);
  return row == rows.end() ? cat("signal ", signal) : std::string(row->name);
}

}  // namespace holdfast::recovery
