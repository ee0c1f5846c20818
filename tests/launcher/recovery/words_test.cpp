// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/decide.hpp"
#include "holdfast/recovery/evidence.hpp"

#include <set>

#include <gtest/gtest.h>

namespace holdfast::recovery {
namespace {

TEST(Words, AreReadBackAsWhatTheyWereWrittenFor) {
  std::set<std::string_view> seen;
  for (const Cause cause : all_causes) {
    EXPECT_EQ(parse_cause(word_of(cause)), cause);
    EXPECT_TRUE(seen.insert(word_of(cause)).second) << word_of(cause);
    EXPECT_FALSE(phrase_of(cause).empty());
  }
  for (const SignKind kind : all_sign_kinds)
    EXPECT_EQ(parse_sign_kind(word_of(kind)), kind);
  for (const SlurmVerdict verdict : all_slurm_verdicts)
    EXPECT_EQ(parse_slurm_verdict(word_of(verdict)), verdict);
  for (const DecisionKind kind : all_decision_kinds)
    EXPECT_EQ(parse_decision_kind(word_of(kind)), kind);
  EXPECT_FALSE(parse_cause("bad luck"));
}

}  // namespace
}  // namespace holdfast::recovery
