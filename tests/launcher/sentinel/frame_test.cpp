// SPDX-License-Identifier: Apache-2.0
#include "sentinel/frame.hpp"

#include "sentinel/messages.hpp"

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

Beat some_beat() {
  return {.sequence = 7,
          .uptime = std::chrono::milliseconds(123456),
          .load = 1.5,
          .ranks = {{.attempt = 2,
                     .rank = 3,
                     .local_rank = 1,
                     .pid = 4711,
                     .state = 'R',
                     .cpu = std::chrono::milliseconds(90),
                     .processes = 4,
                     .faults = 700,
                     .io_bytes = 5'000'000'000,
                     .waits_in = "futex_do_wait"}},
          .gpu_looks = 3,
          .gpu_memory_busy = 120};
}

TEST(Frame, ComesOutAsItWentInHoweverItIsCut) {
  const boost::json::object message{{"kind", "beat"}, {"sequence", 1}};
  const std::string bytes = encode_frame(message) + encode_frame({{"kind", "ack"}});
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    FrameReader reader(max_frame);
    std::vector<boost::json::object> read;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.add(std::string_view(bytes).substr(at, piece));
      for (auto next = reader.next(); next && *next; next = reader.next())
        read.push_back(**next);
    }
    ASSERT_EQ(read.size(), 2U) << "in pieces of " << piece;
    EXPECT_EQ(read[0], message);
  }
}

TEST(Frame, OfAStrangerIsShort) {
  FrameReader reader(max_frame_of_stranger);
  const boost::json::object message{{"text", std::string(max_frame_of_stranger, 'x')}};
  reader.add(encode_frame(message));
  EXPECT_FALSE(reader.next());
  FrameReader friendly(max_frame);
  friendly.add(encode_frame(message));
  EXPECT_TRUE(friendly.next());
}

TEST(Frame, ThatIsNoJsonObjectIsRefused) {
  for (const std::string_view text : {"[1]", "{", "12", "{\"a\":1} x", ""}) {
    std::string bytes{0, 0, 0, static_cast<char>(text.size())};
    FrameReader reader(max_frame);
    reader.add(bytes.append(text));
    EXPECT_FALSE(reader.next()) << text;
  }
}

TEST(Frame, ThatIsTooDeepIsRefused) {
  const std::string text = "{\"a\":" + std::string(50, '[') + std::string(50, ']') + "}";
  std::string bytes{0, 0, 0, static_cast<char>(text.size())};
  FrameReader reader(max_frame);
  reader.add(bytes.append(text));
  EXPECT_FALSE(reader.next());
}

TEST(Messages, ABeatIsReadAsItWasWritten) {
  const auto message = beat_message(some_beat(), 6);
  const auto read = read_beat(message);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sequence, 7U);
  EXPECT_EQ(read->uptime, some_beat().uptime);
  EXPECT_EQ(read->load, 1.5);
  EXPECT_EQ(read->ranks, some_beat().ranks);
  EXPECT_EQ(read->gpu_looks, 3U);
  EXPECT_EQ(read->gpu_memory_busy, 120U);
  EXPECT_EQ(message.at("acknowledged").to_number<int>(), 6);
}

TEST(Messages, ABeatThatMakesNoSenseIsNone) {
  const auto whole = beat_message(some_beat(), 6);
  for (const char* field :
       {"sequence", "uptime", "load", "ranks", "gpu_looks", "gpu_memory_busy"}) {
    auto message = whole;
    message.erase(field);
    EXPECT_FALSE(read_beat(message)) << "without " << field;
    message[field] = "text";
    EXPECT_FALSE(read_beat(message)) << "with text for " << field;
  }
  auto message = whole;
  message["ranks"].as_array()[0].as_array().pop_back();
  EXPECT_FALSE(read_beat(message));
  message = whole;
  message["sequence"] = -1;
  EXPECT_FALSE(read_beat(message));
}

TEST(Messages, EverySignIsReadAsItWasWritten) {
  using Kind = NodeSign::Kind;
  for (const Kind kind : {Kind::kernel_line,
                          Kind::out_of_memory,
                          Kind::rank_gone,
                          Kind::lease_ran_out,
                          Kind::not_seen}) {
    const NodeSign sign{.kind = kind,
                        .at_ms = 1'800'000'000'000,
                        .attempt = 3,
                        .rank = 5,
                        .pid = 77,
                        .count = 2,
                        .text = "NVRM: Xid (PCI:0000:17:00): 79"};
    EXPECT_EQ(read_sign(sign_message(sign)), sign);
    NodeSign without = sign;
    without.rank.reset();
    EXPECT_EQ(read_sign(sign_message(without)), without);
  }
  EXPECT_FALSE(read_sign({{"sign", "nonsense"}, {"at_ms", 1}}));
  EXPECT_FALSE(read_sign({{"sign", "rank_gone"}}));
}

}  // namespace
}  // namespace holdfast::sentinel
