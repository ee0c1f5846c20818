// SPDX-License-Identifier: Apache-2.0
// Files of torch.save(), of both kinds. What the zip reader accepts lies within the file, in order
// and apart.
#include "checkpoint/formats/torch.hpp"
#include "checkpoint/formats/zip.hpp"
#include "fuzz/memory_file.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::checkpoint;
  const FuzzFile file(data, size);
  const Slice slice(file);
  auto directory = read_zip_directory(slice, std::uint64_t{1} << 20);
  if (directory && check_zip_records(slice, *directory)) {
    std::uint64_t free = 0;
    for (const ZipRecord& record : directory->records) {
      if (record.header < free || record.payload < record.header) std::abort();
      if (record.size > size || record.payload > size - record.size) std::abort();
      free = record.payload + record.size;
    }
  }
  static_cast<void>(check_torch_edges(slice));
  static_cast<void>(read_torch(slice, {std::uint64_t{64} << 20}));
  return 0;
}
