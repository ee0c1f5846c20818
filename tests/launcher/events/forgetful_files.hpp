// SPDX-License-Identifier: Apache-2.0
// A state directory in memory that can fill up, die within a write, and lose power: what was
// written and not synced is then there, in part there, or gone.
#pragma once

#include "events/state_files.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <random>

namespace holdfast::events::testing {

/// The process is dead: nothing it would have done happens.
struct Killed {};

class ForgetfulFiles : public StateFiles {
 public:
  Result<FileText> read(const std::string& name, std::size_t most) const override {
    const auto found = files_.find(name);
    if (found == files_.end()) return Failure{FailureKind::not_found, name, "", errno_code(ENOENT)};
    return FileText{found->second.bytes.substr(0, most), found->second.bytes.size() <= most};
  }

  Result<Ending> ending(const std::string& name) const override {
    const auto found = files_.find(name);
    if (found == files_.end() || found->second.bytes.empty()) return Ending{};
    return Ending{found->second.bytes.size(), found->second.bytes.back() != '\n'};
  }

  Result<void> append(const std::string& name, std::string_view bytes) override {
    ++appends;
    File& file = files_[name];
    for (const char byte : bytes) {
      if (room && *room == 0) return full(name);
      if (room) --*room;
      if (lives && *lives == 0) throw Killed{};
      if (lives) --*lives;
      file.bytes += byte;
    }
    if (lives && *lives == 0) throw Killed{};  // written, not synced
    if (sync_fails) return Failure{FailureKind::unreadable, name, "", errno_code(EIO)};
    file.synced = file.bytes.size();
    return {};
  }

  Result<void> create(const std::string& name, std::string_view contents) override {
    if (files_.contains(name)) return Failure{FailureKind::conflict, name, "", {}};
    files_[name] = {std::string(contents), contents.size()};
    return {};
  }

  Result<std::vector<std::string>> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, file] : files_)
      names.push_back(name);
    return names;
  }

  /// What was not synced may be there, cut anywhere, or with holes where pages were not written.
  void lose_power(std::mt19937_64& dice) {
    for (auto& [name, file] : files_) {
      const std::size_t unsynced = file.bytes.size() - file.synced;
      file.bytes.resize(file.synced + dice() % (unsynced + 1));
      if (dice() % 3 == 0)
        for (std::size_t at = file.synced; at < file.bytes.size(); ++at)
          if (dice() % 4 == 0) file.bytes[at] = '\0';
      file.synced = file.bytes.size();
    }
  }

  [[nodiscard]] std::string bytes(const std::string& name) const { return files_.at(name).bytes; }

  std::optional<std::size_t> room;   ///< bytes until the disk is full
  std::optional<std::size_t> lives;  ///< bytes until the process dies
  bool sync_fails{};
  unsigned appends{};

 private:
  struct File {
    std::string bytes;
    std::size_t synced{};
  };

  static Failure full(const std::string& name) {
    return {FailureKind::unreadable, cat(name, " cannot be written"), "", errno_code(ENOSPC)};
  }

  std::map<std::string, File> files_;
};

}  // namespace holdfast::events::testing
