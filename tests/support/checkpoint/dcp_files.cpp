// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/dcp_files.hpp"

#include "support/checkpoint/torch_files.hpp"

namespace holdfast::checkpoint::testing {

namespace {

using Fields = std::vector<std::pair<std::string, Py>>;

Py number(std::uint64_t value) { return integer(static_cast<std::int64_t>(value)); }

Py torch_size(std::uint64_t side) {
  return call(global("torch", "Size"), tuple({tuple({number(side)})}));
}

class Index {
 public:
  explicit Index(const DcpStyle& style) : style_(style) {}

  void add_chunk(const std::string& name,
                 std::uint64_t begin,
                 std::uint64_t elements,
                 const std::string& file,
                 std::uint64_t offset,
                 std::uint64_t length) {
    chunks_.push_back(
        instance(type("metadata", "ChunkStorageMetadata"),
                 dict(Fields{{"offsets", torch_size(begin)}, {"sizes", torch_size(elements)}})));
    add_place(name, torch_size(begin), file, offset, length);
  }

  void end_tensor(const std::string& name, std::uint64_t elements) {
    const Py properties = instance(type("metadata", "TensorProperties"),
                                   tuple({global("torch", "float32"), truth(false), truth(false)}));
    tensors_.emplace_back(name,
                          instance(type("metadata", "TensorStorageMetadata"),
                                   dict(Fields{{"properties", properties},
                                               {"size", torch_size(elements)},
                                               {"chunks", list(std::move(chunks_))}})));
    chunks_.clear();
  }

  void add_bytes(const std::string& name,
                 const std::string& file,
                 std::uint64_t offset,
                 std::uint64_t length) {
    tensors_.emplace_back(name, instance(type("metadata", "BytesStorageMetadata"), dict(Fields{})));
    add_place(name, none(), file, offset, length);
  }

  std::string bytes() {
    const Py metadata = instance(type("metadata", "Metadata"),
                                 dict(Fields{{"state_dict_metadata", dict(std::move(tensors_))},
                                             {"planner_data", none()},
                                             {"storage_data", dict(std::move(places_))}}));
    return pickle(metadata, style_.protocol);
  }

 private:
  [[nodiscard]] Py type(const std::string& file, const std::string& name) const {
    return global(style_.module + "." + file, name);
  }

  void add_place(const std::string& name,
                 Py where,
                 const std::string& file,
                 std::uint64_t offset,
                 std::uint64_t length) {
    places_.emplace_back(
        instance(
            type("metadata", "MetadataIndex"),
            dict(Fields{{"fqn", text(name)}, {"offset", std::move(where)}, {"index", none()}})),
        instance(type("filesystem", "_StorageInfo"),
                 dict(Fields{{"relative_path", text(file)},
                             {"offset", number(offset)},
                             {"length", number(length)}})));
  }

  DcpStyle style_;
  std::vector<Py> chunks_;
  std::vector<std::pair<std::string, Py>> tensors_;
  std::vector<std::pair<Py, Py>> places_;
};

std::string shard_name(unsigned rank) { return "__" + std::to_string(rank) + "_0.distcp"; }

}  // namespace

DcpFiles dcp_files(std::uint64_t seed, const DcpStyle& style) {
  DcpFiles files;
  files.shards.resize(style.ranks);
  Index index(style);
  const std::uint64_t part = style.elements / style.ranks;
  for (const std::string& name : style.tensors) {
    for (unsigned rank = 0; rank < style.ranks; ++rank) {
      TorchState state;
      const Py tensor = state.tensor(part, seed++);
      const std::string archive = state.save(tensor);
      index.add_chunk(
          name, rank * part, part, shard_name(rank), files.shards[rank].size(), archive.size());
      files.shards[rank] += archive;
    }
    index.end_tensor(name, part * style.ranks);
  }
  if (style.common_state) {
    const std::string archive = TorchState().save(dict(Fields{{"iteration", integer(1)}}));
    index.add_bytes("common_state", shard_name(0), files.shards[0].size(), archive.size());
    files.shards[0] += archive;
  }
  files.index = index.bytes();
  return files;
}

std::string large_dcp_index(std::size_t entries) {
  Index index(DcpStyle{});
  for (std::size_t i = 0; i < entries; ++i) {
    const std::string name = "model.layers." + std::to_string(i) + ".weight";
    index.add_chunk(name, 0, 1000, shard_name(static_cast<unsigned>(i % 512)), i * 5000, 5000);
    index.end_tensor(name, 1000);
  }
  return index.bytes();
}

}  // namespace holdfast::checkpoint::testing
