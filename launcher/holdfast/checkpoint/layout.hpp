// SPDX-License-Identifier: Apache-2.0
// How one framework lays checkpoints on disk: one class, one file, one test folder per layout. A
// layout first says which names under the root are its checkpoints (no file is opened for that),
// later judges one of them down to a level. Composite checkpoints work because layouts call each
// other's judging functions.
#pragma once

#include "holdfast/checkpoint/checkpoint.hpp"
#include "holdfast/checkpoint/disk.hpp"
#include "holdfast/checkpoint/verdict.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// What a look may cost. Whoever hits one of these is told so by name and gets `unknown`.
struct Limits {
  std::size_t entries{262'144};    ///< of one checkpoint, all its directories together
  std::size_t candidates{65'536};  ///< entries of the root
  unsigned depth{8};               ///< directories within directories
  std::size_t peek{512};           ///< entries of a directory looked at to recognise it
  std::uint64_t index_bytes{std::uint64_t{1} << 30};  ///< the largest index that is parsed
  std::size_t index_items{8'000'000};                 ///< things it may hold
};

/// One file or directory of a checkpoint.
struct Member {
  std::string path;  ///< relative to the checkpoint; "" is the checkpoint itself, being one file
  FileStatus status;
};

/// All there is of one checkpoint, as listed; sorted by path.
struct Tree {
  std::vector<Member> members;
  bool whole{true};      ///< false: a limit was hit
  FileStatus self;       ///< of the checkpoint, being a directory or a file
  std::string unlisted;  ///< a directory that could not be listed; empty: none
  Failure why_unlisted;

  [[nodiscard]] const Member* find(std::string_view path) const;
  /// Members whose path begins with `directory` and a slash; all for "".
  [[nodiscard]] std::span<const Member> under(std::string_view directory) const;
  [[nodiscard]] Time newest() const;          ///< modification of regular files; the epoch if none
  [[nodiscard]] Time newest_entry() const;    ///< the same, directories included
  [[nodiscard]] std::uint64_t bytes() const;  ///< of regular files together
};

/// The root as a layout sees it when it looks for its checkpoints. Peeks into directories are kept,
/// so that the layouts after it do not pay again.
class Root {
 public:
  Root(const Disk& disk, Listing listing, const Limits& limits, std::string marker = {});

  [[nodiscard]] const Listing& listing() const { return listing_; }
  /// The first few entries of a directory; an empty listing when it cannot be read.
  const Listing& peek(const std::string& directory);
  [[nodiscard]] const Disk& disk() const { return disk_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  /// The user-named commit marker; empty: none.
  [[nodiscard]] const std::string& marker() const { return marker_; }

 private:
  const Disk& disk_;
  Listing listing_;
  Limits limits_;
  std::string marker_;
  std::map<std::string, Listing, std::less<>> peeked_;
};

/// What a layout found under the root.
struct Survey {
  std::vector<Checkpoint> checkpoints;
  std::vector<Finding> notes;  ///< on what is no checkpoint: "latest names global_step20, which …"
};

/// What a judge may know beside the checkpoint itself.
struct Context {
  Time now;
  std::chrono::nanoseconds slack{std::chrono::seconds(2)};   ///< clocks of clients and servers
  std::chrono::nanoseconds quiet{std::chrono::seconds(60)};  ///< younger than this may be in flight
  Limits limits;
  std::span<const Checkpoint> siblings;  ///< every candidate of the root, this one too
  const Tree* reference{};  ///< the newest older sibling known to be good, if there is one
  std::optional<std::uint64_t> reference_step;
  std::optional<std::uint64_t> world_size;  ///< ranks of the job, where known
  std::string marker;                       ///< user-named commit marker: "DONE"; empty: none
  bool by_command{};                        ///< a command of the user's is asked afterwards
};

class Layout {
 public:
  Layout() = default;
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  virtual ~Layout() = default;

  /// As HOLDFAST_RESUME_FORMAT and --ckpt-format have it: lower case, dashes.
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// Its checkpoints among the entries of the root (or the root itself, path ""), from names and
  /// statuses alone. None: this root is not of this layout.
  virtual Survey survey(Root& root) const = 0;

  /// Looks at one checkpoint down to `level` at most. `tree` is its fresh listing.
  virtual Judgement judge(const Disk& disk,
                          const Checkpoint& checkpoint,
                          const Tree& tree,
                          Level level,
                          const Context& context) const = 0;
};

/// Every layout, most specific first: the order in which a root is recognised.
[[nodiscard]] std::span<const Layout* const> layouts();

/// The layout with this name, or nullptr.
[[nodiscard]] const Layout* find_layout(std::string_view name);

/// Lists a checkpoint with everything in it, within the limits.
[[nodiscard]] Result<Tree> read_tree(const Disk& disk,
                                     const Checkpoint& checkpoint,
                                     const Limits& limits);

}  // namespace holdfast::checkpoint
