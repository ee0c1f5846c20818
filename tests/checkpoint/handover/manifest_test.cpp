// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/manifest.hpp"

#include "checkpoint/handover/place.hpp"
#include "holdfast/checkpoint/verified.hpp"

namespace holdfast::checkpoint {
namespace {

class ManifestOfFiles : public testing::Place {
 protected:
  ManifestOfFiles() {
    write("root/step-1/a.bin", "hello");
    write("root/step-1/b.bin", std::string(3'000'000, 'b'));
    checkpoint_.path = "step-1";
    disk_ = *open_disk(in("root"));
    made_.checkpoint = "step-1";
    made_.format = "marker";
    made_.step = 1;
    for (const char* file : {"step-1/a.bin", "step-1/b.bin"}) {
      auto sums = read_sums(*disk_, file);
      EXPECT_TRUE(sums);
      made_.files.push_back(std::move(*sums));
    }
  }

  [[nodiscard]] std::vector<Change> changes() const {
    const auto tree = read_tree(*disk_, checkpoint_, {});
    EXPECT_TRUE(tree);
    return changes_since(made_, checkpoint_, *tree);
  }

  Checkpoint checkpoint_;
  std::unique_ptr<Disk> disk_;
  Manifest made_;
};

TEST_F(ManifestOfFiles, HasTheSumsThatZipToolsHave) {
  EXPECT_EQ(made_.files[0].crc32, "3610a686");  // crc32 of "hello"
}

TEST_F(ManifestOfFiles, IsReadAsItWasWritten) {
  ASSERT_TRUE(write_manifest(in("sidecar"), made_));
  const auto read = read_manifest(in("sidecar"), "step-1");
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->files, made_.files);
  EXPECT_EQ(read->step, 1U);
  const auto other = read_manifest(in("sidecar"), "step-2");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, FailureKind::not_found);
}

TEST_F(ManifestOfFiles, SeesNoChangeWhereThereIsNone) { EXPECT_TRUE(changes().empty()); }

TEST_F(ManifestOfFiles, SeesFilesThatAreGoneResizedOrWrittenAgain) {
  std::filesystem::remove(in("root/step-1/a.bin"));
  std::filesystem::last_write_time(
      in("root/step-1/b.bin"),
      std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  auto seen = changes();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].kind, Change::Kind::missing);
  EXPECT_EQ(seen[1].kind, Change::Kind::rewritten);
  write("root/step-1/b.bin", "short");
  seen = changes();
  EXPECT_EQ(seen[1].kind, Change::Kind::resized);
}

TEST_F(ManifestOfFiles, FindsAFlippedBitInAFormatWithoutSums) {
  std::string bytes = read("root/step-1/b.bin");
  bytes[2'000'000] = 'c';
  write("root/step-1/b.bin", bytes);
  const auto payload = payload_of(made_);
  EXPECT_EQ(verify_payload(*disk_, payload[0]).verdict, Verdict::good);
  EXPECT_EQ(verify_payload(*disk_, payload[1]).verdict, Verdict::damaged);
}

TEST_F(ManifestOfFiles, OfANameWithSlashesLiesInAFlatSidecar) {
  EXPECT_EQ(manifest_name(".scr/x%2F"), ".scr%2Fx%252F.manifest.json");
  EXPECT_EQ(usual_sidecar("/a/b/"), "/a/.holdfast/b");
}

TEST(ManifestText, ThatIsTornIsRefused) {
  Manifest manifest;
  manifest.files.push_back({"a", 1, 2, Time(std::chrono::seconds(3)), "00000000"});
  const std::string json = to_json(manifest);
  ASSERT_TRUE(parse_manifest(json));
  for (std::size_t length = 0; length < json.size(); ++length)
    EXPECT_FALSE(parse_manifest(json.substr(0, length))) << length;
  EXPECT_FALSE(parse_manifest("{}"));
}

TEST_F(ManifestOfFiles, AndVerifiedFilesAreKnownUntilTheyChange) {
  auto verified = Verified::read(in("sidecar"));
  ASSERT_TRUE(verified);
  const auto status = disk_->status("step-1/a.bin");
  ASSERT_TRUE(status);
  EXPECT_FALSE(verified->contains("step-1/a.bin", *status));
  ASSERT_TRUE(verified->add("step-1/a.bin", *status));
  const auto again = Verified::read(in("sidecar"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->contains("step-1/a.bin", *status));
  write("root/step-1/a.bin", "hello!");
  EXPECT_FALSE(again->contains("step-1/a.bin", *disk_->status("step-1/a.bin")));
}

}  // namespace
}  // namespace holdfast::checkpoint
