// SPDX-License-Identifier: Apache-2.0
// A file system in memory for tests of the catalogue. It is written to by the operations a
// framework would use, read through Disk like the real one, and can lose power: then what was not
// synced may be forgotten, cut short or full of holes, as real file systems leave it. The clock is
// the world's own and moves by every operation.
#pragma once

#include "holdfast/checkpoint/disk.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint::testing {

/// Thrown by the operation at which the writer was told to die.
struct Killed {};

class World : public Disk {
 public:
  World();

  // What a writer does. Directories are made as needed only by make_directories().
  void make_directory(const std::string& path);
  void make_directories(const std::string& path);
  void create(const std::string& path);  ///< empty, or emptied
  void append(const std::string& path, std::string_view bytes);
  void write(const std::string& path, std::string_view bytes);  ///< create() and append() in pieces
  void sync(const std::string& path);
  void sync_directory(const std::string& path);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);
  void link(const std::string& target, const std::string& path);
  void pass(std::chrono::nanoseconds time) { now_ += time; }

  // What tests do beside that.
  void write_back();  ///< everything reaches the disk, as it does after a while
  void die_after(std::uint64_t operations) { left_ = operations; }
  void live_on() { left_.reset(); }
  [[nodiscard]] std::uint64_t operations() const { return count_; }
  void lose_power(std::mt19937_64& dice);
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] bool has(const std::string& path) const;
  [[nodiscard]] std::string bytes(const std::string& path) const;
  [[nodiscard]] std::vector<std::string> files_under(const std::string& path) const;

  // Damage, without the clock moving or the time of the file changing unless said.
  void set_bytes(const std::string& path, std::string bytes);
  void set_modified(const std::string& path, Time time);
  void punch_hole(const std::string& path, std::size_t begin, std::size_t length);
  void make_special(const std::string& path);
  void forbid(const std::string& path) { forbidden_.insert(path); }
  void vanish_when_opened(const std::string& path) { vanishing_.insert(path); }
  void fill_directory(const std::string& path, std::size_t entries);

  // Disk.
  Result<Listing> list(const std::string& directory, std::size_t most) const override;
  Result<FileStatus> status(const std::string& path) const override;
  Result<std::unique_ptr<File>> open(const std::string& path) const override;
  Result<std::string> read_link(const std::string& path) const override;

 private:
  struct Node {
    FileKind kind{FileKind::regular};
    std::string bytes;
    std::string durable;          ///< what the disk has
    bool clean{true};             ///< bytes and durable are the same
    std::string target;           ///< of a link; empty: none
    std::set<std::size_t> holes;  ///< pages that are not there
    std::map<std::string, std::uint64_t> entries;
    std::map<std::string, std::uint64_t> durable_entries;
    std::size_t crowd{};  ///< entries that exist only as a number
    Time modified;
    std::uint64_t inode{};
  };
  /// A change of a directory that has not reached the disk.
  struct Change {
    std::uint64_t directory{};
    std::string name;
    std::optional<std::uint64_t> node;  ///< nothing: the name goes away
    std::uint64_t with_next{};          ///< 1: the next change belongs to it (rename)
  };

  void step();
  Node& add(const std::string& path, FileKind kind);
  [[nodiscard]] const Node* find(const std::string& path, int links = 0) const;
  [[nodiscard]] const Node* find_itself(const std::string& path) const;
  Node& at(const std::string& path);
  void enter(const std::string& path, std::optional<std::uint64_t> node, bool with_next);
  [[nodiscard]] FileStatus status_of(const Node& node, bool linked) const;
  void forget_changes(std::mt19937_64& dice);
  static void forget_bytes(Node& node, std::mt19937_64& dice);

  std::map<std::uint64_t, Node> nodes_;
  std::vector<Change> changes_;
  std::uint64_t next_{2};
  std::uint64_t count_{};
  std::optional<std::uint64_t> left_;
  std::set<std::string> forbidden_;
  mutable std::set<std::string> vanishing_;
  Time now_;
};

}  // namespace holdfast::checkpoint::testing
