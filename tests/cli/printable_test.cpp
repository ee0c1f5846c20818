// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("NVIDIA H100 80GB HBM3"), "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(printable("Prozessor für Überall · 日本 🙂"),
            "Prozessor für Überall · 日本 🙂");
}

TEST(Printable, TakesControlCharactersAway) {
  EXPECT_EQ(printable("a\x1b[31mb\r\n\t\x7f"), "a?[31mb????");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a?b");
  EXPECT_EQ(printable("csi \xc2\x9b end"), "csi ? end") << "C1 controls move cursors too";
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "evil"),
            "?evil")
      << "nothing may turn a line round";
  EXPECT_EQ(printable("\xef\xbf\xbf"), "?") << "XML forbids U+FFFF";
}

TEST(Printable, TakesBrokenUtf8Away) {
  EXPECT_EQ(printable("\xff\xfe"), "??");
  EXPECT_EQ(printable("a\xc3"), "a?") << "cut off";
  EXPECT_EQ(printable("\xc0\xaf"), "??") << "overlong";
  EXPECT_EQ(printable("\xe0\x80\xaf"), "???") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "???") << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????") << "beyond Unicode";
}

TEST(Printable, CountsLettersNotBytes) {
  EXPECT_EQ(width_of("für"), 3U);
  EXPECT_EQ(padded("für", 5), "für  ");
  EXPECT_EQ(padded("lang", 2), "lang");
}

}  // namespace
}  // namespace holdfast::cli
