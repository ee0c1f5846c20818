// SPDX-License-Identifier: Apache-2.0
// Files of torch.save(), both kinds: the zip archive of today and the bare pickles of before 1.6.
// What is read are facts; no tensor is touched.
#pragma once

#include "checkpoint/bytes.hpp"
#include "checkpoint/formats/pickle.hpp"
#include "holdfast/checkpoint/verdict.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::checkpoint {

/// What a file of torch.save() tells of itself.
struct TorchFacts {
  bool legacy{};                   ///< bare pickles: no checksum at all
  bool checksums{true};            ///< false: some record was written without its CRC
  std::vector<std::string> keys;   ///< of the outermost dict, the first few hundred
  std::vector<std::string> empty;  ///< those of them that hold None or an empty container
  /// Whole numbers in the outermost dict and in the dicts right under it: "global_step",
  /// "optimizer_state_dict.partition_count". Of a list of numbers the largest.
  std::map<std::string, std::uint64_t, std::less<>> numbers;

  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] bool has_filled(std::string_view key) const;  ///< has it, and not empty
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view path) const;
  /// The training step, under the names the common frameworks give it.
  [[nodiscard]] std::optional<std::uint64_t> step() const;
};

struct TorchLimits {
  std::uint64_t index_bytes{std::uint64_t{1} << 30};  ///< of the directory, and of the pickles
};

/// Head and tail only.
[[nodiscard]] Result<void> check_torch_edges(const Slice& slice);

/// Directory, record headers and pickles, each compared with the others.
[[nodiscard]] Result<TorchFacts> read_torch(const Slice& slice, const TorchLimits& limits = {});

/// The zip part of a file alone, payload offsets filled in: what a deep look needs.
struct ZipDirectory;
[[nodiscard]] Result<ZipDirectory> read_torch_directory(const Slice& slice,
                                                        const TorchLimits& limits = {});

/// Storages a pickle refers to, as they go by.
class TorchStorages : public PickleWatcher {
 public:
  struct Storage {
    std::string key;
    std::uint64_t count{};      ///< elements
    std::uint64_t item_size{};  ///< bytes of one; 0: a type not known here
  };
  std::optional<std::uint64_t> built(const Pickle&, std::string_view, Value) override {
    return std::nullopt;
  }
  void referred(const Pickle& pickle, Value id) override;

  [[nodiscard]] const std::map<std::string, Storage, std::less<>>& all() const { return all_; }

 private:
  std::map<std::string, Storage, std::less<>> all_;
};

/// Fills keys and numbers from the object a pickle made.
void read_facts(const Pickle& pickle, TorchFacts& facts);

[[nodiscard]] bool is_legacy_torch(const Slice& slice);
[[nodiscard]] Result<TorchFacts> read_legacy_torch(const Slice& slice, const TorchLimits& limits);

}  // namespace holdfast::checkpoint
