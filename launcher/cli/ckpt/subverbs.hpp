// SPDX-License-Identifier: Apache-2.0
// What `holdfast ckpt` can do with checkpoints. Each is a verb with its own options, in its own
// file ckpt/<name>.cpp; verb_ckpt.cpp finds it by the first word after `ckpt`.
#pragma once

#include "cli/verb.hpp"

#include <span>

namespace holdfast::cli {

extern const Verb ckpt_list;
extern const Verb ckpt_latest;
extern const Verb ckpt_verify;
extern const Verb ckpt_explain;
extern const Verb ckpt_watch;
extern const Verb ckpt_quarantine;

/// In the order in which the help lists them; named "ckpt list" and so on.
[[nodiscard]] std::span<const Verb* const> ckpt_verbs();

}  // namespace holdfast::cli
