// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// A finished part of a drawing with its size in pixels. Its body is drawn from (0, 0), so that
/// whoever takes it in only has to shift it: sizes are known before places are, and nothing is laid
/// out twice.
struct Picture {
  int width{};
  int height{};
  std::string body;
};

/// Text fit for an SVG: printable, with markup escaped.
[[nodiscard]] std::string escaped(std::string_view text);

/// At most `letters` letters, an ellipsis for the rest.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t letters);

struct Font {
  int size{12};
  bool bold{};
  std::string_view color{"#1a1a1a"};
  std::string_view anchor{"start"};  ///< or "middle", "end"
};

struct Stroke {
  std::string_view fill{"none"};
  std::string_view line{"#5a6270"};
  int width{1};
  bool dashed{};
  int corner{};
};

[[nodiscard]] std::string text_at(int x, int y, std::string_view text, const Font& font);
[[nodiscard]] std::string rectangle(int x, int y, int width, int height, const Stroke& stroke);

/// Down or across, never slanted.
[[nodiscard]] std::string line_between(int x1, int y1, int x2, int y2);

/// A guess at how wide a browser draws the text, on the generous side: an SVG cannot measure.
[[nodiscard]] int text_width(std::string_view text, const Font& font);

/// The picture moved by (x, y), as a group.
[[nodiscard]] std::string shifted(const Picture& picture, int x, int y);

/// What a pointer resting on the picture, or a screen reader, is told.
[[nodiscard]] Picture with_title(Picture picture, std::string_view title);

[[nodiscard]] Picture below_each_other(const std::vector<Picture>& pictures, int gap);

/// In rows of `columns`, cells of one row aligned at the top, columns as wide as their widest.
[[nodiscard]] Picture in_grid(const std::vector<Picture>& pictures, std::size_t columns, int gap);

/// Side by side, in the number of rows that comes nearest to a screen's shape.
[[nodiscard]] Picture in_screen_shape(const std::vector<Picture>& pictures, int gap);

/// A frame with a heading around a picture, at least as wide and high as told.
struct Frame {
  std::string heading;
  std::string detail;  ///< after the heading, in lighter type
  Stroke stroke;
  int at_least_width{};
  int at_least_height{};
};
[[nodiscard]] Picture framed(const Picture& inside, const Frame& frame);

}  // namespace holdfast::cli
