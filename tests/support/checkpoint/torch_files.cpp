// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/torch_files.hpp"

#include "checkpoint/formats/checksum.hpp"
#include "support/checkpoint/little.hpp"

#include <bit>

namespace holdfast::checkpoint::testing {

namespace {

constexpr std::size_t alignment = 64;

std::string local_header(const std::string& name, std::size_t at) {
  // The payload begins on a multiple of 64 bytes; the extra field FB fills up to it.
  const std::size_t bare = at + 30 + name.size() + 4;
  const std::size_t padding = (alignment - bare % alignment) % alignment;
  std::string out = "PK\3\4";
  out += little_bytes<std::uint16_t>(0) + little_bytes<std::uint16_t>(0x0808);
  out += std::string(2 + 2 + 2 + 4 + 4 + 4, '\0');  // method, time, date, sum and sizes to follow
  out += little_bytes<std::uint16_t>(name.size()) + little_bytes<std::uint16_t>(padding + 4);
  out += name + "FB" + little_bytes<std::uint16_t>(padding) + std::string(padding, 'Z');
  return out;
}

std::string central_entry(const ZipEntry& entry,
                          const std::string& name,
                          std::uint32_t crc,
                          std::size_t at) {
  std::string out = "PK\1\2";
  out += std::string(4, '\0') + little_bytes<std::uint16_t>(0x0808) + std::string(6, '\0');
  out += little_bytes<std::uint32_t>(crc);
  out += little_bytes<std::uint32_t>(entry.bytes.size()) +
         little_bytes<std::uint32_t>(entry.bytes.size());
  out += little_bytes<std::uint16_t>(name.size()) + std::string(2 + 2 + 2 + 2 + 4, '\0');
  out += little_bytes<std::uint32_t>(at) + name;
  return out;
}

std::string end_records(std::size_t entries, std::size_t size, std::size_t offset) {
  std::string out = "PK\6\6" + little_bytes<std::uint64_t>(44) + little_bytes<std::uint16_t>(798) +
                    little_bytes<std::uint16_t>(45) + std::string(8, '\0');
  out += little_bytes<std::uint64_t>(entries) + little_bytes<std::uint64_t>(entries);
  out += little_bytes<std::uint64_t>(size) + little_bytes<std::uint64_t>(offset);
  out += "PK\6\7" + std::string(4, '\0') + little_bytes<std::uint64_t>(offset + size) +
         little_bytes<std::uint32_t>(1);
  out += "PK\5\6" + std::string(4, '\0');
  out += little_bytes<std::uint16_t>(entries) + little_bytes<std::uint16_t>(entries);
  out += little_bytes<std::uint32_t>(size) + little_bytes<std::uint32_t>(offset);
  return out + std::string(2, '\0');
}

Py storage_id(std::size_t key, std::uint64_t elements, bool legacy) {
  std::vector<Py> parts{text("storage"),
                        global("torch", "FloatStorage"),
                        text(std::to_string(key)),
                        text("cpu"),
                        integer(static_cast<std::int64_t>(elements))};
  if (legacy) parts.push_back(none());
  return tuple(std::move(parts));
}

}  // namespace

std::string torch_zip(const std::vector<ZipEntry>& entries, const ZipStyle& style) {
  std::string out;
  std::string central;
  for (const ZipEntry& entry : entries) {
    const std::string name = style.folder + "/" + entry.name;
    const std::uint32_t crc = style.checksums ? crc32(0, as_bytes(entry.bytes)) : 0;
    central += central_entry(entry, name, crc, out.size());
    out += local_header(name, out.size()) + entry.bytes;
    out += "PK\7\10" + little_bytes<std::uint32_t>(crc);
    out += little_bytes<std::uint32_t>(entry.bytes.size()) +
           little_bytes<std::uint32_t>(entry.bytes.size());
  }
  const std::size_t offset = out.size();
  return out + central + end_records(entries.size(), central.size(), offset);
}

std::string floats(std::uint64_t count, std::uint64_t seed) {
  std::string bytes;
  std::uint64_t state = seed * 2654435761U + 12345;
  for (std::uint64_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const float value = 1.0F + static_cast<float>(state >> 40) / 16777216.0F;
    bytes += little_bytes<std::uint32_t>(std::bit_cast<std::uint32_t>(value));
  }
  return bytes;
}

Py TorchState::tensor(std::uint64_t elements, std::uint64_t seed) {
  const std::size_t key = storages_.size();
  storages_.push_back(floats(elements, seed));
  const Py size = tuple({integer(static_cast<std::int64_t>(elements))});
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              tuple({persistent(storage_id(key, elements, false)),
                     integer(0),
                     size,
                     tuple({integer(1)}),
                     truth(false),
                     ordered_dict({})}));
}

std::string TorchState::save(const Py& object, const ZipStyle& style) const {
  std::vector<ZipEntry> entries{{"data.pkl", pickle(object, 2)}, {"byteorder", "little"}};
  for (std::size_t key = 0; key < storages_.size(); ++key)
    entries.push_back({"data/" + std::to_string(key), storages_[key]});
  entries.push_back({"version", "3\n"});
  entries.push_back({".data/serialization_id", "0123456789012345678901234567890123456789"});
  return torch_zip(entries, style);
}

std::string TorchState::save_legacy(const Py& object) const {
  std::string out("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", 15);
  out += pickle(integer(1001), 2);
  out += pickle(dict(std::vector<std::pair<std::string, Py>>{{"protocol_version", integer(1001)},
                                                             {"little_endian", truth(true)}}),
                2);
  out += pickle(object, 2);
  std::vector<Py> keys;
  for (std::size_t key = 0; key < storages_.size(); ++key)
    keys.push_back(text(std::to_string(key)));
  out += pickle(list(std::move(keys)), 2);
  for (const std::string& storage : storages_)
    out += little_bytes<std::uint64_t>(storage.size() / 4) + storage;
  return out;
}

std::string training_state(std::uint64_t step,
                           std::uint64_t seed,
                           std::vector<std::pair<std::string, Py>> more,
                           const ZipStyle& style) {
  TorchState state;
  const Py weight = state.tensor(3000, seed);
  const Py bias = state.tensor(40, seed + 1);
  const Py moment = state.tensor(3000, seed + 2);
  std::vector<std::pair<std::string, Py>> items{
      {"model", ordered_dict({{"weight", weight}, {"bias", bias}})},
      {"optimizer", dict(std::vector<std::pair<std::string, Py>>{{"exp_avg", moment}})},
      {"step", integer(static_cast<std::int64_t>(step))}};
  for (auto& pair : more)
    items.push_back(std::move(pair));
  return state.save(dict(std::move(items)), style);
}

std::string safetensors(const std::vector<std::pair<std::string, std::uint64_t>>& sizes,
                        std::uint64_t seed) {
  std::string header = R"({"__metadata__":{"format":"pt"})";
  std::string data;
  for (const auto& [name, elements] : sizes) {
    const std::size_t begin = data.size();
    data += floats(elements, seed++);
    header += ",\"" + name + R"(":{"dtype":"F32","shape":[)" + std::to_string(elements) +
              R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(data.size()) +
              "]}";
  }
  header += "}";
  while (header.size() % 8 != 0)
    header += ' ';
  return little_bytes<std::uint64_t>(header.size()) + header + data;
}

}  // namespace holdfast::checkpoint::testing
