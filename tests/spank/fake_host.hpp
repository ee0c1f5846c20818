// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fake_slurm.hpp"
#include "holdfast/affinity/handover.hpp"
#include "holdfast/common/cpu_set.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace holdfast::spank {

/// A folder of this test alone, removed at its end.
class Scratch {
 public:
  Scratch();
  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }

 private:
  testing::TemporaryDirectory directory_{"spank"};
};

/// The fake program at a place of its own (see fake_program.cpp).
class FakeProgram {
 public:
  explicit FakeProgram(const std::filesystem::path& folder);
  void behave(const std::string& behaviour) const;
  void answer(const std::string& text) const;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Everything it was started with, all calls; empty when it never was.
  [[nodiscard]] std::string calls() const;
  [[nodiscard]] unsigned count_calls(const std::string& verb) const;

 private:
  std::string path_;
};

/// How a task was when its task_init had returned, or that it ended there.
struct Task {
  bool started{};
  CpuSet cpus;
  std::vector<std::string> environment;
  std::vector<std::string> told;
};

/// The shipped plugin, loaded as Slurm loads it and called as Slurm calls it.
class PluginTest : public ::testing::Test {
 protected:
  PluginTest();
  ~PluginTest() override;

  /// Loads the plugin anew, with these words behind its name in plugstack.conf besides program=.
  void load(std::vector<std::string> arguments = {});

  /// Calls one of its functions; 0 for one it has not, as Slurm does.
  int call(const char* name);

  /// Gives an option as Slurm does; the callback's answer.
  int give(const std::string& option, const char* value, bool remote = false);

  /// All that happens in slurmstepd before the tasks are forked.
  void begin_step();
  /// Forks a task, calls task_init there and tells how it came out.
  [[nodiscard]] Task run_task(int local_rank);

  FakeSlurm& slurm() { return FakeSlurm::now(); }

  Scratch scratch;
  FakeProgram program{scratch.path()};

 private:
  void unload();

  void* plugin_{};
  std::vector<std::string> arguments_;
};

/// A hand-over that binds every one of `ranks` ranks to `cpu` and names it.
[[nodiscard]] affinity::StepOrders orders_for(unsigned ranks, unsigned cpu);

/// Some CPU this process may use that is not the only one it has, so that being bound shows.
[[nodiscard]] unsigned some_cpu();

/// Open descriptors of this process.
[[nodiscard]] std::size_t count_descriptors();

/// False where /run of this test program could not be made its own: tests that write there skip.
[[nodiscard]] bool has_own_run();

}  // namespace holdfast::spank
