// SPDX-License-Identifier: Apache-2.0
// Pickles come from whoever wrote the checkpoint. Whatever they say, reading one ends, stays within
// its memory, and every node it leads to is there. The same input is taken for an index of a
// distributed checkpoint, which walks deeper.
#include "checkpoint/formats/dcp_index.hpp"
#include "checkpoint/formats/pickle.hpp"
#include "checkpoint/formats/torch.hpp"

#include <cstdlib>

namespace {

using namespace holdfast::checkpoint;

/// Depth is bounded here, for a list may hold itself.
void walk(const Pickle& pickle, Value value, int depth, unsigned& budget) {
  if (depth == 0 || budget == 0) return;
  --budget;
  if (const auto text = pickle.text(value); text && text->size() != value.length) std::abort();
  static_cast<void>(pickle.name(value));
  static_cast<void>(pickle.handle(value));
  static_cast<void>(pickle.attribute(value, "size"));
  walk(pickle, pickle.arguments(value), depth - 1, budget);
  for (const Value item : pickle.items(value))
    walk(pickle, item, depth - 1, budget);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  TorchStorages storages;
  const auto pickle = Pickle::read(input, 0, &storages, {std::uint64_t{64} << 20});
  if (pickle) {
    if (pickle->end() > size) std::abort();
    unsigned budget = 10'000;
    walk(*pickle, pickle->root(), 20, budget);
    TorchFacts facts;
    read_facts(*pickle, facts);
  }
  const auto index = read_dcp_index(input, {std::uint64_t{64} << 20, 10'000});
  if (index)
    for (const DcpItem& item : index->items)
      if (item.file >= index->files.size()) std::abort();
  return 0;
}
