// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/other_files.hpp"

#include "checkpoint/formats/checksum.hpp"
#include "support/checkpoint/little.hpp"

#include <algorithm>
#include <cstring>

namespace holdfast::checkpoint::testing {

namespace {

constexpr std::string_view lammps_words{"LammpS RestartT\0", 16};

std::string masked_crc(std::string_view bytes) {
  return little_bytes<std::uint32_t>(masked(crc32c(0, as_bytes(bytes))));
}

/// A block with its restart array, then the byte that says "not compressed" and its sum.
std::string block(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string bytes;
  std::string before;
  for (const auto& [key, value] : entries) {
    std::size_t shared = 0;
    while (shared < key.size() && shared < before.size() && key[shared] == before[shared])
      ++shared;
    bytes += varint(shared) + varint(key.size() - shared) + varint(value.size());
    bytes += key.substr(shared) + value;
    before = key;
  }
  return bytes + little_bytes<std::uint32_t>(0) + little_bytes<std::uint32_t>(1);
}

std::string handle(std::size_t offset, std::size_t size) { return varint(offset) + varint(size); }

std::string field(unsigned number, std::uint64_t value) {
  return varint(number << 3U) + varint(value);
}

std::string field(unsigned number, const std::string& message) {
  return varint(number << 3U | 2U) + varint(message.size()) + message;
}

/// A BundleEntryProto.
std::string entry(std::uint64_t type,
                  std::uint64_t elements,
                  std::uint64_t shard,
                  std::uint64_t offset,
                  std::uint64_t size,
                  std::uint32_t crc) {
  std::string message = field(1, type) + field(2, field(2, field(1, elements)));
  if (shard != 0) message += field(3, shard);
  if (offset != 0) message += field(4, offset);
  message += field(5, size) + varint(6U << 3U | 5U) + little_bytes<std::uint32_t>(masked(crc));
  return message;
}

/// Two strings as a string tensor, and the sum over it.
std::pair<std::string, std::uint32_t> strings_tensor() {
  const std::vector<std::string> strings{"_CHECKPOINTABLE", std::string(300, 'g')};
  std::string lengths;
  std::string numbers;
  std::string all;
  for (const std::string& one : strings) {
    lengths += varint(one.size());
    numbers += little_bytes<std::uint32_t>(one.size());
    all += one;
  }
  const std::uint32_t of_lengths = crc32c(0, as_bytes(numbers));
  const std::string kept = little_bytes<std::uint32_t>(masked(of_lengths));
  const std::uint32_t crc = crc32c(crc32c(of_lengths, as_bytes(kept)), as_bytes(all));
  return {lengths + kept + all, crc};
}

std::string packed(const std::vector<Branch>& branches) {
  std::string bytes = big_bytes<std::uint32_t>(branches.size());
  for (const Branch& branch : branches)
    bytes += branch.key + '\0' + packed(branch.branches);
  return bytes;
}

std::string xdr_string(const std::string& text) {
  return big_bytes<std::uint32_t>(text.size()) + text +
         std::string((4 - text.size() % 4) % 4, '\0');
}

std::string gromacs_outputs(const Outputs& outputs) {
  constexpr std::size_t most_summed = 1048576;
  std::string list = big_bytes<std::uint32_t>(outputs.size());
  for (const auto& [name, contents] : outputs) {
    const std::string_view end =
        std::string_view(contents).substr(contents.size() - std::min(contents.size(), most_summed));
    Sum sum(Checksum::md5);
    sum.add(as_bytes(end));
    list += xdr_string(name) + big_bytes<std::uint64_t>(contents.size()) +
            big_bytes<std::uint32_t>(end.size());
    const std::string hex = sum.finish();
    for (std::size_t at = 0; at < hex.size(); at += 2)
      list += big_bytes<std::uint32_t>(std::stoul(hex.substr(at, 2), nullptr, 16));
  }
  return list + std::string(8, '\0');  // no module has anything to add
}

std::string record(std::uint32_t number, std::uint32_t value) {
  return little_bytes<std::uint32_t>(number) + little_bytes<std::uint32_t>(value);
}

std::string lammps_head(std::uint64_t step) {
  const std::string version{"29 Sep 2021\0", 12};
  return std::string(lammps_words) + record(1, 2) + record(0, 12) + version + record(1, 4) +
         record(48, 4) + record(2, 4) + record(3, 8) + record(4, 3) + std::string("lj\0", 3) +
         little_bytes<std::uint32_t>(5) + little_bytes<std::uint64_t>(step);
}

std::string five(unsigned number) {
  const std::string digits = std::to_string(number);
  return std::string(5 - digits.size(), '0') + digits;
}

}  // namespace

std::string payload_bytes(std::uint64_t seed, std::size_t length) {
  std::string bytes;
  std::uint64_t state = seed * 2 + 1;
  while (bytes.size() < length) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    bytes += static_cast<char>(state >> 56U | 1U);  // no zero: a zero is what damage looks like
  }
  return bytes;
}

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7U)
    bytes += static_cast<char>(number | 0x80U);
  return bytes + static_cast<char>(number);
}

