// SPDX-License-Identifier: Apache-2.0
// A file system that does not answer. It is played by a disk that waits at a gate; the gate opens
// at the end of each test, so that the threads that hung can end.
#include "holdfast/checkpoint/catalogue.hpp"
#include "support/checkpoint/frameworks.hpp"
#include "support/checkpoint/world.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

using namespace std::chrono_literals;

class Gate {
 public:
  void close() {
    const std::lock_guard hold(lock_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard hold(lock_);
    closed_ = false;
    moved_.notify_all();
  }
  void pass() {
    std::unique_lock hold(lock_);
    moved_.wait(hold, [&] { return !closed_; });
  }

 private:
  std::mutex lock_;
  std::condition_variable moved_;
  bool closed_{};
};

class GatedFile : public File {
 public:
  GatedFile(std::shared_ptr<Gate> gate, std::unique_ptr<File> inner)
      : gate_(std::move(gate)), inner_(std::move(inner)) {}
  [[nodiscard]] const FileStatus& status() const override { return inner_->status(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    gate_->pass();
    return inner_->read_at(offset, into);
  }
  Result<std::uint64_t> find_hole() const override { return inner_->find_hole(); }

 private:
  std::shared_ptr<Gate> gate_;
  std::unique_ptr<File> inner_;
};

/// A world behind two gates: one for directories, one for reading.
class GatedDisk : public Disk {
 public:
  GatedDisk(std::shared_ptr<World> world,
            std::shared_ptr<Gate> listing,
            std::shared_ptr<Gate> reading)
      : world_(std::move(world)), listing_(std::move(listing)), reading_(std::move(reading)) {}
  Result<Listing> list(const std::string& directory, std::size_t most) const override {
    listing_->pass();
    return world_->list(directory, most);
  }
  Result<FileStatus> status(const std::string& path) const override { return world_->status(path); }
  Result<std::unique_ptr<File>> open(const std::string& path) const override {
    auto file = world_->open(path);
    if (!file) return file.error();
    return std::unique_ptr<File>(std::make_unique<GatedFile>(reading_, std::move(*file)));
  }
  Result<std::string> read_link(const std::string& path) const override {
    return world_->read_link(path);
  }

 private:
  std::shared_ptr<World> world_;
  std::shared_ptr<Gate> listing_;
  std::shared_ptr<Gate> reading_;
};

class Deadline : public ::testing::Test {
 protected:
  Deadline() {
    path_ = frameworks().front().save(*world_, 10);
    world_->write_back();
    world_->pass(1h);
    disk_ = with_deadline(std::make_shared<GatedDisk>(world_, listing_, reading_), {100ms, 3});
  }
  ~Deadline() override {
    listing_->open();
    reading_->open();
  }

