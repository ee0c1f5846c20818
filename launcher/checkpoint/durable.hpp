// SPDX-License-Identifier: Apache-2.0
// Writing that is on the disk when it returns: what holdfast itself leaves beside checkpoints must
// not be the next torn file. Used for notes, manifests, memories and pointers.
#pragma once

#include "holdfast/common/result.hpp"

#include <string>
#include <string_view>

namespace holdfast::checkpoint {

/// Makes the directory and those above it that are missing.
Result<void> make_directories(const std::string& directory);

/// Syncs a directory, so that names made or removed in it stay so.
Result<void> sync_directory(const std::string& directory);

/// Replaces the file, or makes it, in one step: readers see the old or the new contents whole. Mode
/// and owner of the old file are kept where that is permitted; no link is followed.
Result<void> replace_file(const std::string& file, std::string_view contents);

/// Makes the symbolic link lead to `target`, in one step.
Result<void> replace_link(const std::string& link, const std::string& target);

/// Adds one line at the end; lines of two writers do not mix. The file is made where it is missing.
Result<void> append_line(const std::string& file, std::string_view line);

/// The same for what may be lost in a crash: thousands of lines a second.
Result<void> append_line_unsynced(const std::string& file, std::string_view line);

/// A whole file of at most `most` bytes, outside any checkpoint; not_found where there is none.
Result<std::string> read_whole_file(const std::string& file, std::size_t most);

}  // namespace holdfast::checkpoint
