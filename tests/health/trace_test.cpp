// SPDX-License-Identifier: Apache-2.0
// Faults of 400 real servers over 348 days (the InfiniteHBD trace), where a checkout has them
// (HOLDFAST_SHARED_DATA): each node looks at itself once an hour, and what the policy does of it is
// watched. The trace tells what was broken and when it was repaired; which check sees that is the
// table below. What only a BMC or an active test can see is counted apart.
#include "fault.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/actions.hpp"
#include "holdfast/health/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

const std::filesystem::path trace_file =
    std::filesystem::path(HOLDFAST_SHARED_DATA) / "traces" / "infinitehbd-fault_trace.json";

constexpr std::size_t servers = 400;

/// What sees a fault of the trace. Empty: nothing that runs on the node without a test.
struct Seer {
  std::string_view fault;
  std::string_view check;
};
constexpr std::array seers{
    Seer{"GPU DBE(Double Bit ECC) > Threshold", "gpu.ecc_unc_vol"},
    Seer{"GPU Lost", "gpu.lost"},
    Seer{"GPU device not found", "gpu.count"},
    Seer{"GPU device unknow error", "gpu.lost"},
    Seer{"GPU xid Error", "kmsg.xid"},
    Seer{"GPU PCI link width low", "gpu.pcie_width"},
    Seer{"GPU SBE(Single Bit ECC) > Threshold", "gpu.ecc_cor_vol"},
    Seer{"GPU Temperature High", "gpu.temp"},
    Seer{"nvidia-smi Timeout", "probe"},
    Seer{"GPU P2P Bandwidth Low", ""},
    Seer{"Silent Data Corruption", ""},
    Seer{"Link Down", "ib.state"},
    Seer{"NIC Link Speed low", "ib.rate"},
    Seer{"NIC Lost", "ib.count"},
    Seer{"NIC PCI link Width low", "nic.pcie"},
    Seer{"Rnic Gid Error", "ib.gid"},
    Seer{"Machine Check Exception ( Uncorrectable )", "kmsg.mce"},
};

struct FaultOfNode {
  std::string name;
  std::string check;
  double from{}, to{};  ///< days
  bool drained{}, told{};
};

struct Server {
  FleetNode slurm;
  Past past;
  unsigned boots{};
  std::vector<FaultOfNode> faults;
};

