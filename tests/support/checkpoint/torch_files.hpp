// SPDX-License-Identifier: Apache-2.0
// Files as torch.save() and safetensors write them, byte for byte, without Python.
#pragma once

#include "support/checkpoint/python.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::checkpoint::testing {

struct ZipEntry {
  std::string name;
  std::string bytes;
};

struct ZipStyle {
  std::string folder{"archive"};
  bool checksums{true};  ///< torch can be told to write 0 for each
};

/// The archive with its 64-byte alignment, descriptors and 64-bit end records.
[[nodiscard]] std::string torch_zip(const std::vector<ZipEntry>& entries,
                                    const ZipStyle& style = {});

/// Objects with tensors in them, on their way into a file: tensors go into storages by and by.
class TorchState {
 public:
  /// A tensor of `elements` floats, filled from `seed` so that two are never alike.
  Py tensor(std::uint64_t elements, std::uint64_t seed);

  [[nodiscard]] std::string save(const Py& object, const ZipStyle& style = {}) const;
  [[nodiscard]] std::string save_legacy(const Py& object) const;

 private:
  std::vector<std::string> storages_;
};

/// `count` little-endian floats, none of them zero.
[[nodiscard]] std::string floats(std::uint64_t count, std::uint64_t seed);

/// The usual state of a small training: model, optimizer, step; with further numbers on top.
[[nodiscard]] std::string training_state(std::uint64_t step,
                                         std::uint64_t seed,
                                         std::vector<std::pair<std::string, Py>> more = {},
                                         const ZipStyle& style = {});

/// A safetensors file of named float tensors.
[[nodiscard]] std::string safetensors(
    const std::vector<std::pair<std::string, std::uint64_t>>& sizes, std::uint64_t seed);

}  // namespace holdfast::checkpoint::testing
