// SPDX-License-Identifier: Apache-2.0
#include "holdfast/spank/settings.hpp"

#include "holdfast/common/text.hpp"

#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::spank {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SiteRead site_of(const std::vector<std::string_view>& words) { return read_site(words); }

TEST(BindWords, AreOneModeAndAnyFlags) {
  const auto wish = parse_bind("local,strict,explain");
  ASSERT_TRUE(wish);
  EXPECT_EQ(*wish, (BindWish{true, "local", "", true, true}));
  EXPECT_EQ(*parse_bind("explain"), (BindWish{true, "", "", true, false}));
  EXPECT_EQ(*parse_bind("off"), (BindWish{false, "", "", false, false}));
  EXPECT_EQ(*parse_bind("full,full"), (BindWish{true, "full", "", false, false}));
}

TEST(BindWords, ThatContradictThemselvesAreRefused) {
  for (const std::string_view words : {"off,full", "full,local", "strict,off"}) {
    const auto wish = parse_bind(words);
    ASSERT_FALSE(wish) << words;
    EXPECT_THAT(wish.error().what, HasSubstr("contradicts itself"));
  }
}

TEST(BindWords, UnknownAreRefusedWithTheNearest) {
  const auto wish = parse_bind("full,explian");
  ASSERT_FALSE(wish);
  EXPECT_THAT(wish.error().sentence(), HasSubstr("did you mean explain?"));
  for (const std::string_view words : {"", ",", "full,", "FULL", " full", "on"}) {
    EXPECT_FALSE(parse_bind(words)) << words;
  }
}

TEST(BindWords, AreQuotedWithoutControlCharactersAndNotAtFullLength) {
  const auto wish = parse_bind(cat("\x1b[2J", std::string(1000, 'x')));
  ASSERT_FALSE(wish);
  EXPECT_LT(wish.error().what.size(), 200U);
  EXPECT_EQ(wish.error().what.find('\x1b'), std::string::npos);
}

TEST(VisibleWord, IsOneOfThree) {
  for (const std::string_view word : {"all", "first", "only"})
    EXPECT_EQ(*parse_visible(word), word);
  EXPECT_FALSE(parse_visible("some"));
  EXPECT_FALSE(parse_visible(""));
}

TEST(Wishes, OfHigherRankWinWhereTheySaySomething) {
  const BindWish site{true, "local", "all", false, true};
  EXPECT_EQ(over(site, {}), site);
  EXPECT_EQ(over(site, {true, "full", "", true, false}),
            (BindWish{true, "full", "all", true, true}));
  EXPECT_EQ(over(site, {false, "", "", false, false}).on, false);
}

TEST(Site, OfNoWordsIsOffWithAProgramAndADeadline) {
  const Site site = site_of({}).site;
  EXPECT_FALSE(site.wish.on.has_value());
  EXPECT_EQ(site.program, "/usr/bin/holdfast");
  EXPECT_EQ(site.deadline, std::chrono::seconds(2));
}

TEST(Site, TakesEveryKey) {
  const SiteRead read = site_of({"bind=local,explain",
                                 "visible=first",
                                 "default=on",
                                 "program=/opt/holdfast",
                                 "deadline=500ms"});
  EXPECT_THAT(read.complaints, IsEmpty());
  EXPECT_EQ(read.site.wish, (BindWish{true, "local", "first", true, false}));
  EXPECT_EQ(read.site.program, "/opt/holdfast");
  EXPECT_EQ(read.site.deadline, std::chrono::milliseconds(500));
}

TEST(Site, LetsDefaultDecideWhereverItStands) {
  EXPECT_EQ(site_of({"bind=local", "default=off"}).site.wish,
            (BindWish{false, "local", "", false, false}));
  EXPECT_EQ(site_of({"default=off", "bind=local"}).site.wish,
            (BindWish{false, "local", "", false, false}));
  EXPECT_EQ(site_of({"bind=local"}).site.wish.on, true);
}

TEST(Site, IgnoresWhatItDoesNotKnowAndNamesTheNearest) {
  const SiteRead read = site_of({"dedline=3s", "default=on"});
  EXPECT_THAT(read.complaints,
              ElementsAre(::testing::AllOf(HasSubstr("ignoring 'dedline=3s'"),
                                           HasSubstr("did you mean deadline?"))));
  EXPECT_EQ(read.site.wish.on, true);
}

TEST(Site, IgnoresValuesThatCannotBe) {
  const SiteRead read = site_of({"deadline=0",
                                 "deadline=61s",
                                 "deadline=soon",
                                 "program=holdfast",
                                 "default=yes",
                                 "bind=sideways",
                                 "visible=none",
                                 "bind",
                                 ""});
  EXPECT_EQ(read.complaints.size(), 9U);
  EXPECT_EQ(read.site.deadline, std::chrono::seconds(2));
  EXPECT_EQ(read.site.program, "/usr/bin/holdfast");
  EXPECT_FALSE(read.site.wish.on.has_value());
}

}  // namespace
}  // namespace holdfast::spank
