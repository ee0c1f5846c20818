// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/quarantine.hpp"

#include "checkpoint/handover/place.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>

namespace holdfast::checkpoint {
namespace {

using ::testing::HasSubstr;

Listed listed(const std::string& path, const std::string& format, Verdict verdict) {
  Listed one;
  one.checkpoint.path = path;
  one.checkpoint.format = format;
  one.checkpoint.tag = path;
  one.judgement.verdict = verdict;
  one.judgement.why = "because";
  return one;
}

class Quarantine : public testing::Place {
 protected:
  /// step-30 is damaged, step-20 is being written, step-10 is good.
  Catalogue catalogue_;

  Quarantine() {
    for (const char* name : {"root/step-30/shard", "root/step-20/shard", "root/step-10/shard"})
      write(name, "x");
    catalogue_.newest_first = {listed("step-30", "deepspeed", Verdict::damaged),
                               listed("step-20", "deepspeed", Verdict::in_flight),
                               listed("step-10", "deepspeed", Verdict::good)};
  }

  [[nodiscard]] QuarantinePlan plan(QuarantineMode mode, std::optional<std::size_t> chosen) const {
    return plan_quarantine(
        catalogue_, chosen, {{"latest", false, "step-30\n"}}, mode, PointerPolicy::needed);
  }
};

TEST_F(Quarantine, SteersByDefaultAndMovesNothing) {
  const auto plan = this->plan(QuarantineMode::steer, 2);
  EXPECT_TRUE(plan.moves.empty());
  ASSERT_EQ(plan.pointers.size(), 1U);
  EXPECT_EQ(plan.pointers[0].contents, "step-10");
}

TEST_F(Quarantine, TouchesNothingWhenItIsOff) {
  const auto plan = this->plan(QuarantineMode::off, 2);
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_TRUE(plan.pointers.empty());
}

TEST_F(Quarantine, MovesTheBadAndNeverWhatMayStillBeWritten) {
  const auto plan = this->plan(QuarantineMode::move, 2);
  ASSERT_EQ(plan.moves.size(), 1U);
  EXPECT_EQ(plan.moves[0].index, 0U);
}

TEST_F(Quarantine, MovesNothingWithoutAGoodOne) {
  const auto plan = this->plan(QuarantineMode::move, std::nullopt);
  EXPECT_TRUE(plan.moves.empty());
  ASSERT_EQ(plan.stays.size(), 1U);
  EXPECT_THAT(plan.stays[0], HasSubstr("no good one"));
}

TEST_F(Quarantine, LiesOutsideTheScannedDirectoryWithANote) {
  const auto plan = this->plan(QuarantineMode::move, 2);
  const std::string directory = quarantine_directory(in("root"), "7.1");
  EXPECT_EQ(directory, in(".holdfast-quarantine/root/7.1"));
  ASSERT_TRUE(apply_quarantine_move(in("root"), directory, plan.moves[0]));
  EXPECT_FALSE(has("root/step-30"));
  EXPECT_EQ(read(".holdfast-quarantine/root/7.1/step-30/shard"), "x");
  EXPECT_THAT(read(".holdfast-quarantine/root/7.1/step-30.holdfast.json"),
              HasSubstr("\"why\":\"because\""));
}

TEST_F(Quarantine, NeverReplacesWhatIsThere) {
  const auto plan = this->plan(QuarantineMode::move, 2);
  const std::string directory = quarantine_directory(in("root"), "7.1");
  write(".holdfast-quarantine/root/7.1/step-30/kept", "y");
  const auto moved = apply_quarantine_move(in("root"), directory, plan.moves[0]);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().kind, FailureKind::conflict);
  EXPECT_TRUE(has("root/step-30/shard"));
  EXPECT_TRUE(has(".holdfast-quarantine/root/7.1/step-30/kept"));
}

TEST_F(Quarantine, PutsBackThePartsOfOneItCannotMoveWhole) {
  write("root/a.index", "i");
  QuarantineMove move{0, {"a.index", "a.data"}, "{}"};  // the second is not there
  const std::string directory = quarantine_directory(in("root"), "7.1");
  EXPECT_FALSE(apply_quarantine_move(in("root"), directory, move));
  EXPECT_TRUE(has("root/a.index"));
}

class PointerFile : public testing::Place {};

TEST_F(PointerFile, IsReplacedWholeAndItsOldWordsAreKept) {
  write("root/latest", "step-30");
  ASSERT_EQ(::chmod(in("root/latest").c_str(), 0640), 0);
  const PointerEdit edit{{"latest", false, "step-30"}, "step-10", "it lied"};
  ASSERT_TRUE(apply_pointer_edit(in("root"), in("sidecar"), edit));
  EXPECT_EQ(read("root/latest"), "step-10");
  struct stat status {};
  ASSERT_EQ(::stat(in("root/latest").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
  EXPECT_THAT(read("sidecar/pointers.jsonl"), HasSubstr("\"before\":\"step-30\""));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(in("root")), {}), 1)
      << "something was left beside it";
}

TEST_F(PointerFile, ThatSomebodyElseChangedIsLeftAlone) {
  write("root/latest", "step-40");
  const PointerEdit edit{{"latest", false, "step-30"}, "step-10", "it lied"};
  const auto done = apply_pointer_edit(in("root"), in("sidecar"), edit);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::conflict);
  EXPECT_EQ(read("root/latest"), "step-40");
}

