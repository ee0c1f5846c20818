// SPDX-License-Identifier: Apache-2.0
// A roster and sentinels on one io_context, with short times: for the tests of what they say to
// each other over real sockets of this machine.
#pragma once

#include "holdfast/sentinel/control.hpp"
#include "holdfast/sentinel/roster.hpp"
#include "marked_child.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/introduction.hpp"
#include "sentinel/majority.hpp"
#include "sentinel/messages.hpp"
#include "sentinel/node.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

namespace holdfast::sentinel {

using std::chrono::milliseconds;

inline constexpr const char* token = "0123456789abcdef";

/// Writes down what it is told, one line each.
struct Diary : Roster::Listener {
  std::vector<std::string> lines;
  std::vector<Beat> beats;
  std::vector<NodeSign> signs;

  void joined(const std::string& node, const std::string&) override { add("joined ", node); }
  void back(const std::string& node) override { add("back ", node); }
  void lost(const std::string& node, milliseconds, std::string_view how) override {
    add("lost ", node, ' ', how);
  }
  void suspected(const std::string& node) override { add("suspected ", node); }
  void beat(const std::string&, const Beat& beat) override { beats.push_back(beat); }
  void sign(const std::string&, const NodeSign& sign) override { signs.push_back(sign); }
  void torn_down(const std::string& node, unsigned attempt, unsigned left) override {
    add("torn down ", node, ' ', attempt, ' ', left);
  }
  void signalled(const std::string& node, unsigned attempt, unsigned count) override {
    add("signalled ", node, ' ', attempt, ' ', count);
  }
  void looked(const std::string& node) override { add("looked ", node); }
  void port_asked(const std::string& node,
                  const std::string&,
                  std::uint16_t,
                  bool answered) override {
    add("port ", node, answered ? " yes" : " no");
  }
  void control(const std::string& request, std::function<void(ControlAnswer)> reply) override {
    reply({"you said " + request, request == "nonsense" ? Outcome::wrong : Outcome::done});
  }
  void ask_controller() override { add("ask controller"); }
  void outvoted() override { add("outvoted"); }
  void deposed(std::uint64_t epoch) override { add("deposed ", epoch); }
  void note(const std::string& sentence) override { add("note ", sentence); }

  [[nodiscard]] bool has(const std::string& line) const {
    return std::ranges::find(lines, line) != lines.end();
  }
  [[nodiscard]] bool has_part(const std::string& part) const {
    return std::ranges::any_of(
        lines, [&](const auto& line) { return line.find(part) != std::string::npos; });
  }

 private:
  template <class... Parts>
  void add(const Parts&... parts) {
    lines.push_back(cat(parts...));
  }
};

struct FakeLeash : Leash {
  void hold_until(milliseconds boot_time) override { until = std::max(until, boot_time); }
  unsigned killed() override { return std::exchange(count, 0U); }
  milliseconds until{};
  unsigned count{};
};

class Talk : public ::testing::Test {
 protected:
  RosterSettings settings() {
    RosterSettings one;
    one.job = own_job();
    one.nodes = {"n1", "n2"};
    one.token = token;
    one.beat = milliseconds(20);
    one.node_timeout = milliseconds(400);
    one.lease = milliseconds(300);
    return one;
  }

  void listen(const RosterSettings& with) {
    auto made = Roster::listen(context_, with, diary_);
    ASSERT_TRUE(made) << made.error().sentence();
    roster_ = std::move(*made);
  }

  Endpoint here() const { return {{"127.0.0.1"}, roster_->endpoint().port}; }

  SentinelSettings sentinel(const std::string& name, const std::string& secret = token) {
    SentinelSettings one;
    one.job = own_job();
    one.node = name;
    one.supervisor = here();
    one.token = secret;
    return one;
  }

  std::shared_ptr<Node> start(const SentinelSettings& with) {
    auto node = std::make_shared<Node>(context_, with, leash_);
    EXPECT_FALSE(
        node->start([this](const Result<int>& how) { ended_.push_back(how ? *how : -1); }));
    nodes_.push_back(node);
    return node;
  }

  void beat_once(const std::shared_ptr<Link>& link) {
    link->send(
        beat_message({.sequence = ++puppet_beats_, .uptime = {}, .load = 0, .ranks = {}}, 0));
  }

  /// A sentinel of the test's own hands: it has proved itself, beats once and does nothing more.
  std::shared_ptr<Link> puppet(const std::string& name, std::uint64_t epoch = 0) {
    std::shared_ptr<Link> met;
    prover_ = make_prover(context_, token);
    dial(context_, here(), milliseconds(1000), [&](const std::shared_ptr<Link>& link) {
      introduce_to_host(link,
                        *prover_,
                        {.role = "sentinel",
                         .job = own_job(),
                         .node = name,
                         .host_role = "supervisor",
                         .extras = {{"epoch", epoch}, {"instance", name}},
                         .met =
                             [&](const auto& known, const auto&) {
                               known->trust([this](const auto& said) { heard_.push_back(said); },
                                            [](const auto&) {});
                               met = known;
                             },
                         .refused = [](const Failure&) {}});
    });
    EXPECT_TRUE(run_until([&] { return met != nullptr; }));
    if (epoch == 0) beat_once(met);
    return met;
  }

  bool run_until(const std::function<bool()>& condition,
                 milliseconds patience = milliseconds(5000)) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!condition() && std::chrono::steady_clock::now() < until)
      context_.run_one_for(milliseconds(10));
    return condition();
  }

  void TearDown() override {
    for (const auto& node : nodes_)
      node->close();
    roster_.reset();
    context_.restart();
    context_.poll();
  }

  const testing::TemporaryDirectory directory_{"talk"};
  const std::string state_{directory_.path()};
  boost::asio::io_context context_;
  Diary diary_;
  FakeLeash leash_;
  std::unique_ptr<Prover> prover_;
  std::unique_ptr<Roster> roster_;
  std::vector<std::shared_ptr<Node>> nodes_;
  std::uint64_t puppet_beats_{};
  std::vector<boost::json::object> heard_;
  std::vector<int> ended_;
};

}  // namespace holdfast::sentinel
