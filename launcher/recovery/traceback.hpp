// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::recovery {

/// What a Python traceback ended in.
struct PythonException {
  std::string name;   ///< "ModuleNotFoundError"; the last part of a dotted name
  std::string text;   ///< the whole line
  std::string frame;  ///< the innermost: "train.py:42 in step"
};

/// Reads one stream of lines and finds the exceptions in it. Lines of other programs in between do
/// no harm as long as they do not look like the end of a traceback. Nor do tracebacks of ranks that
/// all end at one place, whose lines srun mixes where it does not label them: the frame is the same
/// whatever the order.
class TracebackReader {
 public:
  /// The exception whose last line this is.
  std::optional<PythonException> read(std::string_view line);

  /// Between the head of a traceback and its last line.
  [[nodiscard]] bool within() const { return within_; }

 private:
  void note_frame(std::string frame);

  bool within_{};
  bool mixed_{};                     // a second one began before the first had ended
  unsigned strange_{};               // lines in a row that belong to no traceback
  std::string frame_;                // the one read last
  std::vector<std::string> frames_;  // each once, in the order in which they were met
};

/// It cannot go away by itself: something is not there or cannot be read as a program.
[[nodiscard]] bool is_final(const PythonException& exception);

}  // namespace holdfast::recovery
