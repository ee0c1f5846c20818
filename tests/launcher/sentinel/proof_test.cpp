// SPDX-License-Identifier: Apache-2.0
// Who is believed: the sums, what is signed, and whose signature counts.
#include "holdfast/sentinel/control.hpp"
#include "sentinel/munge.hpp"
#include "sentinel/secret.hpp"
#include "support/temporary_directory.hpp"

#include <fstream>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

TEST(Secret, TheSumIsThatOfRfc4231) {
  EXPECT_EQ(hmac_sha256(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'),
                        "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Secret, AreEqualOnlyWhenAllOfThemIs) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
  EXPECT_FALSE(same_secret("", "a"));
}

TEST(Secret, NoTwoChallengesAreEqual) {
  std::set<std::string> seen;
  for (int count = 0; count < 100; ++count) {
    const auto challenge = read_random();
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->size(), 32U);
    EXPECT_TRUE(seen.insert(*challenge).second);
  }
}

TEST(Proof, IsOfOneRoleJobNodeAndTalk) {
  const auto text = proof_text("sentinel", "7", "n1", "theirs", "ours");
  EXPECT_NE(text, proof_text("supervisor", "7", "n1", "theirs", "ours"));
  EXPECT_NE(text, proof_text("sentinel", "8", "n1", "theirs", "ours"));
  EXPECT_NE(text, proof_text("sentinel", "7", "n2", "theirs", "ours"));
  EXPECT_NE(text, proof_text("sentinel", "7", "n1", "other", "ours"));
  EXPECT_NE(text, proof_text("sentinel", "7", "n1", "ours", "theirs"));
}

TEST(Munge, ACredentialOfAnotherUserIsNoProof) {
  const auto fault = fault_of({1001, "text"}, 1000, "text");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->what, "the peer is user 1001, and this job is user 1000's");
}

TEST(Munge, ACredentialOfRootIsNoProofForAUsersJob) {
  EXPECT_TRUE(fault_of({0, "text"}, 1000, "text"));
}

TEST(Munge, ACredentialForAnotherTalkIsNoProof) {
  EXPECT_TRUE(fault_of({1000, "another"}, 1000, "text"));
  EXPECT_FALSE(fault_of({1000, "text"}, 1000, "text"));
}

class Token : public ::testing::Test {
 protected:
  std::string file() const { return state_ + "/token"; }
  testing::TemporaryDirectory place_{"token"};
  std::string state_{place_.path()};
};

TEST_F(Token, ThereIsNoneUntilOneIsWritten) {
  auto none = read_token(state_);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  const auto written = write_token(state_);
  ASSERT_TRUE(written);
  const auto read = read_token(state_);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(**read, *written);
  struct stat facts {};
  ASSERT_EQ(::stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(Token, ThatOthersCanReadIsRefused) {
  ASSERT_TRUE(write_token(state_));
  ASSERT_EQ(::chmod(file().c_str(), 0640), 0);
  EXPECT_FALSE(read_token(state_));
}

TEST_F(Token, ThatIsTooShortIsRefused) {
  std::ofstream(file()) << "short\n";
  ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
  EXPECT_FALSE(read_token(state_));
}

}  // namespace
}  // namespace holdfast::sentinel
