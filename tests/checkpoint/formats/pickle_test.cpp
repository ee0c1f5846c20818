// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/pickle.hpp"

#include "support/checkpoint/python.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

using Fields = std::vector<std::pair<std::string, Py>>;

class PickleOf : public ::testing::TestWithParam<int> {};

TEST_P(PickleOf, NumbersTextsAndContainersIsReadBack) {
  const std::string bytes =
      pickle(dict(Fields{{"step", integer(70'000)},
                         {"negative", integer(-5)},
                         {"large", integer(std::int64_t{1} << 40)},
                         {"list", list({integer(1), text("two"), none(), truth(true)})},
                         {"state", ordered_dict({{"weight", integer(9)}})}}),
             GetParam());
  const auto read = Pickle::read(as_bytes(bytes));
  ASSERT_TRUE(read) << read.error().sentence();
  const Value root = read->root();
  EXPECT_EQ(Pickle::natural(*read->get(root, "step")), 70'000U);
  EXPECT_EQ(Pickle::integer(*read->get(root, "negative")), -5);
  EXPECT_EQ(Pickle::natural(*read->get(root, "negative")), std::nullopt);
  EXPECT_EQ(Pickle::natural(*read->get(root, "large")), std::uint64_t{1} << 40);
  EXPECT_EQ(read->items(*read->get(root, "list")).size(), 4U);
  EXPECT_EQ(read->text(read->items(*read->get(root, "list"))[1]), "two");
  const Value state = *read->get(root, "state");
  EXPECT_EQ(read->name(state), "OrderedDict");
  EXPECT_EQ(Pickle::natural(*read->get(state, "weight")), 9U);
  EXPECT_EQ(read->get(root, "absent"), std::nullopt);
  EXPECT_EQ(read->end(), bytes.size());
}

TEST_P(PickleOf, AnInstanceTellsItsClassAndAttributes) {
  const std::string bytes = pickle(
      instance(global("somewhere.deep", "Thing"), dict(Fields{{"size", integer(3)}})), GetParam());
  const auto read = Pickle::read(as_bytes(bytes));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name(read->root()), "Thing");
  EXPECT_EQ(Pickle::natural(*read->attribute(read->root(), "size")), 3U);
}

TEST_P(PickleOf, AnythingIsDamagedWhereverItIsCut) {
  const std::string bytes =
      pickle(dict(Fields{{"a", tuple({integer(1), text("b"), real(2.5), list({})})},
                         {"c", call(global("m", "f"), tuple({integer(300)}))}}),
             GetParam());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto read = Pickle::read(as_bytes(bytes).first(length));
    ASSERT_FALSE(read) << length;
    EXPECT_EQ(read.error().kind, FailureKind::bad_input) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, PickleOf, ::testing::Values(2, 4));

/// A pickle that would run a command, were it executed.
TEST(Pickle, OfACommandOnlyNamesIt) {
  const std::string bytes = "cos\nsystem\n(S'touch /tmp/owned'\ntR.";
  const auto read = Pickle::read(as_bytes(bytes));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name(read->root()), "system");
  EXPECT_EQ(read->text(read->items(read->arguments(read->root())).front()), "touch /tmp/owned");
}

TEST(Pickle, OfAnUnknownInstructionIsUnsupportedNotDamaged) {
  const auto read = Pickle::read(as_bytes(std::string_view("\x80\x02\xfe.")));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, FailureKind::unsupported);
}

TEST(Pickle, OfALengthBeyondItsEndTakesNoMemory) {
  const auto read = Pickle::read(as_bytes(std::string_view("X\xff\xff\xff\x7fshort", 10)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, FailureKind::bad_input);
}

TEST(Pickle, OfAListInItselfIsRead) {
  const auto read = Pickle::read(as_bytes(std::string_view("]q\0h\0a.", 7)));
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->items(read->root()).size(), 1U);
}

TEST(Pickle, NestedAMillionDeepIsRead) {
  const std::string bytes = std::string(1'000'000, ']') + std::string(999'999, 'a') + '.';
  EXPECT_TRUE(Pickle::read(as_bytes(bytes)));
}

TEST(Pickle, BeyondTheMemoryLimitIsUnsupported) {
  const std::string bytes = std::string(100'000, ']') + '.';
  const auto read = Pickle::read(as_bytes(bytes), 0, nullptr, {1'000'000});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, FailureKind::unsupported);
}

TEST(Pickle, ThatTakesMoreThanItHasIsDamaged) {
  for (const std::string_view bytes : {"0.",
                                       "R.",
                                       "(R.",
                                       "a.",
                                       "u.",
                                       "t.",
                                       ".",
                                       "K\x01"
                                       "a."})
    EXPECT_FALSE(Pickle::read(as_bytes(bytes))) << bytes;
}

TEST(Pickle, ThatRecallsWhatItNeverRememberedIsDamaged) {
  EXPECT_FALSE(Pickle::read(as_bytes(std::string_view("h\x05."))));
  EXPECT_TRUE(
      Pickle::read(as_bytes(std::string_view("Nr\xff\xff\xff\xff"
                                             "0j\xff\xff\xff\xff."))));
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
