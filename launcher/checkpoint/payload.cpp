// SPDX-License-Identifier: Apache-2.0
// Reading every byte that has a checksum. Claims that lie close together share one stream, so that
// a file of a thousand small tensors is read like a large one; memory is that of a few pieces.
#include "holdfast/checkpoint/payload.hpp"

#include "checkpoint/examination.hpp"
#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/torch.hpp"
#include "checkpoint/formats/zip.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint64_t worth_skipping = std::uint64_t{256} << 10;  // a smaller gap is read over

Failure stopped() { return {FailureKind::timed_out, "was not read to its end: stopped", "", {}}; }

std::uint64_t end_of(const Claim& claim) { return claim.offset + claim.length; }

/// Feeds one stream of bytes to the claims that lie in it, ascending and apart.
class Comparison {
 public:
  Comparison(std::span<const Claim> claims, std::uint64_t at) : claims_(claims), at_(at) {}

  Result<void> take(Bytes bytes) {
    while (!bytes.empty() && !claims_.empty()) {
      const Claim& claim = claims_.front();
      if (at_ < claim.offset) {
        skip(bytes, claim.offset - at_);
        continue;
      }
      if (!sum_) sum_.emplace(claim.checksum);
      const std::size_t part = clip(bytes, end_of(claim) - at_);
      sum_->add(bytes.first(part));
      skip(bytes, part);
      if (auto done = close_claims(); !done) return done;
    }
    at_ += bytes.size();
    return {};
  }

  /// Claims that end here are compared; those of no length begin and end at once.
  Result<void> close_claims() {
    while (!claims_.empty() && at_ >= end_of(claims_.front())) {
      const Claim& claim = claims_.front();
      if (!sum_) sum_.emplace(claim.checksum);
      const std::string sum = sum_->finish();
      if (sum != claim.expected)
        return torn(cat("is damaged in ",
                        claim.name,
                        ": its bytes sum up to ",
                        sum,
                        ", not to ",
                        claim.expected));
      sum_.reset();
      claims_ = claims_.subspan(1);
    }
    return {};
  }

  [[nodiscard]] bool finished() const { return claims_.empty(); }

 private:
  static std::size_t clip(Bytes bytes, std::uint64_t most) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), most));
  }
  void skip(Bytes& bytes, std::uint64_t most) {
    const std::size_t part = clip(bytes, most);
    bytes = bytes.subspan(part);
    at_ += part;
  }

  std::span<const Claim> claims_;
  std::uint64_t at_;
  std::optional<Sum> sum_;
};

/// The leading claims that one stream serves.
std::size_t run_length(std::span<const Claim> claims) {
  std::size_t count = 1;
  while (count < claims.size()) {
    const std::uint64_t end = end_of(claims[count - 1]);
    if (claims[count].offset < end || claims[count].offset - end > worth_skipping) break;
    ++count;
  }
  return count;
}

Result<void> compare(const File& file, std::span<const Claim> claims, const Progress& progress) {
  while (!claims.empty()) {
    const std::size_t count = run_length(claims);
    const std::uint64_t begin = claims.front().offset;
    const std::uint64_t end = end_of(claims[count - 1]);
    if (end > file.status().size || begin > end)
      return torn(cat("ends before ", claims[count - 1].name));
    Comparison comparison(claims.first(count), begin);
    if (auto done = comparison.close_claims(); !done) return done;
    auto read = file.stream(begin, end - begin, [&](Bytes bytes) -> Result<void> {
      if (progress && !progress(bytes.size())) return stopped();
      return comparison.take(bytes);
    });
    if (!read) return read;
    if (!comparison.finished())
      return torn(
          cat("ends before ", claims[count - 1].name, ", although it was listed as longer"));
    claims = claims.subspan(count);
  }
  return {};
}

/// The records of an archive as claims on the file it lies in.
Result<std::vector<Claim>> claims_of_zip(const File& file, const Claim& archive, Flags& flags) {
  const Slice slice(file, archive.offset, archive.length);
  if (is_legacy_torch(slice)) {
    flags.insert(Flag::no_checksum);
    return std::vector<Claim>();
  }
  const auto directory = read_torch_directory(slice);
  if (!directory) return directory.error();
  std::vector<Claim> claims;
  for (const ZipRecord& record : directory->records) {
    if (record.crc == 0 && record.size != 0) {
      flags.insert(Flag::no_checksum);
      continue;
    }
    claims.push_back({archive.offset + record.payload,
                      record.size,
                      Checksum::crc32,
                      to_hex(record.crc),
                      cat("record ", record.name)});
  }
  return claims;
}

Result<void> compare_all(const File& file,
                         const PayloadFile& listed,
                         const Progress& progress,
                         Flags& flags) {
  std::vector<Claim> plain;
  for (const Claim& claim : listed.claims) {
    if (claim.checksum == Checksum::none) {
      flags.insert(Flag::no_checksum);
    } else if (claim.checksum != Checksum::torch_zip) {
      plain.push_back(claim);
    } else {
      const auto records = claims_of_zip(file, claim, flags);
      if (!records) return records.error();
      if (auto same = compare(file, *records, progress); !same) return same;
    }
  }
  return compare(file, plain, progress);
}

}  // namespace

Judgement verify_payload(const Disk& disk, const PayloadFile& file, const Progress& progress) {
  Judgement judgement;
  judgement.verdict = Verdict::good;
  judgement.reached = Level::payload;
  if (file.claims.empty()) judgement.flags.insert(Flag::no_checksum);
  const auto blame = [&](const Failure& failure) {
    judgement.vanished = failure.kind == FailureKind::not_found;
    judgement.verdict = verdict_of(failure);
    judgement.why = cat(file.path, ' ', failure.sentence());
    judgement.findings.push_back({file.path, judgement.verdict, Level::payload, judgement.why});
  };
  const auto opened = disk.open(file.path);
  if (!opened) {
    blame(opened.error());
    return judgement;
  }
  const std::uint64_t size = (*opened)->status().size;
  if (size < file.size || (size != file.size && !file.grows))
    blame(torn(cat("is ", size, " bytes long and was listed with ", file.size)));
  else if (auto same = compare_all(**opened, file, progress, judgement.flags); !same)
    blame(same.error());
  else
    judgement.why = cat(file.path, " is sound to the last byte that has a checksum");
  return judgement;
}

void merge(Judgement& whole, const Judgement& part) {
  const Verdict before = whole.verdict;
  whole.verdict = worse(before, part.verdict);
  if (whole.verdict != before) {
    whole.why = part.why;
    whole.reached = part.reached;
  }
  whole.flags |= part.flags;
  whole.vanished = whole.vanished || part.vanished;
  whole.findings.insert(whole.findings.end(), part.findings.begin(), part.findings.end());
}

}  // namespace holdfast::checkpoint
