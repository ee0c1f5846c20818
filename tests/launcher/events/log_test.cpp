// SPDX-License-Identifier: Apache-2.0
// The log on a file system that fills up, dies and forgets.
#include "holdfast/events/log.hpp"

#include "forgetful_files.hpp"
#include "holdfast/events/line.hpp"
#include "samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::events {
namespace {

using ::testing::ElementsAre;
using testing::ForgetfulFiles;
using ::testing::HasSubstr;

constexpr std::string_view log_name = "events.jsonl";

std::shared_ptr<ForgetfulFiles> claimed(std::uint64_t epoch = 1) {
  auto files = std::make_shared<ForgetfulFiles>();
  EXPECT_TRUE(files->create(cat("epoch-", epoch), ""));
  return files;
}

EventLog opened(const std::shared_ptr<ForgetfulFiles>& files, std::uint64_t epoch = 1) {
  auto log = EventLog::open(files, epoch, "n1");
  EXPECT_TRUE(log) << log.error().sentence();
  return std::move(*log);
}

LogContents contents(const std::shared_ptr<ForgetfulFiles>& files) {
  return parse_log(files->bytes(std::string(log_name)));
}

/// The texts of the notes in the log, in order.
std::vector<std::string> notes(const LogContents& log) {
  std::vector<std::string> texts;
  for (const Record& record : log.records)
    if (const auto* note = std::get_if<Note>(&record.body)) texts.push_back(note->text);
  return texts;
}

LogContents contents_if_any(const std::shared_ptr<ForgetfulFiles>& files) {
  return files->appends == 0 ? LogContents{} : contents(files);
}

/// All of `part` are in `whole`, in that order.
bool is_part_of(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
  auto at = whole.begin();
  for (const std::string& one : part) {
    at = std::find(at, whole.end(), one);
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

TEST(EventLog, NumbersItsRecordsAndGoesOnAfterThoseThere) {
  const auto files = claimed();
  {
    EventLog log = opened(files);
    EXPECT_TRUE(log.before().records.empty());
    ASSERT_TRUE(log.append(Note{"a"}, 10));
    ASSERT_TRUE(log.append(Note{"b"}, 20));
    EXPECT_EQ(log.last().seq, 2U);
  }
  EventLog log = opened(files);
  EXPECT_EQ(log.before().records.size(), 2U);
  ASSERT_TRUE(log.append(Note{"c"}, 30));
  const LogContents all = contents(files);
  EXPECT_THAT(notes(all), ElementsAre("a", "b", "c"));
  EXPECT_EQ(all.records.back().seq, 3U);
  EXPECT_EQ(all.records.back().at_ms, 30);
}

TEST(EventLog, WritesManyRecordsWithOneWrite) {
  const auto files = claimed();
  EventLog log = opened(files);
  for (int node = 0; node < 1000; ++node)
    log.add(NodeJoined{cat("n", node), "a"}, 1);
  EXPECT_EQ(files->appends, 0U);
  ASSERT_TRUE(log.append(Note{"all there"}, 2));
  EXPECT_EQ(files->appends, 1U);
  EXPECT_EQ(contents(files).records.size(), 1001U);
}

TEST(EventLog, RefusesTheSupervisorThatWasSucceeded) {
  const auto files = claimed(1);
  EventLog old = opened(files, 1);
  ASSERT_TRUE(old.append(Note{"mine"}, 1));
  ASSERT_TRUE(files->create("epoch-2", ""));
  const auto refused = old.append(Note{"still mine"}, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureKind::conflict);
  EXPECT_THAT(refused.error().sentence(), HasSubstr("supervisor 2"));
  EXPECT_THAT(notes(contents(files)), ElementsAre("mine"));
  EXPECT_FALSE(EventLog::open(files, 1, "n1"));
  EXPECT_FALSE(EventLog::open(files, 3, "n1")) << "nobody has claimed epoch 3";
  EXPECT_TRUE(EventLog::open(files, 2, "n1"));
}

TEST(EventLog, PassesOverLinesOfASucceededSupervisorThatCameThroughAllTheSame) {
  testing::Story story;
  story.tell(Note{"first"});
  story.succeeded_by("n2").tell(Note{"second"});
  Record late = story.records().front();
  late.seq = 9;
  late.body = Note{"late"};
  std::string text;
  for (const Record& record : {story.records()[0], story.records()[1], late})
    text += cat(to_line(record).value(), '\n');
  const LogContents log = parse_log(text);
  EXPECT_THAT(notes(log), ElementsAre("first", "second"));
  EXPECT_EQ(log.too_late, 1U);
}

TEST(EventLog, KeepsWhatAFullDiskRefusedAndWritesItInOrderLater) {
  const auto files = claimed();
  EventLog log = opened(files);
  ASSERT_TRUE(log.append(Note{"a"}, 1));
  files->room = 30;
  const auto full = log.append(Note{"b"}, 2);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().cause, std::errc::no_space_on_device);
  EXPECT_FALSE(log.append(Note{"c"}, 3));
  EXPECT_EQ(log.waiting(), 2U);
  EXPECT_THAT(notes(contents(files)), ElementsAre("a"));
  EXPECT_TRUE(contents(files).open_end);
  files->room.reset();
  ASSERT_TRUE(log.append(Note{"d"}, 4));
  EXPECT_EQ(log.waiting(), 0U);
  const LogContents all = contents(files);
  EXPECT_THAT(notes(all), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(all.bad_lines, 1U) << "the line that was cut stands apart";
  EXPECT_EQ(all.records[1].at_ms, 2) << "with the time it happened";
}

TEST(EventLog, TellsARecordOnceWhenItIsNotCertainThatItIsOnTheDisk) {
  const auto files = claimed();
  EventLog log = opened(files);
  files->sync_fails = true;
  EXPECT_FALSE(log.append(Note{"a"}, 1));
  EXPECT_FALSE(log.append(Note{"b"}, 2));
  files->sync_fails = false;
  ASSERT_TRUE(log.flush());
  EXPECT_THAT(notes(contents(files)), ElementsAre("a", "b"));
  const auto lines = std::ranges::count(files->bytes(std::string(log_name)), '\n');
  EXPECT_EQ(lines, 5) << "a, then a and b, then a and b again";
}

TEST(EventLog, DropsTheOldestWhenTooManyWaitAndSaysSo) {
  const auto files = claimed();
  EventLog log = opened(files);
  files->room = 0;
  for (int number = 0; number < 20010; ++number)
    log.add(Note{cat(number)}, number);
  EXPECT_EQ(log.waiting(), 20000U);
  EXPECT_EQ(log.dropped(), 11U);
  files->room.reset();
  ASSERT_TRUE(log.flush());
  const auto told = notes(contents(files));
  ASSERT_EQ(told.size(), 20000U);
  EXPECT_EQ(told[0], "11 events could not be written and are missing here");
  EXPECT_EQ(told[1], "11");
  EXPECT_EQ(told.back(), "20009");
}

TEST(EventLog, RefusesARecordTooLongAndGoesOn) {
  const auto files = claimed();
  EventLog log = opened(files);
  RunStarted run;
  run.command = {std::string(max_line, 'x')};
  EXPECT_FALSE(log.append(run, 1));
  ASSERT_TRUE(log.append(Note{"a"}, 2));
  EXPECT_THAT(notes(contents(files)), ElementsAre("a"));
}

TEST(EventLog, HasEveryRecordThatWasAcknowledgedWhateverHappens) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 dice(seed);
    const auto files = std::make_shared<ForgetfulFiles>();
    std::vector<std::string> acknowledged;
    std::vector<std::string> said;
    const std::uint64_t epochs = 1 + dice() % 4;
    for (std::uint64_t epoch = 1; epoch <= epochs; ++epoch) {
      ASSERT_TRUE(files->create(cat("epoch-", epoch), ""));
      EventLog log = opened(files, epoch);
      files->lives = dice() % 1500;
      try {
        for (int number = 0; number < 12; ++number) {
          const std::string text = cat(epoch, '.', number);
          said.push_back(text);
          files->room.reset();
          if (dice() % 4 == 0) files->room = dice() % 200;
          files->sync_fails = dice() % 8 == 0;
          const bool written = bool(log.append(Note{text}, number));
          if (written) acknowledged = said;
        }
      } catch (const testing::Killed&) {
        // As planned.
      }
      files->lives.reset();
      files->room.reset();
      files->sync_fails = false;
      if (dice() % 2 == 0) files->lose_power(dice);
      const auto there = notes(contents_if_any(files));
      ASSERT_TRUE(is_part_of(there, said)) << "seed " << seed;
      ASSERT_TRUE(is_part_of(acknowledged, there)) << "seed " << seed;
      said = there;  // what a dead one had only in memory is gone with it
    }
  }
}

TEST(LogReading, NeverGluesATornLineToTheNext) {
  const auto files = claimed();
  {
    EventLog log = opened(files);
    ASSERT_TRUE(log.append(Note{"a"}, 1));
  }
  const std::string torn = R"({"v":1,"seq":2,"epoch":1,"at_ms":2,"ho)";
  ASSERT_TRUE(files->append(std::string(log_name), torn));
  EventLog log = opened(files);
  EXPECT_TRUE(log.before().open_end);
  ASSERT_TRUE(log.append(Note{"b"}, 3));
  const LogContents all = contents(files);
  EXPECT_THAT(notes(all), ElementsAre("a", "b"));
  ASSERT_EQ(all.bad.size(), 1U);
  EXPECT_EQ(all.bad[0].bytes, torn.size() + 1) << "and the mark of a cut";
}

