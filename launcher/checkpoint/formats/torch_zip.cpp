// SPDX-License-Identifier: Apache-2.0
// The zip kind of torch.save(): one folder, data.pkl with the object, data/KEY with each storage.
// The reader of PyTorch checks none of the sums it writes; this one leaves them to
// verify_payload().
#include "checkpoint/formats/torch.hpp"
#include "checkpoint/formats/zip.hpp"
#include "holdfast/common/text.hpp"

#include <limits>

namespace holdfast::checkpoint {

namespace {

/// The one folder all records lie in, with its slash.
Result<std::string> folder_of(const ZipDirectory& directory) {
  if (directory.records.empty()) return torn("is a zip archive without records");
  const std::string& first = directory.records.front().name;
  const std::string folder = first.substr(0, first.find('/') + 1);
  for (const ZipRecord& record : directory.records)
    if (folder.empty() || !record.name.starts_with(folder))
      return torn(cat("is a zip archive, but not of torch.save: record ", record.name));
  return folder;
}

Result<void> check_storages(const TorchStorages& storages,
                            const ZipDirectory& directory,
                            const std::string& folder) {
  std::map<std::string_view, const ZipRecord*> records;
  for (const ZipRecord& record : directory.records)
    records.emplace(record.name, &record);
  for (const auto& [key, storage] : storages.all()) {
    const std::string name = cat(folder, "data/", key);
    const auto found = records.find(name);
    if (found == records.end()) return torn(cat("lacks the storage ", name));
    const std::uint64_t size = found->second->size;
    if (storage.item_size != 0 && (storage.count > std::numeric_limits<std::uint64_t>::max() / 16 ||
                                   size != storage.count * storage.item_size))
      return torn(cat("has ",
                      size,
                      " bytes of storage ",
                      name,
                      " where ",
                      storage.count,
                      " x ",
                      storage.item_size,
                      " belong"));
  }
  return {};
}

Result<TorchFacts> read_zip(const Slice& slice, const TorchLimits& limits) {
  const auto directory = read_torch_directory(slice, limits);
  if (!directory) return directory.error();
  const auto folder = folder_of(*directory);
  if (!folder) return folder.error();
  const ZipRecord* object = directory->find(*folder + "data.pkl");
  if (object == nullptr || directory->find(*folder + "version") == nullptr)
    return torn("is a zip archive, but lacks data.pkl or version of torch.save");
  if (object->size > limits.index_bytes)
    return unsupported(cat("has a data.pkl of ", object->size, " bytes, over the limit"));
  const auto bytes = slice.read(object->payload, static_cast<std::size_t>(object->size));
  if (!bytes) return bytes.error();
  TorchStorages storages;
  const auto pickle = Pickle::read(as_bytes(*bytes), 0, &storages, {limits.index_bytes});
  if (!pickle) return Failure(pickle.error()).within("data.pkl");
  TorchFacts facts;
  for (const ZipRecord& record : directory->records)
    if (record.crc == 0 && record.size != 0) facts.checksums = false;
  read_facts(*pickle, facts);
  if (auto good = check_storages(storages, *directory, *folder); !good) return good.error();
  return facts;
}

}  // namespace

Result<ZipDirectory> read_torch_directory(const Slice& slice, const TorchLimits& limits) {
  auto directory = read_zip_directory(slice, limits.index_bytes);
  if (!directory) return directory.error();
  if (auto good = check_zip_records(slice, *directory); !good) return good.error();
  return directory;
}

Result<void> check_torch_edges(const Slice& slice) {
  if (is_legacy_torch(slice)) return {};
  const auto end = read_zip_end(slice);
  if (!end) return end.error();
  return {};
}

Result<TorchFacts> read_torch(const Slice& slice, const TorchLimits& limits) {
  return is_legacy_torch(slice) ? read_legacy_torch(slice, limits) : read_zip(slice, limits);
}

}  // namespace holdfast::checkpoint
