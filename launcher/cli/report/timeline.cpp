// SPDX-License-Identifier: Apache-2.0
#include "cli/report/timeline.hpp"

#include "cli/printable.hpp"
#include "cli/render/picture.hpp"
#include "cli/render/words.hpp"
#include "cli/report/words.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/accounts.hpp"

#include <algorithm>
#include <map>
#include <span>

namespace holdfast::cli {

using events::AttemptAccount;
using events::AttemptState;
using events::RunState;

namespace {

constexpr std::size_t most_rows = 48;
constexpr std::size_t most_attempts = 300;
constexpr std::size_t most_checkpoints = 400;

constexpr int left = 150;  ///< for the names
constexpr int plot_width = 960;
constexpr int row_height = 18;
constexpr int bar_height = 12;
constexpr int axis_height = 26;
constexpr int header_height = 34;  ///< attempt numbers and checkpoints

// Told apart by lightness too, for eyes and printers that see no colour.
constexpr std::string_view color_launch = "#c9ced6";
constexpr std::string_view color_kept = "#2b6cb0";
constexpr std::string_view color_lost = "#f0a58f";
constexpr std::string_view color_mark = "#b00020";
constexpr std::string_view color_saved = "#1d7a46";

const Font small{.size = 11, .color = "#5a6270"};

/// What guides the eye stands behind what is told.
std::string thin_line(int x, int y, int width, int height) {
  return rectangle(x, y, width, height, {.fill = "#dde0e5", .line = "none"});
}

/// Nodes that get a row, and one for all others where they are too many.
struct Rows {
  std::vector<std::string> names;
  std::map<std::string, std::size_t, std::less<>> row_of;
  std::size_t others{};
};

Rows rows_of(const RunState& state) {
  Rows rows;
  const bool all = state.nodes.size() <= most_rows;
  for (const auto& [name, node] : state.nodes) {
    const bool telling = !node.blamed.empty() || node.losses > 0;
    if ((all || telling) && rows.names.size() < most_rows) {
      rows.row_of.emplace(name, rows.names.size());
      rows.names.push_back(name);
    } else {
      ++rows.others;
    }
  }
  return rows;
}

class Timeline {
 public:
  explicit Timeline(const SeenRun& run)
      : state_(run.state),
        accounts_(events::account(run.state, run.as_of_ms)),
        rows_(rows_of(run.state)),
        begin_(run.state.first_ms),
        end_(std::max(run.as_of_ms, run.state.first_ms + 1)) {}

  [[nodiscard]] std::string draw() const {
    const int height = bottom() + axis_height + 26;
    std::string out = cat(R"(<svg xmlns="http://www.w3.org/2000/svg" width=")",
                          left + plot_width + 20,
                          "\" height=\"",
                          height,
                          "\" font-family=\"system-ui, sans-serif\">\n");
    out += cat("<title>timeline of job ", escaped(printable(state_.job)), "</title>\n");
    out += rectangle(0, 0, left + plot_width + 20, height, {.fill = "#ffffff", .line = "none"});
    out += draw_axis() + draw_rows();
    const std::size_t from =
        state_.attempts.size() > most_attempts ? state_.attempts.size() - most_attempts : 0;
    for (std::size_t index = from; index < state_.attempts.size(); ++index)
      out += draw_attempt(index);
    out += draw_checkpoints() + draw_legend();
    return out + "</svg>\n";
  }

 private:
  [[nodiscard]] int bottom() const {
    const std::size_t rows = rows_.names.size() + (rows_.others > 0 ? 1 : 0);
    return header_height + static_cast<int>(rows) * row_height;
  }

  static int top_of(std::size_t row) { return header_height + static_cast<int>(row) * row_height; }

  [[nodiscard]] int x_of(std::int64_t at_ms) const {
    const double part = static_cast<double>(std::clamp(at_ms, begin_, end_) - begin_) /
                        static_cast<double>(end_ - begin_);
    return left + static_cast<int>(part * plot_width);
  }

  [[nodiscard]] std::string draw_rows() const {
    std::string out;
    for (std::size_t row = 0; row < rows_.names.size(); ++row)
      out += label_of(row, clipped(printable(rows_.names[row]), 20));
    if (rows_.others > 0) out += label_of(rows_.names.size(), cat(rows_.others, " other nodes"));
    return out;
  }

  static std::string label_of(std::size_t row, std::string_view name) {
    const int y = top_of(row);
    return thin_line(left, y + row_height, plot_width, 1) +
           text_at(left - 8, y + bar_height, name, {.size = 11, .anchor = "end"});
  }

  /// The rows an attempt has bars in.
  [[nodiscard]] std::vector<std::size_t> rows_with(const AttemptState& attempt) const {
    std::vector<std::size_t> rows;
    bool others = false;
    for (const std::string& node : attempt.nodes) {
      const auto found = rows_.row_of.find(node);
      if (found == rows_.row_of.end())
        others = true;
      else
        rows.push_back(found->second);
    }
    if (others && rows_.others > 0) rows.push_back(rows_.names.size());
    return rows;
  }

