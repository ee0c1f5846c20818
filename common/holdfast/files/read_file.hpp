// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/files/descriptor.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace holdfast::files {

/// What may stand where a file is expected. `anything` is for what a person names, `<(command)`
/// included: a pipe is waited for. `plain` never waits and is for all else.
enum class Expected { plain, anything };

/// The whole content of at most `most` bytes. Fails with not_found, denied or unreadable, and a
/// sentence that begins with the name.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file,
                                            std::size_t most,
                                            Expected expected = Expected::plain);

/// The same of a file that is open already; `name` stands in the sentence.
[[nodiscard]] Result<std::string> read_open_file(const Descriptor& file,
                                                 const std::filesystem::path& name,
                                                 std::size_t most);

/// A site's settings: empty where there is no such file, which means the defaults.
[[nodiscard]] Result<std::string> read_settings_file(const std::filesystem::path& file);

}  // namespace holdfast::files
