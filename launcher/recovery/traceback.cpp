// SPDX-License-Identifier: Apache-2.0
#include "recovery/traceback.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::recovery {

namespace {

/// After so many lines that belong to no traceback, it is over without having ended.
constexpr unsigned patience = 200;
constexpr std::size_t longest_line = 2048;

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '.';
}

bool is_upper(char letter) { return letter >= 'A' && letter <= 'Z'; }
bool is_lower(char letter) { return letter >= 'a' && letter <= 'z'; }

/// `  File "/a/train.py", line 42, in step` as "train.py:42 in step".
std::string frame_of(std::string_view line) {
  line = trim(line);
  line.remove_prefix(6);  // `File "`
  const std::size_t quote = line.find('"');
  if (quote == std::string_view::npos) return {};
  std::string_view file = line.substr(0, quote);
  file = file.substr(file.rfind('/') + 1);
  std::string_view rest = line.substr(quote + 1);
  constexpr std::string_view number = ", line ";
  if (!rest.starts_with(number)) return std::string(file);
  rest.remove_prefix(number.size());
  const std::string_view place = rest.substr(0, rest.find(','));
  const std::size_t in = rest.find(", in ");
  if (in == std::string_view::npos) return cat(file, ':', place);
  return cat(file, ':', place, " in ", rest.substr(in + 5));
}

/// "ValueError: …", "torch.cuda.OutOfMemoryError: …", "KeyboardInterrupt". Classes begin with a
/// capital; that tells them from "loss: 3" of another rank.
std::optional<std::string> exception_name(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size() && is_name_letter(line[end]))
    ++end;
  if (end == 0 || (end < line.size() && line[end] != ':')) return std::nullopt;
  std::string_view name = line.substr(0, end);
  name = name.substr(name.rfind('.') + 1);
  if (name.size() < 2 || !is_upper(name.front()) || std::ranges::none_of(name, is_lower))
    return std::nullopt;
  return std::string(name);
}

}  // namespace

std::optional<PythonException> TracebackReader::read(std::string_view line) {
  line = line.substr(0, longest_line);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (trim(line) == "Traceback (most recent call last):") {
    mixed_ = within_;
    if (!within_) {
      frame_.clear();
      frames_.clear();
    }
    within_ = true;
    strange_ = 0;
    return std::nullopt;
  }
  if (!within_) return std::nullopt;
  if (trim(line).starts_with("File \"")) {
    note_frame(frame_of(line));
    strange_ = 0;
    return std::nullopt;
  }
  if (line.empty() || line.front() == ' ' || line.front() == '\t') return std::nullopt;
  if (auto name = exception_name(line)) {
    within_ = false;
    std::string frame = mixed_ && !frames_.empty() ? frames_.back() : frame_;
    return PythonException{
        .name = std::move(*name), .text = std::string(line), .frame = std::move(frame)};
  }
  if (++strange_ > patience) within_ = false;
  return std::nullopt;
}

/// Of several alike that are mixed, the frame that is met last for the first time is the innermost:
/// whoever printed it had printed all others before.
void TracebackReader::note_frame(std::string frame) {
  constexpr std::size_t most = 128;  // a deep recursion has more, and Python itself shortens it
  if (frames_.size() < most && std::ranges::find(frames_, frame) == frames_.end())
    frames_.push_back(frame);
  frame_ = std::move(frame);
}

bool is_final(const PythonException& exception) {
  constexpr std::array finals{
      std::string_view("ModuleNotFoundError"),
      std::string_view("ImportError"),
      std::string_view("SyntaxError"),
      std::string_view("IndentationError"),
      std::string_view("TabError"),
  };
  return std::ranges::find(finals, exception.name) != finals.end();
}

}  // namespace holdfast::recovery
