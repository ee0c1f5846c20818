// SPDX-License-Identifier: Apache-2.0
// Who is let in, and whom a sentinel obeys.
#include "sentinel/introduction.hpp"

#include "sentinel/secret.hpp"
#include "talk.hpp"

#include <boost/asio/post.hpp>

namespace holdfast::sentinel {
namespace {

TEST_F(Talk, WhoDoesNotKnowTheTokenIsRefusedAndNotedOnce) {
  listen(settings());
  start(sentinel("n1", "another-token-16"));
  ASSERT_TRUE(run_until([&] { return diary_.has_part("does not know the token"); }));
  context_.run_for(milliseconds(700));  // it tries again
  EXPECT_EQ(diary_.lines.size(), 1U) << "once, and nobody joined";
}

TEST_F(Talk, ANodeThatIsNotOfTheJobIsRefused) {
  listen(settings());
  start(sentinel("n9"));
  EXPECT_TRUE(run_until([&] { return diary_.has_part("nobody of this job is called \"n9\""); }));
  EXPECT_TRUE(roster_->living().empty());
}

TEST_F(Talk, ASentinelOfAnotherJobIsRefused) {
  listen(settings());
  auto with = sentinel("n1");
  with.job = "another";
  start(with);
  EXPECT_TRUE(run_until([&] { return diary_.has_part("was refused"); }));
  EXPECT_TRUE(roster_->living().empty());
}

/// Proves with what another has proved before, and believes everybody.
struct Replayer : Prover {
  Replayer(boost::asio::io_context& where, std::string what)
      : context(where), proof(std::move(what)) {}
  [[nodiscard]] std::string_view method() const override { return "token"; }
  void prove(std::string, Proved done) override {
    boost::asio::post(context, [this, done] { done(proof); });
  }
  void check(std::string, std::string, Checked done) override {
    boost::asio::post(context, [done] { done(std::nullopt); });
  }
  boost::asio::io_context& context;
  std::string proof;
};

TEST_F(Talk, AProofThatWasUsedBeforeIsRefused) {
  listen(settings());
  // A proof as good as can be, of an earlier talk.
  Replayer replayer(context_,
                    hmac_sha256(token, proof_text("sentinel", own_job(), "n1", "old", "old")));
  dial(context_, here(), milliseconds(1000), [&](const std::shared_ptr<Link>& link) {
    introduce_to_host(link,
                      replayer,
                      {.role = "sentinel",
                       .job = own_job(),
                       .node = "n1",
                       .host_role = "supervisor",
                       .extras = {},
                       .met = [](const auto&, const auto&) { FAIL() << "it was believed"; },
                       .refused = [](const Failure&) {}});
  });
  EXPECT_TRUE(run_until([&] { return diary_.has_part("does not know the token"); }));
  EXPECT_TRUE(roster_->living().empty());
}

TEST_F(Talk, ASentinelDoesNotObeyASupervisorThatProvesNothing) {
  Replayer rogue(context_, "nothing");
  boost::asio::ip::tcp::acceptor door(context_);
  ASSERT_FALSE(open_door(door, 0));
  bool met = false;
  door.async_accept([&](boost::system::error_code, boost::asio::ip::tcp::socket socket) {
    receive_guest(std::make_shared<Link>(std::move(socket)),
                  rogue,
                  {.role = "supervisor",
                   .job = own_job(),
                   .admit = [](const auto&) { return std::nullopt; },
                   .welcome =
                       [](const auto&) {
                         return boost::json::object{{"epoch", 9}};
                       },
                   .met =
                       [&](const std::shared_ptr<Link>& link, const auto&) {
                         met = true;
                         link->trust([&](const auto& said) { heard_.push_back(said); },
                                     [](const auto&) {});
                         link->send({{"kind", "goodbye"}});
                       },
                   .refused = [](const Failure&) {}});
  });
  listen(settings());
  auto with = sentinel("n1");
  with.supervisor.port = door.local_endpoint().port();
  start(with);
  ASSERT_TRUE(run_until([&] { return met; }));
  context_.run_for(milliseconds(200));
  EXPECT_TRUE(heard_.empty()) << "no beat for it";
  EXPECT_TRUE(ended_.empty()) << "its goodbye is nobody's";
}

TEST_F(Talk, ACrowdOfStrangersDoesNotKeepASentinelOut) {
  listen(settings());
  std::vector<std::shared_ptr<Link>> crowd;
  for (int count = 0; count < 100; ++count)
    dial(context_, here(), milliseconds(1000), [&](const auto& link) { crowd.push_back(link); });
  ASSERT_TRUE(run_until([&] { return crowd.size() == 100; }));
  start(sentinel("n1"));
  EXPECT_TRUE(run_until([&] { return diary_.has("joined n1"); }));
}

}  // namespace
}  // namespace holdfast::sentinel
