// SPDX-License-Identifier: Apache-2.0
// What needs a state directory: a request of ctl, and the election of a successor, with real files
// and sockets.
#include "talk.hpp"

#include <fstream>
#include <future>
#include <tuple>
#include <unistd.h>

#include <boost/asio/post.hpp>

namespace holdfast::sentinel {
namespace {

class State : public Talk {};

TEST_F(State, ARequestOfCtlIsAnswered) {
  auto with = settings();
  with.state = state_;
  listen(with);
  ASSERT_FALSE(roster_->write_announcement());
  auto asked = std::async(std::launch::async, [&] {
    auto good = ask_supervisor(state_, own_job(), token, "save", milliseconds(3000));
    auto stranger =
        ask_supervisor(state_, own_job(), "another-token-16", "save", milliseconds(3000));
    auto wrong = ask_supervisor(state_, own_job(), token, "nonsense", milliseconds(3000));
    boost::asio::post(context_, [] {});
    return std::tuple(std::move(good), std::move(stranger), std::move(wrong));
  });
  run_until([&] { return asked.wait_for(milliseconds(0)) == std::future_status::ready; });
  const auto [good, stranger, wrong] = asked.get();
  ASSERT_TRUE(good) << good.error().sentence();
  EXPECT_EQ(good->sentence, "you said save");
  EXPECT_EQ(good->outcome, Outcome::done);
  EXPECT_FALSE(stranger);
  ASSERT_TRUE(wrong) << wrong.error().sentence();
  EXPECT_EQ(wrong->outcome, Outcome::wrong);
}

TEST_F(State, ARequestOfCtlTellsARunThatIsNotThereFromASupervisorThatIsGone) {
  const auto no_run = ask_supervisor(state_ + "/7", "7", token, "save", milliseconds(3000));
  ASSERT_FALSE(no_run);
  EXPECT_EQ(no_run.error().kind, FailureKind::not_found);
  EXPECT_NE(no_run.error().sentence().find("holdfast status"), std::string::npos);
  auto with = settings();
  with.state = state_;
  listen(with);
  ASSERT_FALSE(roster_->write_announcement());
  roster_.reset();
  const auto gone = ask_supervisor(state_, own_job(), token, "save", milliseconds(3000));
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().kind, FailureKind::not_found) << "the request was not wrong";
  EXPECT_NE(gone.error().kind, FailureKind::bad_input);
}

TEST_F(State, WhenTheSupervisorIsGoneASuccessorIsElectedAndFollowed) {
  auto with = settings();
  with.state = state_;
  listen(with);
  for (const char* name : {"n1", "n2"}) {
    auto one = sentinel(name);
    one.state = state_;
    one.successor = {"sh", "-c", cat("echo $HOLDFAST_EPOCH >>", state_, "/won")};
    start(one);
  }
  ASSERT_TRUE(run_until([&] {
    std::ifstream peers(state_ + "/peers.json");
    std::string text((std::istreambuf_iterator<char>(peers)), {});
    return text.find("\"n1\":{") != std::string::npos && text.find("\"n2\":{") != std::string::npos;
  }));
  roster_.reset();
  const auto won = [&] {
    std::ifstream file(state_ + "/won");
    return std::string((std::istreambuf_iterator<char>(file)), {});
  };
  ASSERT_TRUE(run_until([&] { return !won().empty(); }, milliseconds(10000)));
  EXPECT_EQ(won(), "2\n");
  EXPECT_EQ(::access((state_ + "/epoch-2").c_str(), F_OK), 0);
  diary_.lines.clear();
  with.epoch = 2;
  listen(with);
  ASSERT_FALSE(roster_->write_announcement());
  EXPECT_TRUE(run_until([&] { return roster_->living().size() == 2; }));
  EXPECT_EQ(won(), "2\n") << "one election";
}

}  // namespace
}  // namespace holdfast::sentinel
