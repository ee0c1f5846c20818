// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include "formats.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/read_file.hpp"

namespace holdfast::affinity {

Result<std::string> read_text_file(const std::filesystem::path& file) {
  auto text = files::read_file(file, max_topology_bytes, files::Expected::anything);
  if (text) return text;
  const Failure& failure = text.error();
  if (!failure.cause) return too_large(file.string());
  return Failure{failure.kind, cat("cannot read topology file ", file.string()), {}, failure.cause};
}

}  // namespace holdfast::affinity
