// SPDX-License-Identifier: Apache-2.0
// The parsers of checkpoint formats outside the PyTorch family, and of our own notes. The first
// byte says which; the rest is the file. Nothing may crash, and what is kept of a file may not be
// many times larger than the file.
#include "checkpoint/formats/dmtcp_image.hpp"
#include "checkpoint/formats/gromacs_cpt.hpp"
#include "checkpoint/formats/json.hpp"
#include "checkpoint/formats/kvtree.hpp"
#include "checkpoint/formats/lammps_restart.hpp"
#include "checkpoint/formats/msgpack.hpp"
#include "checkpoint/formats/ocdbt_manifest.hpp"
#include "checkpoint/formats/tensor_bundle.hpp"
#include "checkpoint/formats/veloc_file.hpp"
#include "holdfast/checkpoint/manifest.hpp"
#include "holdfast/checkpoint/memory.hpp"
#include "holdfast/checkpoint/resume.hpp"

#include <algorithm>
#include <cstring>

namespace holdfast::checkpoint {
namespace {

/// The input as an open file.
class Input final : public File {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) { status_.size = bytes.size(); }

  [[nodiscard]] const FileStatus& status() const override { return status_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
    const std::size_t count = std::min(into.size(), bytes_.size() - from);
    if (count > 0) std::memcpy(into.data(), bytes_.data() + from, count);
    return count;
  }

  Result<std::uint64_t> find_hole() const override { return status_.size; }

 private:
  std::string_view bytes_;
  FileStatus status_;
};

void read_strings(std::string_view file) {
  BundleEntry entry;
  entry.name = "strings";
  entry.elements = file.size() % 5;
  (void)check_strings(entry, file).has_value();
}

void read_as(unsigned kind, std::string_view file) {
  switch (kind) {
    case 0:
      return (void)parse_kvtree(file).has_value();
    case 1:
      return (void)parse_ocdbt_manifest(file).has_value();
    case 2:
      return (void)parse_bundle_index(file, 10'000).has_value();
    case 3:
      return read_strings(file);
    case 4:
      return (void)walk_msgpack(Slice(Input(file)), 100'000).has_value();
    case 5:
      return (void)read_veloc_head(Slice(Input(file))).has_value();
    case 6:
      (void)parse_gromacs_outputs(file);
      return (void)parse_gromacs_head(file).has_value();
    case 7:
      (void)lammps_step(file);
      return (void)lammps_pieces(file);
    case 8:
      return (void)dmtcp_script_images(file).has_value();
    case 9:
      return (void)model_checkpoint_path(file).size();
    case 10:
      return (void)parse_manifest(file).has_value();
    case 11:
      return (void)parse_memory_line(file).has_value();
    case 12:
      return (void)parse_json_object(file).has_value();
    default:
      return (void)resume_arguments(file, {}).has_value();
  }
}

}  // namespace
}  // namespace holdfast::checkpoint

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  holdfast::checkpoint::read_as(data[0] % 14U, file);
  return 0;
}
