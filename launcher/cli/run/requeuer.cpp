// SPDX-License-Identifier: Apache-2.0
#include "cli/run/requeuer.hpp"

#include <algorithm>

namespace holdfast::cli {

std::optional<std::string> requeuer_of(std::span<const std::string> command,
                                       std::string_view format) {
  const auto any = [&](auto is) { return std::ranges::any_of(command, is); };
  if (any([](std::string_view word) {
        return word == "submitit.core._submit" || word.ends_with("/submitit/core/_submit.py");
      }))
    return "submitit";
  if (format == "lightning" || any([](std::string_view word) {
        return word == "lightning" || word.ends_with("/bin/lightning") ||
               word.starts_with("lightning.pytorch") || word.starts_with("pytorch_lightning");
      }))
    return "Lightning";
  return std::nullopt;
}

}  // namespace holdfast::cli
