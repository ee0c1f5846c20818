// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::recovery {

/// What a Python traceback ended in.
struct PythonException {
  std::string name;   ///< "ModuleNotFoundError"; the last part of a dotted name
  std::string text;   ///< the whole line
  std::string frame;  ///< the innermost: "train.py:42 in step"
};

/// Reads one stream of lines and finds the exceptions in it. Lines of other programs in between do
/// no harm as long as they do not look like the end of a traceback.
class TracebackReader {
 public:
  /// The exception whose last line this is.
  std::optional<PythonException> read(std::string_view line);

  /// Between the head of a traceback and its last line.
  [[nodiscard]] bool within() const { return within_; }

 private:
  bool within_{};
  unsigned strange_{};  // lines in a row that belong to no traceback
  std::string frame_;
};

/// It cannot go away by itself: something is not there or cannot be read as a program.
[[nodiscard]] bool is_final(const PythonException& exception);

}  // namespace holdfast::recovery
