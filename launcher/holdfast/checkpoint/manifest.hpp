// SPDX-License-Identifier: Apache-2.0
// Checksums of our own for formats that have none, kept in a sidecar outside the checkpoint. Sizes
// and times that still agree show that nothing changed since; the sums, read again, show that no
// bit did. CRC-32 by ISA-L, not a stronger sum: it is as fast as memory, finds the torn pages and
// flipped bits that storage produces, and is verified by the same code as the formats' own.
#pragma once

#include "holdfast/checkpoint/layout.hpp"
#include "holdfast/checkpoint/payload.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// One file as it was when it was read.
struct ManifestFile {
  std::string path;  ///< under the root of the catalogue
  std::uint64_t size{};
  std::uint64_t inode{};
  Time modified;
  std::string crc32;  ///< as in Claim::expected

  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct Manifest {
  std::string checkpoint;  ///< its path under the root
  std::string format;
  std::optional<std::uint64_t> step;
  Time made;
  std::vector<ManifestFile> files;  ///< sorted by path
};

[[nodiscard]] std::string to_json(const Manifest& manifest);
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view json);

/// One file of it, as one line.
[[nodiscard]] std::string to_line(const ManifestFile& file);
[[nodiscard]] std::optional<ManifestFile> parse_manifest_file(std::string_view line);

/// How a file is no longer what the manifest says.
struct Change {
  enum class Kind {
    missing,
    resized,   ///< certainly other contents
    rewritten  ///< same size, other time: contents must be read to know
  };
  std::string path;
  Kind kind{Kind::missing};
};

/// Compares by status alone. An inode that changed with equal size and time is no change: migration
/// between storage targets does that.
[[nodiscard]] std::vector<Change> changes_since(const Manifest& manifest,
                                                const Checkpoint& checkpoint,
                                                const Tree& tree);

/// Whether the manifest is of this save. Names are used again: state.cpt, or step-20 after a resume
/// from step 10. Of an earlier save nothing is as the manifest has it any more; of a damaged one,
/// or one that is half written over, most is.
[[nodiscard]] bool speaks_of(const Manifest& manifest,
                             const Checkpoint& checkpoint,
                             const Tree& tree);

/// The manifest's files as claims for verify_payload().
[[nodiscard]] std::vector<PayloadFile> payload_of(const Manifest& manifest);

/// Gives the manifest's sums to those of the files that have none of their own.
void lend_sums(const Manifest& manifest, std::vector<PayloadFile>& files);

/// Reads one file whole and sums it up. A stop by `progress` is timed_out.
[[nodiscard]] Result<ManifestFile> read_sums(const Disk& disk,
                                             const std::string& path,
                                             const Progress& progress = {});

/// "step_0012/x" -> "step_0012%2Fx.manifest.json": the sidecar is flat. "" is "root".
[[nodiscard]] std::string manifest_name(std::string_view checkpoint_path);

/// Where holdfast keeps what it knows of the checkpoints below `root`, unless told otherwise:
/// <parent>/.holdfast/<name of root>. Beside the root, never in it: frameworks scan it.
[[nodiscard]] std::string usual_sidecar(const std::string& root);

/// not_found where none was made.
[[nodiscard]] Result<Manifest> read_manifest(const std::string& sidecar,
                                             std::string_view checkpoint_path);
Result<void> write_manifest(const std::string& sidecar, const Manifest& manifest);

}  // namespace holdfast::checkpoint
