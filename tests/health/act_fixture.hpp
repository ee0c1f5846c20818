// SPDX-License-Identifier: Apache-2.0
// A pretended sinfo and scontrol that keep the state of one node in a file, and a state directory.
#pragma once

#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/act.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

namespace holdfast::health {

inline constexpr std::int64_t noon = 1'800'000'000;

class ActTest : public ::testing::Test {
 protected:
  ActTest() {
    program("sinfo", "cat " + (folder_ / "fleet").string());
    // What Slurm does with the words that holdfast uses, for one node and one at a time.
    program("scontrol",
            cat("echo \"$*\" >>",
                (folder_ / "calls").string(),
                "\n",
                "case $3 in State=DRAIN) echo \"n1|drained|2026-11-22T23:00:00|${4#Reason=}\" ;; ",
                "State=UNDRAIN) echo 'n1|idle|Unknown|none' ;; esac >",
                (folder_ / "fleet").string()));
    node_is("n1|idle|Unknown|none\n");
    policy_.mode = Mode::act;
    facts_.node = "n1";
    facts_.boot_id = "boot-1";
    facts_.at = noon;
  }

  void program(const std::string& name, const std::string& body) {
    std::ofstream(folder_ / name) << "#!/bin/bash\n" << body << "\n";
    ::chmod((folder_ / name).c_str(), 0755);
  }
  void node_is(const std::string& lines) { std::ofstream(folder_ / "fleet") << lines; }
  std::string text_of(const std::string& name) {
    std::ifstream in(folder_ / name);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  Done run(const Findings& findings, Tier tier = Tier::periodic) {
    facts_.at += 300;
    const Slurm slurm(folder_, std::chrono::seconds(10));
    return act_on(findings, facts_, {tier, "n1", "17"}, policy_, store(), slurm);
  }
  Store store() { return Store(state_.empty() ? folder_ / "state" : state_); }

  static Findings sick() {
    Finding finding;
    finding.check = "gpu.pcie_width";
    finding.subject = "GPU 0000:17:00.0";
    finding.part = "GPU-1";
    finding.severity = Severity::unfit;
    finding.action = Action::reboot;
    finding.what = "PCIe link has 8 lanes";
    finding.clears = Clears::when_passing;
    return {finding};
  }
  static Findings well() {
    Finding finding;
    finding.check = "gpu.pcie_width";
    return {finding};
  }

  holdfast::testing::TemporaryDirectory temporary_{"act"};
  std::filesystem::path folder_ = temporary_.path();
  std::filesystem::path state_;
  Policy policy_;
  Facts facts_;
};

}  // namespace holdfast::health
