// SPDX-License-Identifier: Apache-2.0
// The walk keeps, for each container it is in, how many items are still to come; a scalar takes one
// off, a container pushes its own. When the stack is empty the value is over.
#include "checkpoint/formats/msgpack.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::checkpoint {

namespace {

constexpr std::size_t deepest = 512;
constexpr std::size_t window_bytes = 65536;
constexpr std::string_view placeholder = "//GDAPlaceholder:";

/// What a first byte announces: so many length bytes follow, then as many bytes or items as they
/// say, and `fixed` more.
struct Shape {
  enum class Kind { bytes, text, array, map, never } kind{Kind::bytes};
  unsigned length_bytes{};
  std::uint64_t fixed{};
};

/// The first bytes from c0 to df.
constexpr std::array<Shape, 32> announced{{
    {Shape::Kind::bytes, 0, 0}, {Shape::Kind::never, 0, 0},  {Shape::Kind::bytes, 0, 0},
    {Shape::Kind::bytes, 0, 0},  // nil, (never used), false, true
    {Shape::Kind::bytes, 1, 0}, {Shape::Kind::bytes, 2, 0},  {Shape::Kind::bytes, 4, 0},  // bin
    {Shape::Kind::bytes, 1, 1}, {Shape::Kind::bytes, 2, 1},  {Shape::Kind::bytes, 4, 1},  // ext
    {Shape::Kind::bytes, 0, 4}, {Shape::Kind::bytes, 0, 8},                               // float
    {Shape::Kind::bytes, 0, 1}, {Shape::Kind::bytes, 0, 2},  {Shape::Kind::bytes, 0, 4},
    {Shape::Kind::bytes, 0, 8},  // uint
    {Shape::Kind::bytes, 0, 1}, {Shape::Kind::bytes, 0, 2},  {Shape::Kind::bytes, 0, 4},
    {Shape::Kind::bytes, 0, 8},  // int
    {Shape::Kind::bytes, 0, 2}, {Shape::Kind::bytes, 0, 3},  {Shape::Kind::bytes, 0, 5},
    {Shape::Kind::bytes, 0, 9}, {Shape::Kind::bytes, 0, 17},  // fixext: type and data
    {Shape::Kind::text, 1, 0},  {Shape::Kind::text, 2, 0},   {Shape::Kind::text, 4, 0},  // str
    {Shape::Kind::array, 2, 0}, {Shape::Kind::array, 4, 0},  {Shape::Kind::map, 2, 0},
    {Shape::Kind::map, 4, 0},
}};

Shape shape_of(std::uint8_t first) {
  if (first < 0x80 || first >= 0xe0) return {Shape::Kind::bytes, 0, 0};  // small numbers
  if (first < 0x90) return {Shape::Kind::map, 0, first & 0x0fU};
  if (first < 0xa0) return {Shape::Kind::array, 0, first & 0x0fU};
  if (first < 0xc0) return {Shape::Kind::text, 0, first & 0x1fU};
  return announced[first - 0xc0U];
}

class Walk {
 public:
  Walk(const Slice& file, std::size_t most_items) : file_(file), most_items_(most_items) {}

  Result<MsgpackShape> run() {
    waiting_.push_back(1);
    while (!waiting_.empty()) {
      if (waiting_.back() == 0) {
        waiting_.pop_back();
        continue;
      }
      --waiting_.back();
      if (++seen_.items > most_items_)
        return unsupported(cat("holds more than ", most_items_, " items"));
      auto step = take_item();
      if (!step) return step.error();
    }
    if (at_ != file_.length())
      return torn(cat("has ", file_.length() - at_, " bytes after its end"));
    return seen_;
  }

 private:
  Result<void> take_item() {
    const auto first = take_number(1);
    if (!first) return first.error();
    const Shape shape = shape_of(static_cast<std::uint8_t>(*first));
    const auto length = take_number(shape.length_bytes);
    if (!length) return length.error();
    const std::uint64_t amount = *length + shape.fixed;
    if (shape.kind == Shape::Kind::never) return torn(cat("is no msgpack at byte ", at_ - 1));
    if (shape.kind == Shape::Kind::bytes) return skip(amount);
    if (shape.kind == Shape::Kind::text) return take_text(amount);
    const std::uint64_t items = shape.kind == Shape::Kind::map ? 2 * amount : amount;
    if (items > file_.length() - at_) return torn(cat("promises ", items, " items and ends"));
    if (waiting_.size() > deepest) return unsupported("is nested too deeply");
    waiting_.push_back(items);
    return {};
  }

  Result<void> take_text(std::uint64_t length) {
    const std::uint64_t begin = at_;
    auto skipped = skip(length);
    if (!skipped || length < placeholder.size() || seen_.placeholders) return skipped;
    auto loaded = load(begin, placeholder.size());
    if (!loaded) return loaded;
    seen_.placeholders =
        window_.compare(
            static_cast<std::size_t>(begin - window_at_), placeholder.size(), placeholder) == 0;
    return {};
  }

  /// A big-endian number of up to four bytes; zero for none.
  Result<std::uint64_t> take_number(unsigned bytes) {
    auto loaded = load(at_, bytes);
    if (!loaded) return loaded.error();
    std::uint64_t number = 0;
    for (unsigned i = 0; i < bytes; ++i)
      number = number << 8U |
               static_cast<unsigned char>(window_[static_cast<std::size_t>(at_ - window_at_) + i]);
    at_ += bytes;
    return number;
  }

  Result<void> skip(std::uint64_t bytes) {
    if (bytes > file_.length() - at_)
      return torn(cat("ends ", bytes - (file_.length() - at_), " bytes too early"));
    at_ += bytes;
    return {};
  }

  /// Makes [from, from + length) lie in the window.
  Result<void> load(std::uint64_t from, std::size_t length) {
    if (length > file_.length() - from) return torn("ends within an item");
    if (from >= window_at_ && from + length <= window_at_ + window_.size()) return {};
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(window_bytes, file_.length() - from));
    auto text = file_.read(from, bytes);
    if (!text) return text.error();
    window_ = std::move(*text);
    window_at_ = from;
    return {};
  }

  const Slice& file_;
  std::size_t most_items_;
  std::vector<std::uint64_t> waiting_;
  MsgpackShape seen_;
  std::uint64_t at_{};
  std::string window_;
  std::uint64_t window_at_{};
};

}  // namespace

Result<MsgpackShape> walk_msgpack(const Slice& file, std::size_t most_items) {
  return Walk(file, most_items).run();
}

}  // namespace holdfast::checkpoint
