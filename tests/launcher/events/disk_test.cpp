// SPDX-License-Identifier: Apache-2.0
// The state directory on the real file system: who may use it, what is on the disk when it is said
// to be, what a killed writer leaves. fdatasync() and fsync() of this program are the ones below:
// they note what the disk has, so that a power cut can be played.
#include "holdfast/common/text.hpp"
#include "holdfast/events/log.hpp"
#include "holdfast/events/state_directory.hpp"
#include "holdfast/events/status.hpp"
#include "samples.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

/// What the disk has: contents by inode, names by directory.
struct OnDisk {
  std::map<ino_t, std::string> bytes;
  std::map<std::string, std::set<std::string>> names;
};

OnDisk& on_disk() {
  static OnDisk disk;
  return disk;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void note_sync(int fd) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  if (::readlink(link.c_str(), path.data(), path.size() - 1) < 0) return;
  struct stat status {};
  if (::fstat(fd, &status) != 0) return;
  if (S_ISREG(status.st_mode)) on_disk().bytes[status.st_ino] = text_of(path.data());
  if (!S_ISDIR(status.st_mode)) return;
  auto& names = on_disk().names[path.data()];
  names.clear();
  for (const auto& entry : std::filesystem::directory_iterator(path.data()))
    names.insert(entry.path().filename());
}

/// Leaves of a directory's files what was synced.
void lose_power(const std::filesystem::path& directory) {
  const auto& names = on_disk().names[directory];
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    if (!S_ISREG(status.st_mode)) continue;
    if (names.contains(entry.path().filename()))
      std::ofstream(entry.path(), std::ios::binary) << on_disk().bytes[status.st_ino];
    else
      std::filesystem::remove(entry.path());
  }
}

}  // namespace

extern "C" int fdatasync(int fd) {
  note_sync(fd);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

extern "C" int fsync(int fd) {
  note_sync(fd);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace holdfast::events {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Disk : public ::testing::Test {
 protected:
  void claim(std::uint64_t epoch) const {
    const auto made = make_state_directory(directory_);
    ASSERT_TRUE(made) << made.error().sentence();
    const auto claimed = claim_epoch(directory_, epoch, "n1");
    ASSERT_TRUE(claimed) << claimed.error().sentence();
  }

  [[nodiscard]] EventLog open_log(std::uint64_t epoch) const {
    auto log = EventLog::open(directory_, epoch, "n1");
    EXPECT_TRUE(log) << log.error().sentence();
    return std::move(*log);
  }

  holdfast::testing::TemporaryDirectory temporary_{"events"};
  std::string root_ = temporary_.path();
  std::string directory_ = root_ + "/state/4711";
};

TEST_F(Disk, KeepsTheStateForItsOwnerAlone) {
  claim(1);
  EventLog log = open_log(1);
  ASSERT_TRUE(log.append(Note{"a"}, 1));
  const auto attempt = make_attempt_directory(directory_, 3);
  ASSERT_TRUE(attempt);
  EXPECT_EQ(*attempt, directory_ + "/attempts/3");
  struct stat status {};
  for (const std::string& path : {root_ + "/state", directory_, *attempt}) {
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U) << path;
  }
  ASSERT_EQ(::stat((directory_ + "/events.jsonl").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Disk, RefusesADirectoryOthersMayWriteTo) {
  ASSERT_TRUE(make_state_directory(directory_));
  ::chmod(directory_.c_str(), 0720);
  const auto refused = make_state_directory(directory_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::denied);
  EXPECT_THAT(refused.error().sentence(), HasSubstr("chmod go-w"));
  std::filesystem::create_directory_symlink(root_, root_ + "/link");
  EXPECT_FALSE(make_state_directory(root_ + "/link")) << "a link may be turned";
}

TEST_F(Disk, RefusesADirectoryOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  ASSERT_TRUE(make_state_directory(directory_));
  ASSERT_EQ(::chown(directory_.c_str(), 12345, 12345), 0);
  const auto refused = make_state_directory(directory_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::denied);
}

TEST_F(Disk, GivesAnEpochToExactlyOne) {
  ASSERT_TRUE(make_state_directory(directory_));
  EXPECT_EQ(highest_epoch(directory_).value(), 0U);
  std::array<bool, 8> won{};
  std::array<std::thread, 8> claimants;
  for (std::size_t index = 0; index < claimants.size(); ++index)
    claimants.at(index) = std::thread(
        [this, index, &won] { won.at(index) = bool(claim_epoch(directory_, 5, cat("n", index))); });
  for (std::thread& claimant : claimants)
    claimant.join();
  EXPECT_EQ(std::ranges::count(won, true), 1);
  EXPECT_EQ(highest_epoch(directory_).value(), 5U);
  EXPECT_EQ(claim_epoch(directory_, 4, "n1").error().kind, FailureKind::conflict);
  EXPECT_TRUE(claim_epoch(directory_, 10, "n1"));
  EXPECT_EQ(highest_epoch(directory_).value(), 10U) << "as a number, not as a word";
}

TEST_F(Disk, HasWhatWasAcknowledgedAfterAPowerCut) {
  claim(1);
  EventLog log = open_log(1);
  for (int number = 0; number < 5; ++number) {
    ASSERT_TRUE(log.append(Note{cat(number)}, number));
    lose_power(directory_);
    const auto there = read_log(directory_);
    ASSERT_TRUE(there) << there.error().sentence();
    EXPECT_EQ(there->records.size(), static_cast<std::size_t>(number + 1));
  }
  EXPECT_EQ(highest_epoch(directory_).value(), 1U);
  ASSERT_TRUE(write_status(directory_, replay(log.before().records), 77));
  lose_power(directory_);
  EXPECT_EQ(read_sign_of_life(directory_), 77);
}

TEST_F(Disk, ForgetsWhatNobodySynced) {
  claim(1);
  EventLog log = open_log(1);
  ASSERT_TRUE(log.append(Note{"a"}, 1));
  std::ofstream(directory_ + "/events.jsonl", std::ios::app) << "never synced";
  lose_power(directory_);
  EXPECT_FALSE(read_log(directory_)->open_end) << "else the test above proves nothing";
}

TEST_F(Disk, KeepsWhatAKilledWriterAcknowledged) {
  for (std::uint64_t epoch = 1; epoch <= 12; ++epoch) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    claim(epoch);
    const pid_t writer = ::fork();
    if (writer == 0) {
      EventLog log = open_log(epoch);
      for (std::uint64_t number = 0;; ++number)
        if (log.append(Note{std::string(number % 5000, 'x')}, 1))
          (void)!::write(pipe[1], &log.last().seq, sizeof(std::uint64_t));
    }
    ::close(pipe[1]);
    std::uint64_t acknowledged = 0;
    for (std::uint64_t count = 0; count < 5 + epoch * 3; ++count)
      ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof acknowledged), 8);
    ASSERT_EQ(::kill(writer, SIGKILL), 0);
    ASSERT_EQ(::waitpid(writer, nullptr, 0), writer);
    while (::read(pipe[0], &acknowledged, sizeof acknowledged) == 8) {
    }
    ::close(pipe[0]);
    const auto there = read_log(directory_);
    ASSERT_TRUE(there);
    EXPECT_EQ(there->bad_lines, 0U);
    ASSERT_GE(there->records.size(), acknowledged);
    for (std::size_t index = 0; index < there->records.size(); ++index)
      EXPECT_EQ(there->records[index].seq, index + 1);
  }
}

TEST_F(Disk, WritesAgainWhatTheKernelCutOffInTheMiddleOfALine) {
  claim(1);
  EventLog log = open_log(1);
  ASSERT_TRUE(log.append(Note{"a"}, 1));
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit tight = old_limit;
  tight.rlim_cur = std::filesystem::file_size(directory_ + "/events.jsonl") + 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto cut = log.append(Note{"b"}, 2);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_action);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().cause, std::errc::file_too_large);
  EXPECT_TRUE(read_log(directory_)->open_end);
  ASSERT_TRUE(log.append(Note{"c"}, 3));
  const auto there = read_log(directory_);
  EXPECT_EQ(there->records.size(), 3U);
  EXPECT_EQ(there->bad_lines, 1U);
}

