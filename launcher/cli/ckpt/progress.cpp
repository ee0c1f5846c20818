// SPDX-License-Identifier: Apache-2.0
// The one place of the program that writes to a terminal other than by lines. It goes to standard
// error directly, because a Voice speaks whole sentences.
#include "cli/ckpt/progress.hpp"

#include "cli/ckpt/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <sys/ioctl.h>
#include <unistd.h>

namespace holdfast::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto sentence_interval = std::chrono::seconds(30);
constexpr unsigned usual_columns = 80;

std::atomic<int> noted_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

void note_signal(int signal) { noted_signal = signal; }

std::string rate_of(std::uint64_t bytes, std::chrono::nanoseconds elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (seconds <= 0) return "-";
  return cat(shown_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)), "/s");
}

std::uint64_t bytes_read(const DeepState& state) {
  return state.bytes_done - std::min(state.bytes_done, state.bytes_passed);
}

std::string time_left(const DeepState& state, std::chrono::nanoseconds elapsed) {
  if (bytes_read(state) == 0 || state.bytes_done >= state.bytes_all) return {};
  const double share = static_cast<double>(state.bytes_all - state.bytes_done) /
                       static_cast<double>(bytes_read(state));
  return cat("  ", shown_age(std::chrono::ceil<std::chrono::seconds>(elapsed * share)), " left");
}

void write_to_terminal(std::string_view text) {
  // A terminal that is gone is no reason to stop verifying.
  const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  (void)written;
}

unsigned columns_of_terminal() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : usual_columns;
}

}  // namespace

std::string progress_bar(const DeepState& state,
                         std::chrono::nanoseconds elapsed,
                         unsigned columns) {
  const std::uint64_t all = std::max<std::uint64_t>(state.bytes_all, 1);
  const double share =
      std::min(1.0, static_cast<double>(state.bytes_done) / static_cast<double>(all));
  const std::string words = cat("  ",
                                static_cast<unsigned>(share * 100),
                                "%  ",
                                shown_bytes(state.bytes_done),
                                " of ",
                                shown_bytes(state.bytes_all),
                                "  ",
                                rate_of(bytes_read(state), elapsed),
                                time_left(state, elapsed));
  if (columns < words.size() + 12) return words.substr(0, columns);
  const std::size_t width = std::min<std::size_t>(columns - words.size() - 3, 40);
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  return cat('[', std::string(full, '#'), std::string(width - full, '-'), ']', words);
}

Progress::Progress(Voice& voice)
    : voice_(voice), terminal_(::isatty(STDERR_FILENO) != 0), begin_(Clock::now()), told_(begin_) {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    // One that is ignored (nohup, a background job) ends nothing, and would wait for ever.
    if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    waiting_.push_back(signal);
    struct sigaction note {};
    note.sa_handler = note_signal;
    note.sa_flags = SA_RESTART;
    (void)::sigaction(signal, &note, nullptr);
  }
}

Progress::~Progress() {
  for (const int signal : waiting_)
    (void)::signal(signal, SIG_DFL);
  if (const int signal = noted_signal.exchange(0); signal != 0) (void)::raise(signal);
}

void Progress::end_if_told() {
  const int signal = noted_signal.exchange(0);
  if (signal == 0) return;
  voice_.note(
      cat("stopped after ", finish(), "; the same command goes on with the file it was at"));
  // It ends the process, as whoever sent it expects.
  (void)::signal(signal, SIG_DFL);
  (void)::raise(signal);
}

void Progress::tell(const DeepState& state) {
  last_ = state;
  end_if_told();
  const auto now = Clock::now();
  if (terminal_) {
    write_to_terminal(
        cat('\r', progress_bar(state, now - begin_, columns_of_terminal() - 1), "\x1b[K"));
  } else if (now - told_ >= sentence_interval) {
    told_ = now;
    voice_.note(cat("read ",
                    shown_bytes(state.bytes_done),
                    " of ",
                    shown_bytes(state.bytes_all),
                    ", ",
                    state.files_done,
                    " of ",
                    state.files_all,
                    " files, ",
                    rate_of(bytes_read(state), now - begin_)));
  }
}

std::string Progress::finish() {
  if (terminal_) write_to_terminal("\r\x1b[K");  // also over what the terminal echoed: ^C
  const std::uint64_t read = bytes_read(last_);
  return cat(shown_bytes(read),
             " at ",
             rate_of(read, Clock::now() - begin_),
             last_.bytes_passed == 0
                 ? std::string()
                 : cat("; ", shown_bytes(last_.bytes_passed), " needed no reading"));
}

}  // namespace holdfast::cli