class Replay : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(trace_file);
    if (!file) GTEST_SKIP() << trace_file << " is not here; set HOLDFAST_SHARED_DATA";
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    read(boost::json::parse(text).as_array());
    policy_.mode = Mode::act;
  }

  void read(const boost::json::array& events) {
    std::map<std::string, std::size_t> numbers;
    for (const auto& event : events) {
      const auto& one = event.as_object();
      const std::string id(one.at("node_id").as_string());
      const auto number = numbers.emplace(id, numbers.size()).first->second;
      const auto& type = one.at("fault_type").as_object();
      const std::string name(type.at("Desc").as_string());
      const double at = one.at("event_time").to_number<double>();
      last_ = std::max(last_, at);
      auto& faults = servers_.at(number).faults;
      if (one.at("event_type").as_string() == "fault_end") {
        const auto open = std::ranges::find_if(
            faults, [&](const FaultOfNode& f) { return f.name == name && f.to == never; });
        if (open != faults.end()) open->to = at;
        continue;
      }
      if (type.at("Level").as_string() != "Hardware Failure") continue;
      ++hardware_;
      const auto seer = std::ranges::find(seers, name, &Seer::fault);
      if (seer == seers.end() || seer->check.empty()) {
        ++out_of_band_;
        continue;
      }
      faults.push_back({name, std::string(seer->check), at, never});
    }
  }

  static Finding finding_of(const FaultOfNode& fault) {
    Finding finding;
    finding.check = fault.check;
    finding.subject = "part";
    finding.what = "is faulty";
    finding.severity = Severity::unknown;
    if (const Check* check = find_check(fault.check)) {
      finding.severity = check->severity;
      finding.action = check->action;
      finding.clears = check->clears;
    }
    return finding;
  }

  static std::string stamp(double day) {
    char text[32];
    const auto hour = static_cast<long>(std::floor(day * 24));
    std::snprintf(text, sizeof text, "%05ld:%02ld", hour / 24, hour % 24);
    return text;
  }

  /// One look of a node at itself.
  void look(Server& server, double day) {
    Findings findings;
    for (const FaultOfNode& fault : server.faults)
      if (fault.from <= day && day < fault.to) findings.push_back(finding_of(fault));
    if (server.past.drain)
      for (const std::string& id : checks_of_reason(server.past.drain->reason))
        if (std::ranges::none_of(findings, [&](const Finding& f) { return f.check == id; })) {
          Finding pass;
          pass.check = id;
          findings.push_back(pass);
        }
    if (findings.empty()) return;
    Fleet fleet;
    for (const Server& one : servers_)
      fleet.nodes.push_back(one.slurm);
    fleet.recently = stamp(day - 1.0 / 24);
    const std::string boot = cat("boot-", server.boots);
    const Decision decision =
        decide_actions(findings, fleet, server.slurm.name, server.past, policy_, boot);
    server.past.clean_runs = decision.clean ? server.past.clean_runs + 1 : 0;
    if (decision.step == Decision::Step::drain) {
      server.slurm.drained = true;
      server.slurm.reason = decision.reason;
      server.slurm.since = stamp(day);
      server.past.drain = OwnDrain{decision.reason, boot, static_cast<std::int64_t>(day * 86400)};
      ++drains_;
    } else if (decision.step == Decision::Step::lift) {
      undrain(server);
      ++lifts_;
    }
    for (FaultOfNode& fault : server.faults) {
      if (fault.from > day || day >= fault.to) continue;
      fault.told = true;
      fault.drained = fault.drained || server.slurm.drained;
    }
  }

  static void undrain(Server& server) {
    server.slurm.drained = false;
    server.slurm.reason.clear();
    server.past.drain.reset();
    server.past.clean_runs = 0;
  }

  /// Whoever repairs a node boots it, and resumes it where a new part was put in.
  void repair(Server& server, double day) {
    for (const FaultOfNode& fault : server.faults) {
      if (fault.to > day || fault.to <= day - 1.0 / 24) continue;
      ++server.boots;
      const Check* check = find_check(fault.check);
      if (check != nullptr && check->clears == Clears::never && server.slurm.drained)
        undrain(server);
    }
  }

  void play() {
    for (std::size_t i = 0; i < servers_.size(); ++i)
      servers_[i].slurm.name = cat("n", i);
    for (double day = 0; day < last_ + 2; day += 1.0 / 24) {
      unsigned drained = 0;
      for (Server& server : servers_) {
        if (!server.faults.empty()) {
          repair(server, day);
          look(server, day);
        }
        drained += server.slurm.drained ? 1 : 0;
      }
      most_ = std::max(most_, drained);
    }
  }

  static constexpr double never = 1e9;
  Policy policy_;
  std::vector<Server> servers_{servers};
  double last_{};
  unsigned hardware_{}, out_of_band_{}, drains_{}, lifts_{}, most_{};
};

TEST_F(Replay, DrainsNeverMoreThanTheCapAndActsOnEveryClassOfHardwareFault) {
  play();
  const auto cap =
      std::max(policy_.drained_at_most, static_cast<unsigned>(policy_.drained_share * servers));
  EXPECT_LE(most_, cap);
  std::map<std::string, std::array<unsigned, 3>> classes;  // all, drained, told
  unsigned drained = 0, to_drain = 0;
  for (const Server& server : servers_)
    for (const FaultOfNode& fault : server.faults) {
      auto& [all, of_drained, of_told] = classes[fault.name];
      ++all;
      of_drained += fault.drained ? 1 : 0;
      of_told += fault.told ? 1 : 0;
      // Some were over before the next look.
      if (!fault.told || !is_bad(finding_of(fault).severity)) continue;
      ++to_drain;
      drained += fault.drained ? 1 : 0;
    }
  for (const auto& [name, counts] : classes) {
    EXPECT_GT(counts[2], 0U) << name << " is never told of";
    std::cout << cat(
        "  ", counts[0], " x ", name, ": told ", counts[2], ", drained ", counts[1], '\n');
  }
  for (const Seer& seer : seers) {
    if (seer.check.empty()) continue;
    const Check* check = find_check(seer.check);
    ASSERT_TRUE(check != nullptr || seer.check == "probe") << seer.check;
    if (check == nullptr || !is_bad(check->severity)) continue;
    EXPECT_GT(classes[std::string(seer.fault)][1], 0U) << seer.fault << " is never drained for";
  }
  std::cout << cat("  hardware faults ",
                   hardware_,
                   ", not to be seen in band ",
                   out_of_band_,
                   ", met by a look and to be drained for ",
                   to_drain,
                   ", drained ",
                   drained,
                   "; drains ",
                   drains_,
                   ", lifted ",
                   lifts_,
                   ", most at one time ",
                   most_,
                   " of a cap of ",
                   cap,
                   '\n');
  EXPECT_GE(10 * drained, 8 * to_drain) << "the cap leaves too many faults to run";
}

}  // namespace
}  // namespace holdfast::health