  std::shared_ptr<World> world_ = std::make_shared<World>();
  std::shared_ptr<Gate> listing_ = std::make_shared<Gate>();
  std::shared_ptr<Gate> reading_ = std::make_shared<Gate>();
  std::unique_ptr<Disk> disk_;
  std::string path_;
};

TEST_F(Deadline, IsNotNoticedWhileTheFileSystemAnswers) {
  Wish wish;
  wish.level = Level::payload;
  const auto catalogue = read_catalogue(*disk_, wish, world_->now());
  ASSERT_TRUE(catalogue);
  ASSERT_EQ(catalogue->newest_first.size(), 1U);
  EXPECT_EQ(catalogue->newest_first.front().judgement.verdict, Verdict::good)
      << catalogue->newest_first.front().judgement.why;
}

TEST_F(Deadline, OfADirectoryThatHangsIsAFailureNotAHang) {
  listing_->close();
  const auto catalogue = read_catalogue(*disk_, {}, world_->now());
  ASSERT_FALSE(catalogue);
  EXPECT_EQ(catalogue.error().kind, FailureKind::timed_out);
}

TEST_F(Deadline, OfAFileThatHangsIsUnknownAndNotChosen) {
  reading_->close();
  const auto catalogue = read_catalogue(*disk_, {}, world_->now());
  ASSERT_TRUE(catalogue);
  const Judgement& judgement = catalogue->newest_first.front().judgement;
  EXPECT_EQ(judgement.verdict, Verdict::unknown) << judgement.why;
  EXPECT_EQ(judgement.reached, Level::listing);
  EXPECT_NE(judgement.why.find("100 ms"), std::string::npos) << judgement.why;
}

TEST_F(Deadline, AfterThreeThreadsHangNothingMoreIsAsked) {
  const auto file = disk_->open(path_ + "/.metadata");
  ASSERT_TRUE(file);
  reading_->close();
  std::array<std::byte, 4> bytes{};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ((*file)->read_at(0, bytes).error().kind, FailureKind::timed_out);
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ((*file)->read_at(0, bytes).error().kind, FailureKind::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s) << "100 deadlines were waited for";
}

TEST_F(Deadline, OfAStreamThatHangsEndsIt) {
  const auto file = disk_->open(path_ + "/__0_0.distcp");
  ASSERT_TRUE(file);
  reading_->close();
  const auto read = (*file)->stream(0, 1000, [](auto) -> Result<void> { return {}; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, FailureKind::timed_out);
}

TEST_F(Deadline, OfAStreamIsNotSpentByItsReceiver) {
  const auto file = disk_->open(path_ + "/__0_0.distcp");
  ASSERT_TRUE(file);
  const auto read = (*file)->stream(0, 1000, [](auto) -> Result<void> {
    std::this_thread::sleep_for(350ms);  // a receiver that works, or is throttled, for long
    return {};
  });
  EXPECT_TRUE(read) << read.error().sentence();
}

TEST_F(Deadline, AThreadThatComesBackCallsNobodyWhoHasGone) {
  disk_ = with_deadline(std::make_shared<GatedDisk>(world_, listing_, reading_), {100ms, 1});
  const auto file = disk_->open(path_ + "/__0_0.distcp");
  ASSERT_TRUE(file);
  reading_->close();
  std::atomic<int> called = 0;
  const File::Sink sink = [&](auto) -> Result<void> {
    ++called;
    return {};
  };
  EXPECT_FALSE((*file)->stream(0, 1000, sink));
  reading_->open();
  // Nothing is asked while that thread hangs; so it is back when something is.
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (!disk_->status("") && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_TRUE(disk_->status(""));
  EXPECT_EQ(called, 0);
}

TEST_F(Deadline, AThreadThatComesBackIsUsedAgain) {
  const auto file = disk_->open(path_ + "/.metadata");
  ASSERT_TRUE(file);
  std::array<std::byte, 4> bytes{};
  for (int round = 0; round < 5; ++round) {
    reading_->close();
    EXPECT_FALSE((*file)->read_at(0, bytes));
    reading_->open();
    // The one that hung is counted until it is back; with three allowed this never runs out.
    const auto until = std::chrono::steady_clock::now() + 10s;
    Result<std::size_t> got = (*file)->read_at(0, bytes);
    while (!got && std::chrono::steady_clock::now() < until)
      got = (*file)->read_at(0, bytes);
    EXPECT_TRUE(got);
  }
}

TEST_F(Deadline, StreamsTheSameBytesAsReading) {
  const std::string whole = world_->bytes(path_ + "/__0_0.distcp");
  const auto file = disk_->open(path_ + "/__0_0.distcp");
  ASSERT_TRUE(file);
  std::string got;
  const auto read = (*file)->stream(3, whole.size(), [&](std::span<const std::byte> bytes) {
    got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Result<void>();
  });
  ASSERT_TRUE(read);
  EXPECT_EQ(got, whole.substr(3));
}

TEST_F(Deadline, AStreamEndsWhereItsReaderSays) {
  const auto file = disk_->open(path_ + "/__0_0.distcp");
  ASSERT_TRUE(file);
  int pieces = 0;
  const auto read = (*file)->stream(0, UINT64_MAX, [&](auto) -> Result<void> {
    ++pieces;
    return Failure{FailureKind::conflict, "enough", "", {}};
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "enough");
  EXPECT_EQ(pieces, 1);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
