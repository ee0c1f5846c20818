// SPDX-License-Identifier: Apache-2.0
// Sentinels that miss their supervisor ask each other, also when the connection of the last time is
// dead and nobody said so.
#include "sentinel/boot_clock.hpp"
#include "sentinel/campaign.hpp"
#include "support/temporary_directory.hpp"
#include "talk.hpp"
#include "way.hpp"

#include <unistd.h>

namespace holdfast::sentinel {
namespace {

class OtherSentinels : public Talk {
 protected:
  void SetUp() override {
    prover_ = make_prover(context_, token);
    voter_ = campaign("n2", [this] {
      ++asked_;
      return false;
    });
    way_ = std::make_unique<Way>(context_, voter_->door().port);
    candidate_ = campaign("n1", [] { return true; });
    const Endpoint own{{"127.0.0.1"}, candidate_->door().port};
    const Endpoint other{{"127.0.0.1"}, way_->port()};
    ASSERT_FALSE(write_in_place(
        peers_file(state_),
        peers_text({.epoch = 1, .members = {"n1", "n2"}, .where = {{"n1", own}, {"n2", other}}})));
  }

  void TearDown() override {
    candidate_->close();
    voter_->close();
    Talk::TearDown();
  }

  std::shared_ptr<Campaign> campaign(const std::string& name, std::function<bool()> silent) {
    SentinelSettings with;
    with.job = own_job();
    with.node = name;
    with.state = state_;
    with.token = token;
    auto made =
        std::make_shared<Campaign>(context_,
                                   with,
                                   *prover_,
                                   Campaign::Surroundings{.silent = std::move(silent),
                                                          .announced = [](const auto&) {},
                                                          .supervisor = [] { return Endpoint(); },
                                                          .relayed = [](const auto&) {}});
    EXPECT_FALSE(made->open());
    return made;
  }

  /// Whether the voter is asked once more, with the candidate's clock ticking.
  bool is_asked_again() {
    const unsigned before = asked_;
    return run_until(
        [&] {
          candidate_->tick(read_boot_clock(), milliseconds(10000), milliseconds(1000));
          return asked_ > before;
        },
        milliseconds(20000));
  }

  testing::TemporaryDirectory place_{"peers"};
  std::string state_{place_.path()};
  unsigned asked_{};
  std::shared_ptr<Campaign> voter_;
  std::shared_ptr<Campaign> candidate_;
  std::unique_ptr<Way> way_;
};

TEST_F(OtherSentinels, AreAskedOverANewConnectionWhenTheOldOneIsDeadInSilence) {
  ASSERT_TRUE(is_asked_again());
  ASSERT_TRUE(is_asked_again()) << "the same connection";
  EXPECT_EQ(way_->connections(), 1U);
  way_->lose_what_is_connected();
  EXPECT_TRUE(is_asked_again());
  EXPECT_EQ(way_->connections(), 2U);
}

}  // namespace
}  // namespace holdfast::sentinel