  [[nodiscard]] std::string bar(std::size_t row,
                                std::int64_t from,
                                std::int64_t to,
                                std::string_view color) const {
    if (to <= from) return "";
    const int x = x_of(from);
    return rectangle(
        x, top_of(row) + 3, std::max(1, x_of(to) - x), bar_height, {.fill = color, .line = "none"});
  }

  [[nodiscard]] std::string draw_attempt(std::size_t index) const {
    const AttemptState& attempt = state_.attempts[index];
    const AttemptAccount& account = accounts_.attempts[index];
    const std::int64_t launched = attempt.running_ms.value_or(attempt.ended_ms.value_or(end_));
    const std::int64_t kept = launched + static_cast<std::int64_t>(account.kept_ms);
    const std::int64_t ran = launched + static_cast<std::int64_t>(account.running_ms);
    Picture bars;
    for (const std::size_t row : rows_with(attempt))
      bars.body += bar(row, attempt.started_ms, launched, color_launch) +
                   bar(row, launched, kept, color_kept) + bar(row, kept, ran, color_lost);
    bars.body += text_at(x_of(attempt.started_ms) + 2, 12, cat(attempt.number), small);
    std::string out = with_title(std::move(bars), title_of(attempt, account)).body;
    if (attempt.loss) out += draw_blame(attempt);
    return out;
  }

  static std::string title_of(const AttemptState& attempt, const AttemptAccount& account) {
    std::string title = cat("attempt ",
                            attempt.number,
                            ", from ",
                            shown_resume(attempt.resume),
                            ", ran ",
                            shown_span(account.running_ms),
                            ", ",
                            shown_end(attempt));
    if (attempt.loss) title += cat(": ", printable(attempt.loss->why));
    return title;
  }

  /// A cross on each blamed node, where its attempt ended.
  [[nodiscard]] std::string draw_blame(const AttemptState& attempt) const {
    std::string out;
    const int x = x_of(attempt.ended_ms.value_or(end_));
    for (const std::string& node : attempt.loss->blamed) {
      const auto found = rows_.row_of.find(node);
      if (found == rows_.row_of.end()) continue;
      out += text_at(x,
                     top_of(found->second) + bar_height + 2,
                     "×",
                     {.size = 17, .bold = true, .color = color_mark, .anchor = "middle"});
    }
    return out;
  }

  [[nodiscard]] std::string draw_checkpoints() const {
    std::string out;
    const std::size_t stride = state_.checkpoints.size() / most_checkpoints + 1;
    for (std::size_t index = 0; index < state_.checkpoints.size(); index += stride) {
      const events::SeenCheckpoint& one = state_.checkpoints[index];
      const Picture mark{0,
                         0,
                         text_at(x_of(one.at_ms),
                                 header_height - 6,
                                 state_.condemned.contains(one.path) ? "×" : "◆",
                                 {.size = 10, .color = color_saved, .anchor = "middle"})};
      out += with_title(mark, cat(printable(one.path), one.step ? cat(", step ", *one.step) : ""))
                 .body;
    }
    return out;
  }

  /// Round times that give ten ticks at most.
  [[nodiscard]] std::int64_t tick_ms() const {
    constexpr std::int64_t s = 1000;
    constexpr std::int64_t min = 60 * s;
    constexpr std::int64_t h = 60 * min;
    constexpr std::array steps{
        s, 5 * s, 15 * s, min, 5 * min, 15 * min, h, 3 * h, 6 * h, 24 * h, 168 * h};
    for (const std::int64_t step : steps)
      if ((end_ - begin_) / step < 10) return step;
    return (end_ - begin_) / 8;
  }

  [[nodiscard]] std::string draw_axis() const {
    std::string out = text_at(left - 8, bottom() + 15, "since the start", end_small());
    const std::int64_t step = tick_ms();
    for (std::int64_t at = begin_; at <= end_; at += step) {
      out += thin_line(x_of(at), header_height - 4, 1, bottom() - header_height + 8);
      out +=
          text_at(x_of(at) + 2, bottom() + 15, at == begin_ ? "0" : shown_span(begin_, at), small);
    }
    return out;
  }

  static Font end_small() { return {.size = 11, .color = "#5a6270", .anchor = "end"}; }

  [[nodiscard]] std::string draw_legend() const {
    struct Entry {
      std::string_view color;
      std::string_view text;
    };
    constexpr std::array entries{Entry{color_launch, "launching"},
                                 Entry{color_kept, "running, kept"},
                                 Entry{color_lost, "running, lost"}};
    const int y = bottom() + axis_height;
    int x = left;
    std::string out;
    for (const Entry& entry : entries) {
      out += rectangle(x, y + 3, 14, bar_height, {.fill = entry.color, .line = "none"});
      out += text_at(x + 20, y + 13, entry.text, small);
      x += 130;
    }
    return out + text_at(x, y + 13, "◆ checkpoint    × node blamed, checkpoint condemned", small);
  }

  const RunState& state_;
  events::Accounts accounts_;
  Rows rows_;
  std::int64_t begin_;
  std::int64_t end_;
};

}  // namespace

std::string timeline_svg(const SeenRun& run) { return Timeline(run).draw(); }

}  // namespace holdfast::cli
