// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

TEST(ListMounts, ReadsWhatIsMountedWhere) {
  FakeRoot root;
  root.file("proc/self/mountinfo",
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
            "23 22 0:20 / /proc rw,nosuid - proc proc rw\n"
            "30 22 0:44 /vol /home ro,relatime shared:9 master:3 - nfs4 server:/vol rw,vers=4.2\n"
            "31 22 8:2 / /mnt/with\\040blank rw - xfs /dev/sdb1 rw\n"
            "32 22 8:3 / /old rw - ext4 /dev/sdc1 ro\n"
            "garbage\n33 22 - \n");
  const auto mounts = list_mounts(root.tree());
  ASSERT_TRUE(mounts.known());
  ASSERT_EQ(mounts->size(), 5U);
  EXPECT_EQ(mounts->at(0).path, "/");
  EXPECT_EQ(mounts->at(0).source, "/dev/sda1");
  EXPECT_FALSE(mounts->at(0).read_only);
  EXPECT_EQ(mounts->at(2).type, "nfs4");
  EXPECT_TRUE(mounts->at(2).read_only);
  EXPECT_EQ(mounts->at(3).path, "/mnt/with blank");
  EXPECT_TRUE(mounts->at(4).read_only) << "the file system itself is read-only";
  EXPECT_TRUE(is_remote(mounts->at(2)));
  EXPECT_FALSE(is_remote(mounts->at(0)));
  EXPECT_FALSE(has_space(mounts->at(1)));
}

TEST(ListMounts, LeavesOutFileSystemsOfUsers) {
  FakeRoot root;
  root.file("proc/self/mountinfo",
            "22 1 0:50 / /home/ann/far rw - fuse.sshfs host: rw,user_id=1000,group_id=1000\n"
            "23 1 0:51 / /gluster rw - fuse.glusterfs server:/vol rw,user_id=0,group_id=0");
  const auto mounts = list_mounts(root.tree());
  ASSERT_EQ(mounts->size(), 1U);
  EXPECT_EQ(mounts->front().path, "/gluster");
  EXPECT_TRUE(is_remote(mounts->front()));
}

TEST(ListMounts, KeepsTheLettersOfAPath) {
  FakeRoot root;
  root.file("proc/self/mountinfo",
            "22 1 8:1 / /donn\xc3\xa9"
            "es rw - ext4 /dev/sda1 rw\n"
            "23 1 8:2 / /x\xff\xc3\xa9\\033\xc2\x9b\xed\xa0\x80 rw - ext4 /dev/sdb1 rw");
  const auto mounts = list_mounts(root.tree());
  ASSERT_EQ(mounts->size(), 2U);
  EXPECT_EQ(mounts->at(0).path,
            "/donn\xc3\xa9"
            "es");
  EXPECT_EQ(mounts->at(1).path, "/x?\xc3\xa9??????")
      << "no bytes that JSON or a terminal chokes on";
}

TEST(ListMounts, KnowsTheMemoryOfAUsersSession) {
  FakeRoot root;
  root.file("proc/self/mountinfo",
            "22 1 0:50 / /run/user/2000 rw - tmpfs tmpfs rw,size=1024k,mode=700,uid=2000,gid=2000\n"
            "23 1 0:51 / /tmp rw - tmpfs tmpfs rw,size=1024k\n"
            "24 1 0:52 / /var/lib/x rw - tmpfs tmpfs rw,uid=110\n"
            "25 1 0:53 / /win rw - cifs //server/win rw,uid=2000");
  const auto mounts = list_mounts(root.tree());
  ASSERT_EQ(mounts->size(), 4U);
  EXPECT_TRUE(mounts->at(0).of_user);
  for (const std::size_t other : {1U, 2U, 3U})
    EXPECT_FALSE(mounts->at(other).of_user) << mounts->at(other).path;
}

TEST(AskMount, TellsSpaceOrThatThereIsNone) {
  FakeRoot root;
  root.directory("scratch");
  MountFacts mount;
  mount.path = "/scratch";
  ask_mount(root.tree(), mount);
  EXPECT_TRUE(mount.answers.is(true));
  EXPECT_GT(*mount.bytes, 0U);
  EXPECT_LE(*mount.bytes_free, *mount.bytes);
  root.link("loop", "loop");
  mount.path = "/loop";
  ask_mount(root.tree(), mount);
  EXPECT_TRUE(mount.answers.is(false));
  EXPECT_TRUE(mount.bytes.unseen());
}

TEST(AskMount, BlamesNobodyForAMountThatIsGoneAgain) {
  const FakeRoot root;
  MountFacts mount;
  mount.path = "/gone";
  ask_mount(root.tree(), mount);
  EXPECT_EQ(mount.answers.gap(), Gap::lacking);
  EXPECT_FALSE(mount.answers.known());
}

TEST(LookAtDrives, ReadsDrivesArraysAndFileSystems) {
  FakeRoot root;
  root.file("sys/class/nvme/nvme0/state", "live")
      .file("sys/class/nvme/nvme1/state", "dead")
      .file("sys/block/md0/md/degraded", "1")
      .file("sys/block/md1/md/degraded", "0")
      .file("sys/block/md2/md/level", "raid0")
      .file("sys/block/sda/size", "1")
      .file("sys/fs/lustre/health_check", "healthy")
      .file("sys/fs/fuse/connections/41/waiting", "3")
      .file("sys/fs/fuse/connections/41/max_background", "12");
  Facts facts;
  look_at_drives(root.tree(), Depth::usual, facts);
  const auto& drives = *facts.storage.drives;
  ASSERT_EQ(drives.size(), 4U);
  EXPECT_TRUE(drives[0].state.is("live"));
  EXPECT_TRUE(drives[1].state.is("dead"));
  EXPECT_EQ(drives[2].name, "md0");
  EXPECT_TRUE(drives[2].state.is("degraded"));
  EXPECT_TRUE(drives[3].state.is("clean"));
  EXPECT_TRUE(facts.storage.lustre.is("healthy"));
  EXPECT_EQ(facts.storage.fuse_waiting->at("41"), 3U);
  EXPECT_EQ(facts.storage.fuse_most->at("41"), 12U);
}

TEST(LookAtDrives, TakesWhatCannotBeReadForUnseen) {
  FakeRoot root;
  root.directory("sys/class/nvme/nvme0/state").file("sys/block/md0/md/degraded", "perhaps");
  Facts facts;
  look_at_drives(root.tree(), Depth::usual, facts);
  EXPECT_TRUE(facts.storage.drives->at(0).state.unseen());
  EXPECT_TRUE(facts.storage.drives->at(1).state.unseen());
  EXPECT_EQ(facts.storage.lustre.gap(), Gap::lacking);
}

TEST(WriteTrial, LeavesNothingBehind) {
  FakeRoot root;
  EXPECT_EQ(try_to_write(root.path()), "written");
  EXPECT_TRUE(std::filesystem::is_empty(root.path()));
}

TEST(WriteTrial, NamesTheError) {
  FakeRoot root;
  EXPECT_EQ(try_to_write(root.path() / "nothing"), "ENOENT");
  EXPECT_EQ(try_to_write("/proc"), "ENOENT");
}

}  // namespace
}  // namespace holdfast::health