std::string sstable(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string file;
  const auto add = [&](const std::string& content) {
    const std::string place = handle(file.size(), content.size());
    const std::string covered = content + '\0';
    file += covered + masked_crc(covered);
    return place;
  };
  const std::string data = add(block(entries));
  const std::string meta = add(block({}));
  const std::string index = add(block({{entries.back().first + "~", data}}));
  std::string footer = meta + index;
  footer.resize(40, '\0');
  return file + footer + little_bytes<std::uint64_t>(0xdb4775248b80fb57ULL);
}

std::vector<NewFile> tensorflow_files(const std::string& prefix,
                                      std::uint64_t seed,
                                      unsigned shards) {
  constexpr std::uint64_t type_float = 1;
  constexpr std::uint64_t type_string = 7;
  std::vector<NewFile> files;
  std::vector<std::pair<std::string, std::string>> index{
      {"", field(1, shards) + field(3, field(1, 1))}};
  const auto [strings, strings_crc] = strings_tensor();
  index.emplace_back("_GRAPH", entry(type_string, 2, 0, 0, strings.size(), strings_crc));
  for (unsigned shard = 0; shard < shards; ++shard) {
    const std::string tensor = payload_bytes(seed + shard, 24'000);
    const std::uint64_t offset = shard == 0 ? strings.size() : 0;
    index.emplace_back(
        "w" + five(shard),
        entry(type_float, 6000, shard, offset, tensor.size(), crc32c(0, as_bytes(tensor))));
    files.push_back({prefix + ".data-" + five(shard) + "-of-" + five(shards),
                     (shard == 0 ? strings : std::string()) + tensor});
  }
  files.push_back({prefix + ".index", sstable(index)});
  return files;
}

std::string kvtree(const std::vector<Branch>& branches) {
  const std::string tree = packed(branches);
  std::string file = big_bytes<std::uint32_t>(0x951fc3f5) + big_bytes<std::uint16_t>(1) +
                     big_bytes<std::uint16_t>(1) + big_bytes<std::uint64_t>(tree.size() + 24) +
                     big_bytes<std::uint32_t>(1) + tree;
  return file + big_bytes<std::uint32_t>(crc32(0, as_bytes(file)));
}

std::string ocdbt_manifest(std::uint64_t seed) {
  const std::string body = payload_bytes(seed, 700);
  const std::size_t length = 4 + 8 + 1 + 1 + body.size() + 4;
  std::string file = big_bytes<std::uint32_t>(0x0cdb3a2a) + little_bytes<std::uint64_t>(length) +
                     varint(0) + varint(1) + body;
  return file + little_bytes<std::uint32_t>(crc32c(0, as_bytes(file)));
}

std::string veloc_file(std::uint64_t seed) {
  const std::string first = payload_bytes(seed, 9000);
  const std::string second = payload_bytes(seed + 1, 3000);
  return little_bytes<std::uint64_t>(2) + little_bytes<std::uint32_t>(0) +
         little_bytes<std::uint64_t>(first.size()) + little_bytes<std::uint32_t>(7) +
         little_bytes<std::uint64_t>(second.size()) + first + second;
}

std::string dmtcp_image(std::uint64_t seed) {
  std::string head = "DMTCP_CHECKPOINT_IMAGE_v4.0\n";
  head.resize(4096, 'h');
  std::string end(4096, '\0');
  for (std::size_t i = 16; i < 24; ++i)
    end[i] = '\xff';
  end.replace(88, 11, "End of data");
  return head + payload_bytes(seed, 12'288) + end;
}

std::string gromacs_checkpoint(std::uint64_t step, const Outputs& outputs) {
  std::string file = big_bytes<std::uint32_t>(171817);
  for (const char* text : {"2022.5", "", "", "", "gmx mdrun", "Sun Nov 22 2026"})
    file += xdr_string(text);
  file += big_bytes<std::uint32_t>(22) + big_bytes<std::uint32_t>(0) + xdr_string("node1");
  for (const unsigned number :
       {216U, 1U, 10U, 1U, 0U, 0U})  // atoms, groups, chains, lambdas, integrator
    file += big_bytes<std::uint32_t>(number);
  file += big_bytes<std::uint32_t>(3) + big_bytes<std::uint64_t>(step);
  return file + payload_bytes(step, 20'000) + gromacs_outputs(outputs) +
         big_bytes<std::uint32_t>(171819);
}

std::string lammps_restart(std::uint64_t step) {
  return lammps_head(step) + payload_bytes(step, 20'000) + std::string(lammps_words);
}

std::string lammps_base(std::uint64_t step, std::uint32_t pieces) {
  return lammps_head(step) + payload_bytes(step, 600) + record(44, pieces) + record(45, 0) +
         little_bytes<std::uint32_t>(0xffffffff) + std::string(lammps_words);
}

std::string lammps_piece(std::uint64_t seed) {
  return record(46, 1) + payload_bytes(seed, 9000) + std::string(lammps_words);
}

std::string flax_msgpack(std::uint64_t step, bool apart) {
  const auto text = [](const std::string& word) {
    return static_cast<char>(0xa0U | word.size()) + word;
  };
  const std::string array = payload_bytes(step, 20'000);
  std::string file = "\x82" + text("step") + "\xcf" + big_bytes<std::uint64_t>(step);
  file += text("params") + "\x81" + text("w");
  if (apart) return file + text("//GDAPlaceholder:params.w");
  return file + "\xc9" + big_bytes<std::uint32_t>(array.size()) + '\x01' + array;
}

}  // namespace holdfast::checkpoint::testing