TEST(LogReading, NeverTakesForARecordLaterWhatItDidNotTakeForOneOnce) {
  const auto files = claimed();
  std::string whole = to_line({1, 1, 1, 1, "n1", Note{"only its end is missing"}, {}}).value();
  ASSERT_TRUE(files->append(std::string(log_name), whole));
  EventLog log = opened(files);
  EXPECT_TRUE(log.before().records.empty());
  ASSERT_TRUE(log.append(Note{"a"}, 2));
  EXPECT_THAT(notes(contents(files)), ElementsAre("a"));
}

TEST(LogReading, OfEveryPrefixGivesTheWholeLinesOfIt) {
  std::string text;
  const auto story = testing::lost_node();
  for (const Record& record : story.records())
    text += cat(to_line(record).value(), '\n');
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string_view prefix = std::string_view(text).substr(0, length);
    const LogContents log = parse_log(prefix);
    EXPECT_EQ(log.records.size(), static_cast<std::size_t>(std::ranges::count(prefix, '\n')));
    EXPECT_EQ(log.bad_lines, 0U);
    EXPECT_EQ(log.open_end, length > 0 && text[length - 1] != '\n');
  }
}

TEST(LogReading, CountsAllBadLinesAndTellsTheFirstFew) {
  std::string text;
  for (int line = 0; line < 5000; ++line)
    text += "gibberish\n\n";
  const LogContents log = parse_log(text);
  EXPECT_EQ(log.bad_lines, 5000U);
  EXPECT_EQ(log.bad.size(), 100U);
  EXPECT_TRUE(log.records.empty());
}

}  // namespace
}  // namespace holdfast::events
