// SPDX-License-Identifier: Apache-2.0
// Asks for the checkpoint to resume from, by `holdfast ckpt latest --json` in a child: a file
// system that hangs holds up the child and not the supervisor.
#pragma once

#include "holdfast/checkpoint/memory.hpp"
#include "holdfast/checkpoint/resume.hpp"
#include "holdfast/recovery/decide.hpp"
#include "run/worker.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace holdfast::run {

/// What one directory answered.
struct Found {
  recovery::Choice choice;
  std::optional<checkpoint::Resumption> resumption;  ///< where choice is good
  std::optional<std::int64_t> committed_ns;
  std::uint64_t bytes{};                    ///< of the good one
  std::optional<std::uint64_t> bytes_free;  ///< for who asked, in its file system
};

/// Reads the JSON of `ckpt latest`. Pure.
[[nodiscard]] Found parse_found(std::string_view text);

/// A sentence when the file system has not 1.2 times what the newest good one takes: a save that
/// finds no room leaves a torso, after minutes in which nothing was computed. Empty: it has. Pure.
[[nodiscard]] std::string shortage(const std::string& directory, const Found& found);

/// Of several directories the newest good one; none good where any has only bad ones. Pure.
[[nodiscard]] Found best_of(const std::vector<Found>& found);

/// None good, and why, where the program cannot be told of the one that was found: the step it is
/// to be told is not known. Started without it, the program would begin anew over what it has.
/// Pure.
[[nodiscard]] Found handed_over(Found found, const std::string& resume_arg);

class Catalogue {
 public:
  struct Settings {
    std::string program;                   ///< our own
    std::vector<std::string> directories;  ///< --ckpt
    std::vector<std::string> look;         ///< options of `ckpt latest`
    std::string memory;                    ///< directory for what is known of them
    std::string resume_arg{};              ///< template; empty: the program is told by environment
  };
  /// `warn` hears, once for each directory, that the next save may find no room.
  Catalogue(
      boost::asio::io_context& io,
      Worker& disk,
      Settings settings,
      std::function<void(std::string)> warn = [](const std::string&) {});

  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// Where what is known of the checkpoints of that directory is kept.
  [[nodiscard]] static std::string sidecar_of(const Settings& settings, std::size_t directory);

  /// `told` is called once, from the io_context.
  void read(const std::vector<std::string>& condemned,
            bool writers_gone,
            std::function<void(recovery::Choice)> told);

  /// What the chosen path means to the program.
  [[nodiscard]] std::optional<checkpoint::Resumption> resumption_of(const std::string& path) const;

 private:
  /// What is to be remembered of a checkpoint that is not to be chosen again.
  struct Verdict {
    std::string path;
    std::string directory;  ///< where it is remembered
    checkpoint::MemoryEntry entry;
  };
  void ask(bool writers_gone, std::function<void(recovery::Choice)> told);
  [[nodiscard]] std::optional<Verdict> verdict_on(const std::string& path) const;
  [[nodiscard]] static std::vector<std::string> remembered(const std::vector<Verdict>& verdicts);

  boost::asio::io_context& io_;
  Worker& disk_;
  Settings settings_;
  std::map<std::string, Found> seen_;  ///< good ones by path
  std::map<std::string, std::size_t> directory_of_;
  std::function<void(std::string)> warn_;
  std::set<std::size_t> short_of_room_;  ///< directories it was told of
  std::set<std::string> remembered_;     ///< condemned and written down
};

}  // namespace holdfast::run
