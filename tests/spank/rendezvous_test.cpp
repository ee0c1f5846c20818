// SPDX-License-Identifier: Apache-2.0
#include "holdfast/spank/rendezvous.hpp"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <set>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace holdfast::spank {
namespace {

constexpr EphemeralPorts usual{32768, 60999};

/// Listens on all addresses of this host; -1 when the port is taken already.
int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(fd, where, sizeof address) == 0 && ::listen(fd, 1) == 0) return fd;
  ::close(fd);
  return -1;
}

TEST(EphemeralPorts, AreReadAsTheKernelWritesThem) {
  const EphemeralPorts ports = parse_ephemeral_ports("20000\t29999\n");
  EXPECT_EQ(ports.first, 20000U);
  EXPECT_EQ(ports.last, 29999U);
}

TEST(EphemeralPorts, ThatMakeNoSenseAreTheUsualOnes) {
  for (const char* text : {"", "x", "5", "9 8", "1 65536", "-1 5"}) {
    EXPECT_EQ(parse_ephemeral_ports(text).first, 32768U) << text;
  }
}

TEST(Port, LiesOutsideTheEphemeralAndTheWellKnown) {
  for (const EphemeralPorts ephemeral : {usual,
                                         EphemeralPorts{1024, 60999},
                                         EphemeralPorts{32768, 65535},
                                         EphemeralPorts{1, 9999}}) {
    for (std::uint32_t job = 0; job < 200; ++job) {
      for (unsigned attempt = 0; attempt < 16; ++attempt) {
        const unsigned port = port_candidate(job, job % 7, attempt, ephemeral);
        EXPECT_GE(port, 10000U);
        EXPECT_TRUE(port < ephemeral.first || port > ephemeral.last) << port;
      }
    }
  }
}

TEST(Port, IsNoneWhereAllAreEphemeral) { EXPECT_EQ(port_candidate(1, 2, 3, {1024, 65535}), 0); }

TEST(Port, DiffersForTheStepsOfOneJobAndForTheAttemptsOfOneStep) {
  std::set<unsigned> by_step;
  std::set<unsigned> by_attempt;
  for (unsigned i = 0; i < 1000; ++i) {
    by_step.insert(port_candidate(1234, i, 0, usual));
    by_attempt.insert(port_candidate(1234, 5, i, usual));
  }
  EXPECT_EQ(by_step.size(), 1000U);
  EXPECT_EQ(by_attempt.size(), 1000U);
}

TEST(Port, OfJobsInSequenceIsScattered) {
  std::set<unsigned> ports;
  for (unsigned job = 1; job <= 100; ++job)
    ports.insert(port_candidate(job, 0, 0, usual));
  EXPECT_GE(ports.size(), 98U);
}

TEST(FirstNode, IsTheFirstOfTheJobWhenTheStepHasAll) {
  EXPECT_EQ(first_node({"block", "", "n[03-04],m1", 3}), "n03");
}

TEST(FirstNode, OfAStepOnPartOfTheJobIsInItsOwnListOnly) {
  EXPECT_EQ(first_node({"block", "", "n[1-4]", 2, "n[3-4]"}), "n3");
  EXPECT_FALSE(first_node({"block", "", "n[1-4]", 2, "n[2-4]"})) << "another step's list";
  EXPECT_FALSE(first_node({"block", "", "n[1-3]", 2}));
  EXPECT_FALSE(first_node({"block", "", "", 0}));
  EXPECT_FALSE(first_node({"block", "", "n[1", 1}));
}

TEST(FirstNode, IsInWhatScontrolShowsOfAStep) {
  EXPECT_EQ(
      node_list_in("StepId=12.3 UserId=1000 StartTime=2026-11-22T10:00:00 TimeLimit=UNLIMITED\n"
                   "   State=RUNNING Partition=all NodeList=n[3-4]\n"
                   "   Nodes=2 CPUs=4 Tasks=4 Name=train Network=(null)\n"),
      "n[3-4]");
  EXPECT_EQ(node_list_in("   State=PENDING NodeList=(null) Nodes=0"), "");
  EXPECT_EQ(node_list_in("   ReqNodeList=n9\n"), "");
  EXPECT_EQ(node_list_in(""), "");
}

TEST(FirstNode, IsTheFirstOfTheHostFileWhereTheUserArrangedThem) {
  EXPECT_EQ(first_node({"arbitrary", "n3\nn1\n", "n[1-3]", 2}), "n3");
  EXPECT_EQ(first_node({"arbitrary", " n2*4,n1\n", "n[1-3]", 2}), "n2");
  EXPECT_FALSE(first_node({"arbitrary", "", "n[1-3]", 3}));
}

TEST(HostFile, IsWhatTheCommandLineNamesElseTheEnvironment) {
  const auto file = [](const std::vector<std::string>& options) {
    return host_file_name(options, "/from/environment");
  };
  EXPECT_EQ(file({"srun", "-n2", "-m", "arbitrary"}), "/from/environment");
  EXPECT_EQ(file({"srun", "-w", "./hosts"}), "./hosts");
  EXPECT_EQ(file({"srun", "-w./hosts"}), "./hosts");
  EXPECT_EQ(file({"srun", "--nodelist=/x/hosts", "--nodes=2"}), "/x/hosts");
  EXPECT_EQ(file({"srun", "--nodelist", "/x/hosts"}), "/x/hosts");
}

TEST(HostFile, IsNoNode) {
  EXPECT_EQ(host_file_name(std::vector<std::string>{"srun", "-w", "n1,n2"}, ""), "");
  EXPECT_EQ(host_file_name(std::vector<std::string>{"srun", "-w"}, ""), "");
}

// A loaded machine may take its time to start a thread.
constexpr std::chrono::seconds patient{30};

TEST(FreePort, OnThisHostIsOneThatCanBeBound) {
  const auto first = ask_free_port("here", true, 77, 0, patient);
  ASSERT_TRUE(first);
  const int fd = listen_on(*first);
  ASSERT_GE(fd, 0);
  const auto second = ask_free_port("here", true, 77, 0, patient);
  EXPECT_NE(second, first);
  ::close(fd);
}

TEST(FreePort, OnAnotherHostIsOneThatRefuses) {
  const auto first = ask_free_port("127.0.0.1", false, 78, 0, patient);
  ASSERT_TRUE(first);
  const int fd = listen_on(*first);
  ASSERT_GE(fd, 0);
  EXPECT_NE(ask_free_port("127.0.0.1", false, 78, 0, patient), first);
  ::close(fd);
}

TEST(FreePort, OnAHostNobodyKnowsIsTakenUnseen) {
  EXPECT_EQ(ask_free_port("no-such-host.invalid", false, 79, 3, port_patience),
            ask_free_port(std::nullopt, false, 79, 3, port_patience));
}

TEST(FreePort, IsTakenUnseenWhenTheTimeIsOver) {
  const auto first = ask_free_port(std::nullopt, false, 80, 0, patient);
  ASSERT_TRUE(first);
  const int fd = listen_on(*first);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(ask_free_port("127.0.0.1", false, 80, 0, std::chrono::milliseconds(0)), first);
  ::close(fd);
}

}  // namespace
}  // namespace holdfast::spank
