// SPDX-License-Identifier: Apache-2.0
// Files that no recorder wrote: each ends in one sentence, none in a crash or a long wait.
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "support/machines.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

std::string times(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

/// Refused, with one line that names the file.
void expect_one_sentence(std::string_view text, std::string_view what) {
  const auto topology = parse_topology(text, "bad.xml");
  ASSERT_FALSE(topology) << what;
  const std::string sentence = topology.error().sentence();
  EXPECT_EQ(sentence.find('\n'), std::string::npos) << what << ": " << sentence;
  EXPECT_NE(sentence.find("bad.xml"), std::string::npos) << what << ": " << sentence;
  EXPECT_LT(sentence.size(), 400U) << what << ": " << sentence;
}

std::string machine_with(std::string_view inside, std::string_view attributes = {}) {
  return cat("<topology version=\"2.0\"><object type=\"Machine\" ",
             attributes,
             ">",
             "<object type=\"PU\" os_index=\"0\"/>",
             inside,
             "</object></topology>");
}

/// GPUs the recorder knew by NVML alone.
std::string many_nvml(unsigned count) {
  std::string out;
  for (unsigned i = 0; i < count; ++i)
    out += cat("<object type=\"OSDev\" osdev_type=\"1\" name=\"nvml", i, "\"/>");
  return out;
}

TEST(Hostile, EndsInOneSentenceEach) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"empty", ""},
      {"blank", " \n\t "},
      {"binary",
       std::string("\x7f"
                   "ELF\x02\x01\0\0\0",
                   9)},
      {"plain text", "hello"},
      {"unclosed", "<topology><object"},
      {"two roots", "<topology/><topology/>"},
      {"NUL inside", machine_with(std::string("a\0b", 3))},
      {"unknown root", "<html><body/></html>"},
      {"long unknown root", cat("<", std::string(100000, 'x'), "/>")},
      {"no object", "<topology version=\"2.0\"/>"},
      {"no machine", "<topology><object type=\"PU\" os_index=\"0\"/></topology>"},
      {"no PU", "<topology><object type=\"Machine\"/></topology>"},
      {"deep nesting", times("<a>", 200000)},
      {"deep nesting, closed", times("<object type=\"Group\">", 500) + times("</object>", 500)},
      {"many elements", cat("<topology>", times("<a/>", 1'000'001), "</topology>")},
      {"huge attribute", machine_with("", cat("cpuset=\"", std::string(100000, '0'), "\""))},
      {"huge PU", machine_with("<object type=\"PU\" os_index=\"4294967295\"/>")},
      {"PU too large for a number",
       machine_with("<object type=\"PU\" os_index=\"99999999999999999999\"/>")},
      {"negative PU", machine_with("<object type=\"PU\" os_index=\"-1\"/>")},
      {"nameless PU", machine_with("<object type=\"PU\"/>")},
      {"PU twice", machine_with("<object type=\"PU\" os_index=\"0\"/>")},
      {"nothing allowed", machine_with("", "allowed_cpuset=\"0x0\"")},
      {"infinite cpuset", machine_with("", "cpuset=\"0xf...f\"")},
      {"huge node", machine_with("<object type=\"NUMANode\" os_index=\"1024\"/>")},
      {"node twice", machine_with(times("<object type=\"NUMANode\" os_index=\"1\"/>", 2))},
      {"many nodes", machine_with(times("<object type=\"NUMANode\" os_index=\"1\"/>", 2000))},
      {"many GPUs",
       machine_with(times(
           "<object type=\"PCIDev\" pci_busid=\"0:0.0\" pci_type=\"0302 [10de:1]\"/>", 9000))},
      {"many GPUs without function", machine_with(many_nvml(9000))},
      {"many NCCL functions",
       cat("<system><cpu numaid=\"0\" affinity=\"f\">",
           times("<pci busid=\"0:0.0\" class=\"0x030200\"/>", 9000),
           "</cpu></system>")},
      {"JSON small text, large sets",
       cat("{\"holdfast_topology\":1,\"packages\":[",
           times("{\"os_index\":0,\"pus\":\"0-65535\"},", 100000),
           "{}]}")},
      {"JSON cores with all PUs each",
       cat("{\"holdfast_topology\":1,\"cores\":[",
           times("{\"package\":0,\"pus\":\"0-65535\"},", 60000),
           "{}]}")},
      {"bad address", machine_with("<object type=\"PCIDev\" pci_busid=\"zz\"/>")},
      {"bridge twice",
       machine_with(
           times("<object type=\"Bridge\" bridge_type=\"1-1\" pci_busid=\"0000:01:00.0\">"
                 "<object type=\"PCIDev\" pci_busid=\"0000:02:00.0\" pci_type=\"0302 [10de:1]\"/>"
                 "</object>",
                 2))},
      {"entity bomb",
       cat("<!DOCTYPE t [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>", machine_with("&b;"))},
      {"external entity",
       "<!DOCTYPE t [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><topology>&x;</topology>"},
      {"version 9", "<topology version=\"9\"/>"},
      {"NCCL without CPUs", "<system version=\"1\"/>"},
      {"NCCL bad mask", "<system><cpu numaid=\"0\" affinity=\"xyz\"/></system>"},
      {"NCCL bad address",
       "<system><cpu numaid=\"0\" affinity=\"f\"><pci busid=\"q\"/></cpu></system>"},
      {"NCCL huge node", "<system><cpu numaid=\"4000000000\" affinity=\"f\"/></system>"},
      {"deep JSON", times("{\"a\":", 100000)},
      {"deep JSON arrays", cat("{\"holdfast_topology\":", times("[", 100000))},
      {"JSON of another kind", "{\"a\": 1}"},
      {"JSON cut", "{\"holdfast_topology\":1,"},
      {"JSON text for a number", "{\"holdfast_topology\":\"1\"}"},
      {"JSON huge PU",
       "{\"holdfast_topology\":1,\"cores\":[{\"pus\":\"0-4000000000\",\"package\":0}]}"},
  };
  for (const auto& [what, text] : table)
    expect_one_sentence(text, what);
}

