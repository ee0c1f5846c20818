// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/manifest.hpp"

#include "checkpoint/handover/place.hpp"
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/manifest_draft.hpp"
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

TEST_F(ManifestOfFiles, SpeaksOfASaveUntilItsNameIsUsedAgain) {
  made_.made = Time(std::chrono::system_clock::now().time_since_epoch());
  const auto speaks = [&] {
    return speaks_of(made_, checkpoint_, *read_tree(*disk_, checkpoint_, {}));
  };
  const auto touch = [&](const char* file) {
    std::filesystem::last_write_time(
        in(file), std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  };
  EXPECT_TRUE(speaks());
  touch("root/step-1/a.bin");
  EXPECT_TRUE(speaks()) << "one file was written over: that is to be found";
  touch("root/step-1/b.bin");
  EXPECT_FALSE(speaks()) << "all of it is new";
  made_.files[0] = *read_sums(*disk_, "step-1/a.bin");
  EXPECT_TRUE(speaks());
  checkpoint_.step = 2;
  EXPECT_FALSE(speaks());
  checkpoint_.step = 1;
  checkpoint_.committed = made_.made + std::chrono::seconds(1);
  EXPECT_FALSE(speaks());
}

TEST_F(ManifestOfFiles, LendsItsSumsWhereThereAreNone) {
  std::vector<PayloadFile> files(3);
  files[0].path = "step-1/b.bin";
  files[1].path = "step-1/a.bin";
  files[1].claims.push_back({0, 5, Checksum::crc32c, "12345678", "its own"});
  files[2].path = "step-1/new.bin";
  lend_sums(made_, files);
  ASSERT_EQ(files[0].claims.size(), 1U);
  EXPECT_EQ(files[0].claims[0].expected, made_.files[1].crc32);
  EXPECT_EQ(files[1].claims[0].name, "its own");
  EXPECT_TRUE(files[2].claims.empty());
}

TEST_F(ManifestOfFiles, IsMadeOnFromWhereAnInterruptedOneStopped) {
  auto draft = ManifestDraft::read(in("sidecar"), "step-1");
  ASSERT_TRUE(draft) << draft.error().sentence();
  ASSERT_TRUE(draft->add(made_.files[0]));
  std::ofstream(in("sidecar/step-1.manifest.json.draft"), std::ios::app)
      << to_line(made_.files[1]).substr(0, 30);  // the power went
  auto again = ManifestDraft::read(in("sidecar"), "step-1");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->find("step-1/a.bin", *disk_->status("step-1/a.bin")), made_.files[0]);
  EXPECT_EQ(again->find("step-1/b.bin", *disk_->status("step-1/b.bin")), std::nullopt);
  write("root/step-1/a.bin", "jello");
  EXPECT_EQ(again->find("step-1/a.bin", *disk_->status("step-1/a.bin")), std::nullopt);
  again->discard();
  EXPECT_FALSE(has("sidecar/step-1.manifest.json.draft"));
}

/// How a checkpoint of a format without sums is judged when a manifest of it lies in the sidecar.
class ManifestInSidecar : public ManifestOfFiles {
 protected:
  ManifestInSidecar() {
    write("root/step-1/DONE", "");
    made_.made =
        Time((std::chrono::system_clock::now() + std::chrono::hours(1)).time_since_epoch());
    EXPECT_TRUE(write_manifest(in("sidecar"), made_));
  }

  [[nodiscard]] Judgement judge(Level level, std::vector<std::string> manifests) const {
    Wish wish;
    wish.marker = "DONE";
    wish.level = level;
    wish.manifests = std::move(manifests);
    const auto now =
        Time((std::chrono::system_clock::now() + std::chrono::hours(2)).time_since_epoch());
    const auto all = read_catalogue(*disk_, wish, now);
    EXPECT_TRUE(all);
    return all->newest_first.front().judgement;
  }

  /// As a disk forgets: the contents change, and nothing tells of it.
  void flip(const std::string& file, std::size_t at) const {
    const auto time = std::filesystem::last_write_time(in(file));
    std::string bytes = read(file);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write(file, bytes);
    std::filesystem::last_write_time(in(file), time);
  }
};

TEST_F(ManifestInSidecar, FindsTheFlippedBitThatNothingElseFinds) {
  EXPECT_EQ(judge(Level::payload, {in("sidecar")}).verdict, Verdict::good);
  flip("root/step-1/b.bin", 2'000'000);
  EXPECT_EQ(judge(Level::payload, {}).verdict, Verdict::good) << "without it nobody can know";
  const Judgement judgement = judge(Level::payload, {in("nowhere"), in("sidecar")});
  EXPECT_EQ(judgement.verdict, Verdict::damaged);
  EXPECT_NE(judgement.why.find("b.bin"), std::string::npos) << judgement.why;
}

TEST_F(ManifestInSidecar, MissesAFileThatItsFormatDoesNot) {
  std::filesystem::remove(in("root/step-1/a.bin"));
  EXPECT_EQ(judge(Level::structure, {}).verdict, Verdict::good);
  EXPECT_EQ(judge(Level::structure, {in("sidecar")}).verdict, Verdict::damaged);
}

TEST_F(ManifestInSidecar, SaysNothingWhenItIsTorn) {
  flip("root/step-1/b.bin", 17);
  const std::string name = "sidecar/" + manifest_name("step-1");
  const std::string whole = read(name);
  for (const std::size_t length : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
    write(name, whole.substr(0, length));
    EXPECT_EQ(judge(Level::payload, {in("sidecar")}).verdict, Verdict::good) << length;
  }
  write(name, whole);
  EXPECT_EQ(judge(Level::payload, {in("sidecar")}).verdict, Verdict::damaged);
}

TEST_F(ManifestInSidecar, IsNotBelievedFromWithinTheCheckpoint) {
  Manifest forged = made_;
  forged.files[1].crc32 = "00000000";
  std::filesystem::remove_all(in("sidecar"));
  const auto done = std::filesystem::last_write_time(in("root/step-1/DONE"));
  EXPECT_TRUE(write_manifest(in("root/step-1"), forged));
  EXPECT_TRUE(write_manifest(in("root/step-1/.holdfast"), forged));
  for (const char* file :
       {"root/step-1/step-1.manifest.json", "root/step-1/.holdfast/step-1.manifest.json"})
    std::filesystem::last_write_time(in(file), done);
  EXPECT_EQ(judge(Level::payload, {in("sidecar"), usual_sidecar(in("root"))}).verdict,
            Verdict::good);
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
