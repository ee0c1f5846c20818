// SPDX-License-Identifier: Apache-2.0
// Whether a job that is alive stands still. Pure: the supervisor shows what it sees every few
// seconds and asks. No single sign is enough: a program may think for an hour without a word, wait
// for a file system, or spin in a collective for good reason. What counts is that nothing is
// written, nothing is saved and on most nodes at once the processes do nothing, or use their CPU
// for nothing of what they did while the job got on (see Pace). A time the user gave is believed
// without that.
//
// Where in the program a rank stands is not looked at: to read a stack it has to be stopped, and
// calls such as epoll_wait() then fail with EINTR (signal(7)) in a job that may be well.
#pragma once

#include "holdfast/recovery/pace.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::recovery {

/// One rank as its sentinel sees it.
struct RankPulse {
  unsigned rank{};
  std::uint64_t cpu_ms{};    ///< user and system time of the rank and its children since it started
  char state{'S'};           ///< as in /proc/PID/stat: R S D T t Z
  std::uint64_t faults{};    ///< pages the kernel had to find for it since it started
  std::uint64_t io_bytes{};  ///< read and written by it since then: files, pipes, most sockets
  /// How busy the memory of its node's GPUs was, as the sum over all looks at them of the percent
  /// of time in which it was read or written. A kernel that waits for another GPU keeps its
  /// processors busy and its memory idle.
  Tally gpu_memory{};
  std::string waits_in{};  ///< the kernel's function it sleeps in; empty when it does not
};

/// What one sentinel says of the ranks on its node.
struct NodeVote {
  std::string node{};
  std::int64_t at_ms{};
  std::vector<RankPulse> ranks{};
};

/// One look at the whole job. The numbers count from the start of the attempt and only grow.
struct Look {
  std::int64_t at_ms{};
  std::uint64_t output_bytes{};
  std::uint64_t checkpoints{};    ///< whole ones
  std::vector<NodeVote> votes{};  ///< the newest of each node; an old one may be shown again
};

struct HangPolicy {
  bool on{true};
  std::optional<std::int64_t> timeout_ms{};  ///< the user's; nothing: auto
  std::int64_t auto_least_ms{600'000};       ///< auto waits at least so long,
  unsigned auto_gaps{4};  ///< and so many times the longest silence that ended well
};

/// Why it is taken for a hang.
struct HangSigns {
  std::int64_t quiet_ms{};
  std::int64_t timeout_ms{};
  std::vector<unsigned> ranks{};     ///< those that differ from the rest; empty when all are alike
  std::vector<std::string> nodes{};  ///< where those ranks are, when they are few; else empty
  std::vector<std::string> signs{};  ///< each a sentence
};

struct HangJudgement {
  std::optional<HangSigns> hung{};
  std::int64_t quiet_ms{};
  std::int64_t timeout_ms{};
  std::string why{};
};

/// Remembers of all looks what judging needs: a few numbers per rank, whatever the time. One per
/// attempt; longest_gap() of the last is given to the next, so that auto need not learn anew.
class HangWatch {
 public:
  explicit HangWatch(HangPolicy policy, std::int64_t longest_gap_ms = 0);

  void observe(const Look& look);
  [[nodiscard]] HangJudgement judge() const;
  [[nodiscard]] std::int64_t longest_gap_ms() const { return longest_gap_ms_; }
  [[nodiscard]] std::int64_t timeout_ms() const;

 private:
  struct Seen {
    RankPulse pulse;
    std::int64_t at_ms{};
  };
  /// How a rank was when its silence began, when between a quarter and a half of it was over, and
  /// how it is. It may have worked for as long after the last line as before it, so the beginning
  /// is not judged.
  struct Watched {
    std::string node;
    Seen began;
    Seen later;
    Seen later_still;  ///< is `later` once the silence is twice as long
    Seen now;
    Pace faults;
    Pace io;
    Pace gpu_memory;
    Watched();
    void begin_again();
    void go_on();
    /// After a stretch in which something moved; of one that ends with a checkpoint nothing is
    /// learned, for saving is more than what ranks do between.
    void learn(bool saved);
  };
  enum class Bearing { working, idle, spinning, stopped, blocked, dead };

  [[nodiscard]] Bearing bearing(const Watched& rank) const;
  [[nodiscard]] std::string counted(const std::vector<unsigned>& ranks,
                                    std::size_t all,
                                    std::string_view what) const;
  [[nodiscard]] HangJudgement judge_ranks(HangJudgement judgement) const;

  HangPolicy policy_;
  std::int64_t longest_gap_ms_{};
  std::optional<std::int64_t> moved_ms_;  ///< when output or checkpoints last grew
  std::int64_t seen_ms_{};                ///< the last look
  std::uint64_t output_bytes_{};
  std::uint64_t checkpoints_{};
  std::map<unsigned, Watched> ranks_;
};

}  // namespace holdfast::recovery
