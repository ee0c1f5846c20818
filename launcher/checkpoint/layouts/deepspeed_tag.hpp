// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/examination.hpp"
#include "holdfast/checkpoint/layout.hpp"

#include <string_view>

namespace holdfast::checkpoint {

/// What one save of DeepSpeed left in a directory of the checkpoint: bare, and inside those of
/// Hugging Face, accelerate and Lightning.
void check_deepspeed_tag(Examination& examination, std::string_view directory);

/// Whether a listing looks like such a directory.
[[nodiscard]] bool looks_like_deepspeed_tag(const Listing& listing);

/// The directory of such a save inside the checkpoint, the one `latest` in `directory` names or the
/// only one there; empty: there is none.
[[nodiscard]] std::string find_deepspeed_tag(Examination& examination, std::string_view directory);

}  // namespace holdfast::checkpoint
