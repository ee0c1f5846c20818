// SPDX-License-Identifier: Apache-2.0
// The parts a training state of Hugging Face is made of, whether its Trainer or accelerate put them
// into a directory: model, optimizer, scheduler, states of random numbers.
#pragma once

#include "checkpoint/examination.hpp"
#include "holdfast/checkpoint/layout.hpp"

namespace holdfast::checkpoint {

struct TrainingParts {
  bool model{};
  bool optimizer{};
  bool scheduler{};
  std::string deepspeed;            ///< the directory of its save inside; empty: none
  std::vector<std::string> nested;  ///< directories that are distributed checkpoints
};

/// From the listing alone (and from `latest`, where DeepSpeed is in it).
[[nodiscard]] TrainingParts find_parts(Examination& examination);

/// Opens everything that has a known form, nested checkpoints too.
void check_parts(Examination& examination, const TrainingParts& parts);

/// Rank files ("rng_state_#.pth"): no gap, and as many as the job has ranks or a sibling has.
void check_rank_files(Examination& examination, std::string_view shape);

}  // namespace holdfast::checkpoint
