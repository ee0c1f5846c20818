// SPDX-License-Identifier: Apache-2.0
// Uses the roster as the supervisor does, for tests on a live cluster: prints each thing it hears
// as a line on standard output and takes orders from standard input, one a line:
//   watch A | tear_down A GRACE_MS NODE… | ask_port NODE HOST PORT | goodbye
// usage: sentinel-roster-driver JOB EPOCH STATE|- NODE…   with the default times
#include "holdfast/common/text.hpp"
#include "holdfast/sentinel/control.hpp"
#include "holdfast/sentinel/roster.hpp"

#include <chrono>
#include <iostream>
#include <map>
#include <span>
#include <sstream>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>

namespace holdfast::sentinel {
namespace {

namespace asio = boost::asio;

class Driver : public Roster::Listener {
 public:
  explicit Driver(asio::io_context& context)
      : context_(context), input_(context, ::dup(STDIN_FILENO)) {}

  bool start(RosterSettings settings) {
    const bool announces = !settings.state.empty();
    auto made = Roster::listen(context_, std::move(settings), *this);
    if (!made) {
      say("failed ", made.error().sentence());
      return false;
    }
    roster_ = std::move(*made);
    if (announces)
      if (const auto failure = roster_->write_announcement()) say("failed ", failure->sentence());
    for (const std::string& address : roster_->endpoint().addresses)
      say("listening ", address, ':', roster_->endpoint().port);
    read();
    return true;
  }

  void joined(const std::string& node, const std::string& address) override {
    say("joined ", node, ' ', address);
  }
  void lost(const std::string& node,
            std::chrono::milliseconds silent,
            std::string_view how) override {
    const auto fenced = std::chrono::duration_cast<std::chrono::milliseconds>(
        roster_->fenced_at(node) - std::chrono::steady_clock::now());
    say("lost ", node, ' ', how, ' ', silent.count(), " fenced in ", fenced.count());
  }
  void back(const std::string& node) override { say("back ", node); }
  void beat(const std::string& node, const Beat& beat) override {
    std::string told = cat("ranks ", node);
    for (const RankState& rank : beat.ranks)
      told += cat(' ', rank.rank, rank.state);
    if (std::exchange(last_[node], told) != told) say(told);
  }
  void sign(const std::string& node, const NodeSign& sign) override {
    say("sign ",
        node,
        ' ',
        static_cast<unsigned>(sign.kind),
        " rank ",
        sign.rank.value_or(0),
        " count ",
        sign.count,
        ' ',
        sign.text);
  }
  void torn_down(const std::string& node, unsigned attempt, unsigned left) override {
    say("torn_down ", node, ' ', attempt, ' ', left);
  }
  void port_asked(const std::string& node,
                  const std::string& host,
                  std::uint16_t port,
                  bool answered) override {
    say("port_asked ", node, ' ', host, ' ', port, answered ? " yes" : " no");
  }
  void ask_controller() override {
    if (!std::exchange(asked_, true)) say("ask_controller");
    roster_->controller_answered();  // these tests never cut the driver off from it
  }
  void outvoted() override { say("outvoted"); }
  void deposed(std::uint64_t epoch) override { say("deposed ", epoch); }
  void note(const std::string& sentence) override { say("note ", sentence); }

 private:
  template <class... Parts>
  void say(const Parts&... parts) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    std::cout << now.count() << ' ' << cat(parts...) << std::endl;
  }

  void read() {
    asio::async_read_until(
        input_, bytes_, '\n', [this](boost::system::error_code error, std::size_t) {
          if (error) return;  // nobody gives orders any more: it goes on listening
          std::istream in(&bytes_);
          std::string line;
          std::getline(in, line);
          obey(line);
          read();
        });
  }

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string order;
    unsigned attempt = 0;
    words >> order;
    if (order == "watch" && words >> attempt) return roster_->watch(attempt);
    if (order == "tear_down") {
      long grace = 0;
      words >> attempt >> grace;
      std::vector<std::string> nodes;
      for (std::string node; words >> node;)
        nodes.push_back(node);
      return roster_->tear_down(nodes, attempt, std::chrono::milliseconds(grace));
    }
    if (order == "ask_port") {
      std::string node;
      std::string host;
      std::uint16_t port = 0;
      words >> node >> host >> port;
      return roster_->ask_port(node, host, port);
    }
    if (order == "goodbye") return roster_->goodbye([this] { context_.stop(); });
    say("what is \"", line, "\"?");
  }

  asio::io_context& context_;
  asio::posix::stream_descriptor input_;
  asio::streambuf bytes_;
  std::unique_ptr<Roster> roster_;
  std::map<std::string, std::string> last_;
  bool asked_{};
};

int run(std::span<char*> words) {
  if (words.size() < 5) {
    std::cerr << "usage: sentinel-roster-driver JOB EPOCH STATE|- NODE...\n";
    return 2;
  }
  RosterSettings settings;
  settings.job = words[1];
  settings.epoch = parse_number<std::uint64_t>(words[2]).value_or(1);
  settings.state = words[3] == std::string_view("-") ? "" : words[3];
  settings.nodes.assign(words.begin() + 4, words.end());
  if (!settings.state.empty())
    if (const auto token = read_token(settings.state)) settings.token = *token;
  asio::io_context context;
  Driver driver(context);
  if (!driver.start(std::move(settings))) return 1;
  context.run();
  return 0;
}

}  // namespace
}  // namespace holdfast::sentinel

int main(int count, char** words) {
  return holdfast::sentinel::run({words, static_cast<std::size_t>(count)});
}
