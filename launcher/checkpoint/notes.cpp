// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/notes.hpp"

#include "holdfast/checkpoint/disk.hpp"
#include "holdfast/common/text.hpp"

#include <filesystem>

namespace holdfast::checkpoint {

Result<std::string> read_note(const std::string& file, std::size_t most) {
  const std::filesystem::path path(file);
  const std::string around = path.parent_path().string();
  const auto disk = open_disk(around.empty() ? "." : around, Patience{});
  if (!disk) return disk.error();
  auto text = read_small_file(**disk, path.filename().string(), most);
  if (text) return text;
  Failure failure = text.error();
  failure.what = cat(file, ' ', failure.what);
  return failure;
}

}  // namespace holdfast::checkpoint