TEST(Hostile, MayBeCutAnywhere) {
  for (const char* name : {"pretend-8gpu", "two-vendors"}) {
    const std::string xml = holdfast::testing::machine_xml(name);
    for (std::size_t size = 0; size + 12 < xml.size(); size += 97)
      EXPECT_FALSE(parse_topology(std::string_view(xml).substr(0, size), "cut")) << size;
    const std::string json = to_json(holdfast::testing::machine(name));
    for (std::size_t size = 0; size < json.size(); size += 97)
      EXPECT_FALSE(parse_topology(std::string_view(json).substr(0, size), "cut")) << size;
  }
}

TEST(Hostile, MayHaveAnyByteChanged) {
  const std::string xml = holdfast::testing::machine_xml("two-vendors");
  for (std::size_t at = 0; at < xml.size(); at += 17)
    for (const char byte : {'\0', '"', '<', '9', '\xff'}) {
      std::string changed = xml;
      changed[at] = byte;
      const auto topology = parse_topology(changed, "changed");  // either way, no crash
      EXPECT_FALSE(topology && inconsistency(*topology)) << at;
    }
}

TEST(Hostile, AcceptsAnExternalDtdWithoutFetchingIt) {
  const auto topology = parse_topology(
      cat("<!DOCTYPE topology SYSTEM \"/nonexistent/hwloc2.dtd\">", machine_with("")), "dtd");
  EXPECT_TRUE(topology) << topology.error().sentence();
}

TEST(Hostile, AcceptsAByteOrderMark) {
  EXPECT_TRUE(parse_topology(cat("\xef\xbb\xbf", machine_with("")), "bom"));
}

TEST(Hostile, IsNotReadBeyondTheLargestFile) {
  const std::string large(max_topology_bytes + 1, ' ');
  expect_one_sentence(large, "64 MiB and one byte");
  const auto endless = read_topology_file("/dev/zero");
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().what, "/dev/zero is larger than 64 MiB");
}

TEST(Hostile, NamesAFileThatCannotBeRead) {
  const auto absent = read_topology_file("/nonexistent/x.xml");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, FailureKind::not_found);
  EXPECT_EQ(absent.error().what, "cannot read topology file /nonexistent/x.xml");
  EXPECT_FALSE(read_topology_file(std::filesystem::temp_directory_path())) << "a directory";
}

TEST(Hostile, ReadsAFileAsItReadsText) {
  const auto file = std::filesystem::temp_directory_path() / cat("topology-", getpid(), ".json");
  std::ofstream(file) << to_json(holdfast::testing::machine("one-core"));
  const auto topology = read_topology_file(file);
  std::filesystem::remove(file);
  ASSERT_TRUE(topology) << topology.error().sentence();
  EXPECT_EQ(topology->origin, "holdfast JSON " + file.string());
}

}  // namespace
}  // namespace holdfast::affinity
