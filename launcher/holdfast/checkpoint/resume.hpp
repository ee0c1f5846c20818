// SPDX-License-Identifier: Apache-2.0
// Handing a chosen checkpoint to the program: by environment, and by arguments made from a template
// the user gave. Pure.
#pragma once

#include "holdfast/checkpoint/checkpoint.hpp"
#include "holdfast/common/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::checkpoint {

/// What the program may want to know of where it goes on from.
struct Resumption {
  std::string path;  ///< absolute; what the framework calls the checkpoint: a file or a directory
  std::string dir;   ///< the directory of checkpoints, absolute
  std::string name;  ///< the last component of the path
  std::string tag;   ///< the framework's own word for it; the name where it has none
  std::string format;
  std::optional<std::uint64_t> step;
};

[[nodiscard]] Resumption resumption(const std::string& root, const Checkpoint& checkpoint);

using Variables = std::vector<std::pair<std::string, std::string>>;

/// HOLDFAST_RESUME_FROM, _STEP, _FORMAT, _DIR and _TAG, and what the format itself reads
/// (SCR_CURRENT). A cold start sets none of them: a program asks whether _FROM is there.
[[nodiscard]] Variables resume_variables(const Resumption& from);

/// The names of our own among them, so that those of an earlier attempt can be taken away.
[[nodiscard]] std::vector<std::string_view> resume_variable_names();

/// Words out of a template like `--load {dir} --ckpt-step {step}`. The template is split at blanks
/// first, as a shell would: '…' keeps everything, "…" keeps blanks, a backslash keeps the next
/// letter. Then {path}, {dir}, {name}, {tag}, {step} and {format} are put in; what they stand for
/// is never split and never read again, so no name of a directory can become an option. "{{" and
/// "}}" are braces.
[[nodiscard]] Result<std::vector<std::string>> resume_arguments(std::string_view words,
                                                                const Resumption& from);

/// Splits as described above, without putting anything in.
[[nodiscard]] Result<std::vector<std::string>> split_words(std::string_view text);

/// The words of a template that can be filled in for some checkpoint: its quotes are closed and its
/// placeholders are known. To be asked when the options are read, long before a restart needs them.
[[nodiscard]] Result<std::vector<std::string>> read_template(std::string_view words);

/// Puts the placeholders into one word.
[[nodiscard]] Result<std::string> fill_in(std::string_view word, const Resumption& from);

/// The template that programs of this format usually understand; empty where there is no custom.
[[nodiscard]] std::string_view usual_arguments(std::string_view format);

}  // namespace holdfast::checkpoint
