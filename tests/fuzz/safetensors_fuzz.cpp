// SPDX-License-Identifier: Apache-2.0
// safetensors headers: JSON from anywhere. What is accepted tiles the file to its last byte.
#include "checkpoint/formats/safetensors.hpp"
#include "fuzz/memory_file.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::checkpoint;
  const FuzzFile file(data, size);
  const Slice slice(file);
  const auto facts = read_safetensors(slice);
  if (!facts) return 0;
  if (!check_safetensors_edges(slice)) return 0;  // a header that begins with blanks
  if (facts->bytes > size) std::abort();
  return 0;
}
