// SPDX-License-Identifier: Apache-2.0
#include "cli/render/picture.hpp"

#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace holdfast::cli {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : printable(text)) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

std::string clipped(std::string_view text, std::size_t letters) {
  std::string clean = printable(text);
  if (width_of(clean) <= letters) return clean;
  std::string out;
  std::size_t kept = 0;
  for (const char byte : clean) {
    const bool begins = (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
    if (begins && ++kept == letters) break;
    out += byte;
  }
  return out + "…";
}

std::string text_at(int x, int y, std::string_view text, const Font& font) {
  return cat("<text x=\"",
             x,
             "\" y=\"",
             y,
             "\" font-size=\"",
             font.size,
             "\" fill=\"",
             font.color,
             '"',
             font.bold ? " font-weight=\"bold\"" : "",
             font.anchor == "start" ? std::string() : cat(" text-anchor=\"", font.anchor, '"'),
             '>',
             escaped(text),
             "</text>\n");
}

std::string rectangle(int x, int y, int width, int height, const Stroke& stroke) {
  return cat("<rect x=\"",
             x,
             "\" y=\"",
             y,
             "\" width=\"",
             width,
             "\" height=\"",
             height,
             "\" fill=\"",
             stroke.fill,
             "\" stroke=\"",
             stroke.line,
             '"',
             stroke.width == 1 ? std::string() : cat(" stroke-width=\"", stroke.width, '"'),
             stroke.corner == 0 ? std::string() : cat(" rx=\"", stroke.corner, '"'),
             stroke.dashed ? " stroke-dasharray=\"4 3\"" : "",
             "/>\n");
}

std::string line_between(int x1, int y1, int x2, int y2) {
  return cat("<line x1=\"",
             x1,
             "\" y1=\"",
             y1,
             "\" x2=\"",
             x2,
             "\" y2=\"",
             y2,
             "\" stroke=\"#5a6270\" stroke-width=\"1.5\"/>\n");
}

int text_width(std::string_view text, const Font& font) {
  const double letter = font.bold ? 0.70 : 0.62;  // of the size, for a usual sans-serif
  return static_cast<int>(std::ceil(static_cast<double>(width_of(text)) * letter * font.size));
}

std::string shifted(const Picture& picture, int x, int y) {
  if (x == 0 && y == 0) return picture.body;
  return cat("<g transform=\"translate(", x, ' ', y, ")\">\n", picture.body, "</g>\n");
}

Picture with_title(Picture picture, std::string_view title) {
  picture.body = cat("<g><title>", escaped(title), "</title>\n", picture.body, "</g>\n");
  return picture;
}

Picture in_grid(const std::vector<Picture>& pictures, std::size_t columns, int gap) {
  std::vector<int> widths(std::min(columns, pictures.size()));
  for (std::size_t i = 0; i < pictures.size(); ++i)
    widths[i % columns] = std::max(widths[i % columns], pictures[i].width);
  Picture out;
  for (std::size_t row = 0; row < pictures.size(); row += columns) {
    const int top = row == 0 ? 0 : out.height + gap;
    int left = 0;
    for (std::size_t i = row; i < std::min(row + columns, pictures.size()); ++i) {
      out.body += shifted(pictures[i], left, top);
      out.width = std::max(out.width, left + pictures[i].width);
      out.height = std::max(out.height, top + pictures[i].height);
      left += widths[i % columns] + gap;
    }
  }
  return out;
}

Picture below_each_other(const std::vector<Picture>& pictures, int gap) {
  return in_grid(pictures, 1, gap);
}

Picture in_screen_shape(const std::vector<Picture>& pictures, int gap) {
  constexpr double screen = 1.4;      // width by height of a window beside other windows
  constexpr double hole_costs = 0.2;  // an empty cell looks as if something were missing
  if (pictures.size() < 2) return in_grid(pictures, 1, gap);
  Picture best;
  double least = 0;
  for (std::size_t columns = 2; columns <= pictures.size(); ++columns) {
    Picture tried = in_grid(pictures, columns, gap);
    const std::size_t holes = (columns - pictures.size() % columns) % columns;
    const double shape = static_cast<double>(tried.width) / std::max(tried.height, 1);
    const double off = std::abs(std::log(shape / screen)) + hole_costs * static_cast<double>(holes);
    if (columns != 2 && off >= least) continue;
    least = off;
    best = std::move(tried);
  }
  return best;
}

Picture framed(const Picture& inside, const Frame& frame) {
  constexpr int margin = 10;
  constexpr int heading_height = 26;
  const Font heading{.size = 13, .bold = true};
  const Font detail{.size = 11, .color = "#454b57"};
  const int heading_width = text_width(frame.heading, heading);
  const int detail_width = frame.detail.empty() ? 0 : text_width(frame.detail, detail) + 10;
  const int wanted = std::max(inside.width, heading_width + detail_width) + 2 * margin;
  Picture out;
  out.width = std::max(wanted, frame.at_least_width);
  out.height = std::max(heading_height + inside.height + margin, frame.at_least_height);
  out.body = rectangle(0, 0, out.width, out.height, frame.stroke) +
             text_at(margin, 18, frame.heading, heading);
  if (!frame.detail.empty())
    out.body += text_at(margin + heading_width + 10, 18, frame.detail, detail);
  if (!inside.body.empty()) out.body += shifted(inside, margin, heading_height);
  return out;
}

}  // namespace holdfast::cli