TEST_F(PointerFile, MayBeALink) {
  std::filesystem::create_directory(in("root"));
  std::filesystem::create_symlink("ep1-ba30", in("root/latest-rank0.pt"));
  const auto disk = open_disk(in("root"));
  ASSERT_TRUE(disk);
  const auto pointers = read_pointers(**disk, "composer");
  ASSERT_TRUE(pointers);
  ASSERT_EQ(pointers->size(), 1U);
  Checkpoint chosen;
  chosen.path = "ep1-ba20";
  chosen.format = "composer";
  const auto edits = pointer_edits(*pointers, chosen, PointerPolicy::needed);
  ASSERT_EQ(edits.size(), 1U);
  ASSERT_TRUE(apply_pointer_edit(in("root"), in("sidecar"), edits[0]));
  EXPECT_EQ(std::filesystem::read_symlink(in("root/latest-rank0.pt")), "ep1-ba20");
}

TEST(PointerEdits, OfTensorflowKeepTheListOfAll) {
  Checkpoint chosen;
  chosen.format = "tensorflow";
  chosen.path = chosen.tag = "ckpt-10";
  const Pointer pointer{"checkpoint",
                        false,
                        "model_checkpoint_path: \"ckpt-20\"\n"
                        "all_model_checkpoint_paths: \"ckpt-10\"\n"};
  const auto edits = pointer_edits(std::span(&pointer, 1), chosen, PointerPolicy::needed);
  ASSERT_EQ(edits.size(), 1U);
  EXPECT_EQ(edits[0].contents,
            "model_checkpoint_path: \"ckpt-10\"\nall_model_checkpoint_paths: \"ckpt-10\"\n");
}

TEST(PointerEdits, OfMegatronAreMadeOnlyWhenAskedFor) {
  Checkpoint chosen;
  chosen.format = "megatron";
  chosen.path = "iter_0000010";
  chosen.step = 10;
  const Pointer pointer{"latest_checkpointed_iteration.txt", false, "20"};
  EXPECT_TRUE(pointer_edits(std::span(&pointer, 1), chosen, PointerPolicy::needed).empty());
  const auto edits = pointer_edits(std::span(&pointer, 1), chosen, PointerPolicy::always);
  ASSERT_EQ(edits.size(), 1U);
  EXPECT_EQ(edits[0].contents, "10");
}

}  // namespace
}  // namespace holdfast::checkpoint
