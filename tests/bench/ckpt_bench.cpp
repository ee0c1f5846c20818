// SPDX-License-Identifier: Apache-2.0
// How fast the catalogue is, measured against the file system itself in the same run:
//   ckpt-bench list DIR [CHECKPOINTS [FILES]]
// makes that many of that many files, lists and judges them;
//   ckpt-bench deep DIR [MEGABYTES]
// verifies one file and reads the same file plainly, in turns and on one core, out of the page
// cache and from the device, and prints the ratio of the best. DIR must not be there; it is removed
// at the end.
#include "checkpoint/formats/checksum.hpp"
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/payload.hpp"
#include "holdfast/common/text.hpp"
#include "support/checkpoint/other_files.hpp"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace holdfast::checkpoint {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int rounds = 15;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Time now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// Checkpoints of SCR's kind would need maps; directories with a marker are the same work for the
/// listing and need no format.
void make_tree(const fs::path& root, unsigned checkpoints, unsigned files) {
  for (unsigned step = 1; step <= checkpoints; ++step) {
    const fs::path path = root / cat("step-", step);
    fs::create_directories(path);
    for (unsigned file = 0; file + 1 < files; ++file)
      write(path / cat("shard-", file, ".bin"), "x");
    write(path / "DONE", "");
  }
}

int bench_list(const std::string& root, unsigned checkpoints, unsigned files) {
  make_tree(root, checkpoints, files);
  const auto disk = open_disk(root, Patience{});
  if (!disk) return 1;
  Wish wish;
  wish.marker = "DONE";
  wish.quiet = std::chrono::seconds(0);
  for (int round = 0; round < 2; ++round) {
    const auto begin = Clock::now();
    const auto all = read_catalogue(**disk, wish, now() + std::chrono::hours(1));
    if (!all) return 1;
    rusage usage{};
    (void)::getrusage(RUSAGE_SELF, &usage);
    std::cout << "listed and judged " << all->newest_first.size() << " checkpoints of " << files
              << " files in " << decimal(seconds_since(begin), 2) << " s, "
              << usage.ru_maxrss / 1024 << " MiB at most\n";
  }
  return 0;
}

/// What `cat FILE >/dev/null` does, with cat's pieces or with larger ones.
std::uint64_t read_plainly(const std::string& file, std::size_t piece_bytes) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> piece(piece_bytes);
  std::uint64_t sum = 0;
  for (ssize_t got = 1; got > 0; sum += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0)))
    got = ::read(descriptor, piece.data(), piece.size());
  (void)::close(descriptor);
  return sum;
}

/// What is read next of the file comes from the device.
void forget(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  (void)::fdatasync(descriptor);
  (void)::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  (void)::close(descriptor);
}

/// The best of several rounds, each figure for itself: what else runs on the machine only adds.
struct Best {
  double wall{1e9};
  double cpu{1e9};

  template <class Work>
  auto measure(const Work& work) {
    const auto begin = Clock::now();
    const double before = cpu_seconds();
    auto result = work();
    wall = std::min(wall, seconds_since(begin));
    cpu = std::min(cpu, cpu_seconds() - before);
    return result;
  }

 private:
  static double cpu_seconds() {
    timespec time{};
    (void)::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
};

void print_ratio(std::string_view what, const Best& plain, const Best& deep, double gib) {
  std::cout << what << decimal(gib / plain.wall, 2) << " GiB/s, deep verification "
            << decimal(gib / deep.wall, 2) << " GiB/s, ratio " << decimal(plain.wall / deep.wall, 2)
            << ", of CPU time " << decimal(plain.cpu / deep.cpu, 2) << '\n';
}

/// Prints the ratios; false: the file was not found good.
bool take_turns(const Disk& disk, const PayloadFile& file, const std::string& root, bool cached) {
  const std::string path = root + "/" + file.path;
  Best deep;
  Best as_cat;
  Best in_large_pieces;
  for (int round = 0; round < (cached ? rounds : rounds / 3); ++round) {
    if (!cached) forget(path);
    (void)as_cat.measure([&] { return read_plainly(path, std::size_t{128} << 10U); });
    if (!cached) forget(path);
    (void)in_large_pieces.measure([&] { return read_plainly(path, std::size_t{1} << 20U); });
    if (!cached) forget(path);
    const Judgement judgement = deep.measure([&] { return verify_payload(disk, file); });
    if (judgement.verdict != Verdict::good) return false;
  }
  const double gib = static_cast<double>(file.size) / (1U << 30U);
  std::cout << (cached ? "from the page cache" : "from the device") << " (bar 0.90):\n";
  print_ratio("  cat reads ", as_cat, deep, gib);
  print_ratio("  reading 1 MiB at a time ", in_large_pieces, deep, gib);
  return true;
}

/// All that runs from now on shares one core: the bar is per core.
void keep_to_one_core() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(static_cast<std::size_t>(std::max(::sched_getcpu(), 0)), &mask);
  (void)::sched_setaffinity(0, sizeof mask, &mask);
}

int bench_deep(const std::string& root, unsigned megabytes) {
  keep_to_one_core();
  fs::create_directories(root);
  const std::string tensor = testing::payload_bytes(1, std::size_t{megabytes} << 20U);
  write(fs::path(root) / "ckpt-1.data-00000-of-00001", tensor);
  PayloadFile file;
  file.path = "ckpt-1.data-00000-of-00001";
  file.size = tensor.size();
  const auto disk = open_disk(root, Patience{});
  if (!disk) return 1;
  Claim claim;
  claim.length = file.size;
  claim.checksum = Checksum::crc32;
  claim.name = "the file";
  claim.expected = to_hex(crc32(0, as_bytes(tensor)));
  file.claims.push_back(claim);
  for (const bool cached : {true, false})
    if (!take_turns(**disk, file, root, cached)) return 1;
  return 0;
}

unsigned number_at(const std::vector<std::string>& words, std::size_t at, unsigned without) {
  return words.size() > at ? parse_number<unsigned>(words[at]).value_or(without) : without;
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 2 || (words[0] != "list" && words[0] != "deep")) {
    std::cerr << "usage: ckpt-bench list DIR [CHECKPOINTS [FILES]] | deep DIR [MEGABYTES]\n";
    return 2;
  }
  if (fs::exists(words[1])) {
    std::cerr << "ckpt-bench: " << words[1] << " is there already; name a new directory\n";
    return 2;
  }
  const int status =
      words[0] == "list"
          ? bench_list(words[1], number_at(words, 2, 1000), number_at(words, 3, 1000))
          : bench_deep(words[1], number_at(words, 2, 1024));
  fs::remove_all(words[1]);
  return status;
}

}  // namespace
}  // namespace holdfast::checkpoint

int main(int argc, char** argv) { return holdfast::checkpoint::run({argv + 1, argv + argc}); }
