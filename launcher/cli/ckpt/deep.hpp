// SPDX-License-Identifier: Apache-2.0
// Reading every byte of a checkpoint: several files at a time, at a rate the user may limit, and
// going on where an earlier look stopped.
#pragma once

#include "holdfast/checkpoint/disk.hpp"
#include "holdfast/checkpoint/manifest_draft.hpp"
#include "holdfast/checkpoint/payload.hpp"
#include "holdfast/checkpoint/verified.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace holdfast::cli {

struct DeepWish {
  unsigned jobs{1};                  ///< files at a time
  std::uint64_t bytes_per_second{};  ///< of all of them together; 0: no limit
  bool again{};                      ///< read also what an earlier look found good
  std::stop_token stop;              ///< ends the reading with the piece it is at
};

/// Told several times a second, from one thread.
struct DeepState {
  std::uint64_t bytes_done{};
  std::uint64_t bytes_all{};
  std::size_t files_done{};
  std::size_t files_all{};
  std::uint64_t bytes_passed{};  ///< of those done: not read, for they were known or have no sums
};
using TellState = std::function<void(const DeepState&)>;

/// "200M", "1G": bytes a second, in powers of 1024.
[[nodiscard]] Result<std::uint64_t> parse_rate(std::string_view text);

/// As many as there are CPUs to run on, but not more than the file systems of most clusters like.
[[nodiscard]] unsigned usual_jobs();

/// Compares all claims, largest file first. What is good is remembered in `verified`; failing to
/// write that down is no failure of the checkpoint, it only costs time the next time.
[[nodiscard]] checkpoint::Judgement verify_files(const checkpoint::Disk& disk,
                                                 std::vector<checkpoint::PayloadFile> files,
                                                 checkpoint::Verified& verified,
                                                 const DeepWish& wish,
                                                 const TellState& tell);

/// Sums up all files, for a manifest. What the draft knows is not read, and what is read it keeps.
[[nodiscard]] Result<std::vector<checkpoint::ManifestFile>> sum_up_files(
    const checkpoint::Disk& disk,
    std::vector<checkpoint::PayloadFile> files,
    checkpoint::ManifestDraft& draft,
    const DeepWish& wish,
    const TellState& tell);

}  // namespace holdfast::cli