TEST_F(Disk, IsNotHeldUpByAFifoOrFooledByALink) {
  ASSERT_TRUE(make_state_directory(directory_));
  const std::string log = directory_ + "/events.jsonl";
  EXPECT_EQ(read_log(directory_).error().kind, FailureKind::not_found);
  ASSERT_EQ(::mkfifo(log.c_str(), 0600), 0);
  EXPECT_EQ(read_log(directory_).error().kind, FailureKind::unsupported);
  ASSERT_TRUE(claim_epoch(directory_, 1, "n1"));
  EXPECT_FALSE(EventLog::open(directory_, 1, "n1"));
  std::filesystem::remove(log);
  std::filesystem::create_symlink("/etc/passwd", log);
  EXPECT_FALSE(read_log(directory_));
  std::filesystem::remove(log);
  std::filesystem::create_symlink("/dev/zero", log);
  EXPECT_FALSE(read_log(directory_));
}

TEST_F(Disk, SaysThatADirectoryIsGoneAndGoesOnWhenItIsBack) {
  claim(1);
  EventLog log = open_log(1);
  ASSERT_TRUE(log.append(Note{"a"}, 1));
  std::filesystem::rename(directory_, directory_ + ".away");
  const auto gone = log.append(Note{"b"}, 2);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, FailureKind::not_found);
  std::filesystem::rename(directory_ + ".away", directory_);
  ASSERT_TRUE(log.append(Note{"c"}, 3));
  EXPECT_EQ(read_log(directory_)->records.size(), 3U);
}

TEST_F(Disk, ListsTheRunsUnderARoot) {
  EXPECT_FALSE(list_state_directories(root_ + "/none"));
  for (const char* job : {"12", "11"}) {
    directory_ = state_directory_of(root_ + "/state", job);
    claim(1);
    EventLog log = open_log(1);
    ASSERT_TRUE(log.append(Note{"a"}, 1));
  }
  std::filesystem::create_directory(root_ + "/state/empty");
  EXPECT_THAT(list_state_directories(root_ + "/state").value(),
              ElementsAre(root_ + "/state/11", root_ + "/state/12"));
  EXPECT_EQ(list_state_directories(root_ + "/state", 1)->size(), 1U);
}

TEST(StateRoot, IsWhatTheEnvironmentSaysOrTheHomeDirectory) {
  EXPECT_EQ(state_root("/scratch/state", "/home/ada").value(), "/scratch/state");
  EXPECT_EQ(state_root("", "/home/ada").value(), "/home/ada/.holdfast");
  EXPECT_FALSE(state_root("", ""));
}

}  // namespace
}  // namespace holdfast::events
