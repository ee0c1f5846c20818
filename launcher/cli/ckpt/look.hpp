// SPDX-License-Identifier: Apache-2.0
// What all `holdfast ckpt` verbs share: how to look at a directory of checkpoints, said by options.
#pragma once

#include "cli/options.hpp"
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/select.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::cli {

inline constexpr std::array look_options{
    OptionSpec{"ckpt-format", Takes::text, "NAME", "the format, instead of recognising it"},
    OptionSpec{"ckpt-marker", Takes::text, "NAME", "a file of this name ends a good checkpoint"},
    OptionSpec{"ckpt-verify", Takes::text, "COMMAND", "ask COMMAND too; {path} is the checkpoint"},
    OptionSpec{"candidates", Takes::number, "N", "how many of the newest are looked into; 3"},
    OptionSpec{"quiet", Takes::text, "TIME", "younger than this may still be written; 60s"},
    OptionSpec{"slack", Takes::text, "TIME", "how far the clocks of clients may differ; 2s"},
    OptionSpec{"patience", Takes::text, "TIME", "how long one answer may take; 20s"},
    OptionSpec{"sidecar", Takes::directory, "DIR", "where holdfast keeps its own notes"},
};

/// A verb's own options followed by the shared ones.
template <std::size_t Own>
[[nodiscard]] constexpr auto with_look_options(const std::array<OptionSpec, Own>& own) {
  std::array<OptionSpec, Own + look_options.size()> all{};
  for (std::size_t i = 0; i < Own; ++i)
    all[i] = own[i];
  for (std::size_t i = 0; i < look_options.size(); ++i)
    all[Own + i] = look_options[i];
  return all;
}

/// A directory of checkpoints and how it is looked at.
struct Look {
  std::string root;  ///< absolute
  std::string sidecar;
  checkpoint::Wish wish;
  checkpoint::Patience patience;
  std::vector<std::string> user_check;  ///< words, with placeholders; empty: none
  std::chrono::milliseconds user_limit{std::chrono::minutes(10)};
  std::unique_ptr<checkpoint::Disk> disk;  ///< nullptr: the directory is not there
};

[[nodiscard]] checkpoint::Time now();

/// A format there is, or none named; else the sentence that names the nearest.
[[nodiscard]] Result<void> check_format(const std::string& format);

/// The words of --ckpt-verify, when each checkpoint can be put into them.
[[nodiscard]] Result<std::vector<std::string>> read_command(const std::string& ckpt_verify);

/// nullptr: it is not there yet. Something else in its place is a failure: it is a wrong name, and
/// taken for an empty directory it would mean a start from the beginning.
[[nodiscard]] Result<std::unique_ptr<checkpoint::Disk>> open_directory(
    const std::string& root, checkpoint::Patience patience);

/// Reads the shared options and opens the directory.
[[nodiscard]] Result<Look> look_at_directory(const ParsedOptions& options,
                                             const std::string& directory);

/// The same for one checkpoint, of which the user gives the path: the directory it lies in, and its
/// path under that.
struct NamedCheckpoint {
  Look look;
  std::string path;
};
[[nodiscard]] Result<NamedCheckpoint> look_at_path(const ParsedOptions& options,
                                                   const std::string& path);

/// Lists and judges, and asks the user's own command of those that are good so far.
[[nodiscard]] Result<checkpoint::Catalogue> read_catalogue(const Look& look);
[[nodiscard]] Result<checkpoint::Listed> read_checkpoint(const NamedCheckpoint& named);

/// The policy that goes with a look.
[[nodiscard]] checkpoint::Policy policy_of(const Look& look);

/// A duration an option gives, or what holds without it.
[[nodiscard]] Result<std::chrono::milliseconds> duration_of(const ParsedOptions& options,
                                                            std::string_view name,
                                                            std::chrono::milliseconds without);

/// A number an option gives, or what holds without it. None at all is no number of anything.
[[nodiscard]] Result<unsigned> count_of(const ParsedOptions& options,
                                        std::string_view name,
                                        unsigned without);

}  // namespace holdfast::cli
