// SPDX-License-Identifier: Apache-2.0
// What can be said of a checkpoint: a verdict, how deep the look went, and one sentence of why that
// names the file. Layouts make these values, select() and the verbs read them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// Wall-clock time as file systems keep it.
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

enum class Verdict {
  good,        ///< complete, and nothing wrong down to the level reached
  unfinished,  ///< the save never came to its end: no commit marker, or pieces were never written
  damaged,     ///< the save came to its end, and what is there contradicts it
  in_flight,   ///< not whole yet, and young enough that somebody may still be writing it
  unknown,     ///< could not be seen or understood; never a synonym of damaged
};

/// How deep a look went. Each level includes those before it.
enum class Level {
  listing,    ///< names, sizes and times only: nothing was opened
  edges,      ///< head and tail of each file, declared size against real size
  structure,  ///< indexes parsed and compared with the files they speak of
  payload,    ///< every byte that has a checksum was read and compared
  semantic,   ///< the user's own command agreed
};

enum class Flag : unsigned {
  no_checksum,        ///< some payload has none: a flipped bit in it cannot be seen
  suspect_holes,      ///< a file has fewer blocks than bytes: unsynced data lost, or compression
  world_size_bound,   ///< can be resumed only by as many ranks as wrote it
  model_only,         ///< weights without optimizer: good for evaluation, not for resuming
  torn_overwrite,     ///< newer shards lie under an older index
  without_inventory,  ///< the format keeps no list of its files: a missing one may go unseen
};

class Flags {
 public:
  Flags() = default;
  Flags(std::initializer_list<Flag> flags) {
    for (const Flag flag : flags)
      insert(flag);
  }
  void insert(Flag flag) { bits_ |= bit(flag); }
  [[nodiscard]] bool contains(Flag flag) const { return (bits_ & bit(flag)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  Flags& operator|=(Flags other) {
    bits_ |= other.bits_;
    return *this;
  }
  friend bool operator==(Flags, Flags) = default;

 private:
  static constexpr unsigned bit(Flag flag) { return 1U << static_cast<unsigned>(flag); }
  unsigned bits_{};
};

/// What was seen in one file, for `holdfast ckpt explain`. Paths are relative to the root of the
/// catalogue, so that they can be pasted after it.
struct Finding {
  std::string file;
  Verdict verdict{Verdict::good};
  Level level{Level::listing};  ///< the level that saw it
  std::string why;              ///< one sentence that names the file
};

enum class Checksum {
  none,           ///< nothing to compare with, except a manifest of our own
  torch_zip,      ///< the range is a zip as torch.save writes it: CRC-32 in its own directory
  crc32,          ///< IEEE, as zlib computes it
  crc32c,         ///< Castagnoli
  crc32c_masked,  ///< Castagnoli, rotated and offset as LevelDB tables keep it
  md5,
  sha256,
};

/// A range of a file and what it must add up to.
struct Claim {
  std::uint64_t offset{};
  std::uint64_t length{};
  Checksum checksum{Checksum::none};
  std::string expected;  ///< lower-case hexadecimal, most significant digit first; empty: torch_zip
  std::string name;      ///< what the range is, for the sentence: "tensor layer.0.weight"
};

/// One file whose payload can be verified apart from all others. verify_payload() does it.
struct PayloadFile {
  std::string path;  ///< relative to the root of the catalogue
  std::uint64_t size{};
  std::vector<Claim> claims;  ///< ascending by offset
  bool suspect{};             ///< has holes: verified even when nobody asked for a deep look
  bool grows{};  ///< the program goes on writing at its end: a longer one is no other one
};

struct Judgement {
  Verdict verdict{Verdict::unknown};
  Level reached{Level::listing};
  Flags flags;
  std::string why;                ///< one sentence, naming the file that decided
  std::vector<Finding> findings;  ///< what is not as it should be, file by file; empty when good
  bool vanished{};                ///< a file went away under our hands: list again before believing
  std::optional<std::uint64_t> step;  ///< as the contents tell it, where they do
  std::optional<Time> settles_at;     ///< in_flight: when it will be old enough to be judged
  std::vector<PayloadFile> payload;   ///< filled from Level::structure on
};

[[nodiscard]] std::string_view to_text(Verdict verdict);
[[nodiscard]] std::string_view to_text(Level level);
[[nodiscard]] std::string_view to_text(Flag flag);
[[nodiscard]] std::vector<Flag> members(Flags flags);

/// Of two verdicts over parts of one checkpoint, the one that speaks for the whole: damage
/// outweighs missing pieces, those outweigh what could not be seen.
[[nodiscard]] Verdict worse(Verdict a, Verdict b);

}  // namespace holdfast::checkpoint
