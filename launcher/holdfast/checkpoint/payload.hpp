// SPDX-License-Identifier: Apache-2.0
// The deep look: every byte that has a checksum is read once and compared. One call verifies one
// file with bounded memory; the caller runs as many at a time as it likes.
#pragma once

#include "holdfast/checkpoint/disk.hpp"
#include "holdfast/checkpoint/verdict.hpp"

#include <cstdint>
#include <functional>

namespace holdfast::checkpoint {

/// Told now and then how many more bytes were read; answering false stops the verification.
using Progress = std::function<bool(std::uint64_t more_bytes)>;

/// Compares every claim on the file. `good` also for a file without any claim, flagged no_checksum.
/// A stop by `progress` is `unknown`.
[[nodiscard]] Judgement verify_payload(const Disk& disk,
                                       const PayloadFile& file,
                                       const Progress& progress = {});

/// Puts what a deep look at its files said into the judgement of their checkpoint.
void merge(Judgement& whole, const Judgement& part);

}  // namespace holdfast::checkpoint
