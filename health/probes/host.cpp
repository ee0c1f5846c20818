// SPDX-License-Identifier: Apache-2.0
// Memory and CPUs.
#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace holdfast::health {

namespace {

constexpr const char* cpus = "sys/devices/system/cpu";
constexpr const char* edac = "sys/devices/system/edac/mc";

/// "MemTotal:  16384 kB" of /proc/meminfo, in bytes where the line says kB.
Fact<std::uint64_t> meminfo(const Fact<std::string>& text, std::string_view key) {
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  for (const std::string_view line : split(*text, '\n')) {
    if (!line.starts_with(key) || line.substr(key.size()).substr(0, 1) != ":") continue;
    const std::string_view value = trim(line.substr(key.size() + 1));
    auto number = number_in(value.substr(0, value.find(' ')), key);
    if (number.known() && value.ends_with(" kB")) *number *= 1024;
    return number;
  }
  return Fact<std::uint64_t>::lacking(cat(key, " is not told by this kernel"));
}

/// "always [madvise] never": the word in brackets.
Fact<std::string> chosen_word(const Fact<std::string>& text) {
  if (!text.known()) return text;
  const auto open = text->find('[');
  const auto close = text->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open)
    return Fact<std::string>::unseen("no word is in brackets");
  return text->substr(open + 1, close - open - 1);
}

/// Free blocks of order 9 of the poorest NUMA node, zone Normal: what huge pages are made of. One
/// of a higher order is as many as fit in it. Columns 4 on are orders 0, 1, …
Fact<std::uint64_t> large_free_blocks(const Fact<std::string>& text) {
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  std::uint64_t poorest = std::numeric_limits<std::uint64_t>::max();
  for (const std::string_view line : split(*text, '\n')) {
    if (line.find("zone   Normal") == std::string_view::npos) continue;
    std::uint64_t large = 0;
    std::size_t column = 0;
    for (const std::string_view word : split(line.substr(line.find("Normal") + 6), ' ')) {
      const auto number = parse_number<std::uint64_t>(word);
      if (!number) continue;
      if (column >= 9 && column < 32) large += *number << (column - 9);
      ++column;
    }
    poorest = std::min(poorest, large);
  }
  if (poorest == std::numeric_limits<std::uint64_t>::max())
    return Fact<std::uint64_t>::lacking("no zone Normal");
  return poorest;
}

Fact<std::vector<EdacFacts>> edac_controllers(const Tree& tree) {
  const auto names = tree.names(edac);
  if (!names.known()) return Fact<std::vector<EdacFacts>>::missing(names.gap(), names.why());
  std::vector<EdacFacts> out;
  out.reserve(names->size());
  for (const std::string& name : *names)
    if (name.starts_with("mc") && name.size() > 2 && name[2] >= '0' && name[2] <= '9')
      out.push_back({name,
                     tree.number(cat(edac, '/', name, "/ce_count")),
                     tree.number(cat(edac, '/', name, "/ue_count"))});
  if (out.empty()) return Fact<std::vector<EdacFacts>>::lacking("no memory controller reports");
  return out;
}

Fact<CpuSet> cpu_list(const Tree& tree, const char* name) {
  const auto text = tree.text(cat(cpus, '/', std::string_view(name)));
  if (!text.known()) return Fact<CpuSet>::missing(text.gap(), text.why());
  auto set = parse_cpu_list(*text);
  if (!set) return Fact<CpuSet>::unseen(set.error().what);
  return *set;
}

Fact<std::uint64_t> count_of(const Fact<CpuSet>& set) {
  return changed<std::uint64_t>(set, [](const CpuSet& all) { return std::uint64_t{all.size()}; });
}

/// "cpu MHz : 2400.000", once for each PU.
Fact<std::uint64_t> slowest_mhz(const Fact<std::string>& text) {
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  std::optional<std::uint64_t> slowest;
  for (const std::string_view line : split(*text, '\n')) {
    if (!line.starts_with("cpu MHz")) continue;
    const std::string_view value = trim(line.substr(std::min(line.find(':') + 1, line.size())));
    const auto mhz = parse_number<std::uint64_t>(value.substr(0, value.find('.')));
    if (mhz) slowest = std::min(slowest.value_or(*mhz), *mhz);
  }
  return slowest ? Fact<std::uint64_t>(*slowest)
                 : Fact<std::uint64_t>::lacking("not told by this kernel");
}

/// Which CPUs to ask one by one: all, or a few of a big node when time is short.
std::vector<unsigned> sample_of(const CpuSet& online, bool thorough) {
  constexpr std::size_t enough = 8;
  std::vector<unsigned> all(online.begin(), online.end());
  if (thorough || all.size() <= enough) return all;
  std::vector<unsigned> some;
  some.reserve(enough);
  for (std::size_t i = 0; i < enough; ++i)
    some.push_back(all[i * all.size() / enough]);
  return some;
}

/// Of all CPUs in every look: sums of different ones cannot be compared.
Fact<std::uint64_t> throttle_counts(const Tree& tree, const CpuSet& online) {
  std::uint64_t sum = 0;
  bool told = false;
  for (const unsigned cpu : online) {
    const auto count = tree.number(cat(cpus, "/cpu", cpu, "/thermal_throttle/core_throttle_count"));
    if (count.gap() == Gap::lacking && !count.known() && !told) break;  // all are of one kind
    told = told || count.known();
    sum += count.value_or(0);
  }
  return told ? Fact<std::uint64_t>(sum) : Fact<std::uint64_t>::lacking("no throttle counts");
}

void read_each_cpu(const Tree& tree, const CpuSet& online, bool thorough, CpuFacts& facts) {
  std::set<std::string> governors;
  std::set<std::uint64_t> sockets;
  for (const unsigned cpu : sample_of(online, thorough)) {
    const std::string folder = cat(cpus, "/cpu", cpu);
    if (auto governor = tree.text(cat(folder, "/cpufreq/scaling_governor")); governor.known())
      governors.insert(std::move(*governor));
    if (const auto socket = tree.number(cat(folder, "/topology/physical_package_id"));
        socket.known())
      sockets.insert(*socket);
  }
  if (!sockets.empty()) facts.sockets = std::uint64_t{sockets.size()};
  facts.governors = governors.empty()
                        ? Fact<std::vector<std::string>>::lacking("no frequency scaling")
                        : Fact<std::vector<std::string>>({governors.begin(), governors.end()});
  facts.throttled = throttle_counts(tree, online);
}

Fact<double> first_number(const Fact<std::string>& text) {
  if (!text.known()) return Fact<double>::missing(text.gap(), text.why());
  const auto parts = split(std::string_view(*text).substr(0, text->find(' ')), '.');
  const auto whole = parts.empty() ? std::nullopt : parse_number<std::uint64_t>(parts[0]);
  const auto hundredths = parts.size() == 2 ? parse_number<std::uint64_t>(parts[1]) : std::nullopt;
  if (!whole || !hundredths || parts[1].size() != 2) return Fact<double>::unseen("holds no load");
  return static_cast<double>(*whole) + static_cast<double>(*hundredths) / 100;
}

/// "some avg10=1.23 avg60=…" of the three files, as "cpu 1.23 memory 0.00 io 0.00".
Fact<std::string> pressure(const Tree& tree) {
  std::string out;
  for (const std::string_view of : {"cpu", "memory", "io"}) {
    auto text = tree.text(cat("proc/pressure/", of));
    if (!text.known()) return text;
    const auto at = text->find("avg10=");
    if (at == std::string::npos) return Fact<std::string>::unseen("holds no avg10");
    const std::string value = text->substr(at + 6, text->find(' ', at) - at - 6);
    out += cat(out.empty() ? "" : " ", of, ' ', value);
  }
  return out;
}

}  // namespace

void look_at_memory(const Tree& tree, Depth depth, Facts& facts) {
  const auto text = tree.text("proc/meminfo");
  MemoryFacts& memory = facts.memory;
  memory.total_bytes = meminfo(text, "MemTotal");
  memory.available_bytes = meminfo(text, "MemAvailable");
  memory.unreclaimable_bytes = meminfo(text, "SUnreclaim");
  memory.huge_pages = meminfo(text, "HugePages_Total");
  memory.huge_pages_free = meminfo(text, "HugePages_Free");
  memory.huge_bytes = meminfo(text, "Hugetlb");
  memory.transparent_huge_pages =
      chosen_word(tree.text("sys/kernel/mm/transparent_hugepage/enabled"));
  memory.edac = edac_controllers(tree);
  if (depth == Depth::quick) return;
  memory.large_free_blocks = large_free_blocks(tree.text("proc/buddyinfo"));
}

void look_at_cpu(const Tree& tree, Depth depth, Facts& facts) {
  const auto online = cpu_list(tree, "online");
  facts.cpu.online = count_of(online);
  facts.cpu.present = count_of(cpu_list(tree, "present"));
  facts.cpu.load_1m = first_number(tree.text("proc/loadavg"));
  if (depth == Depth::quick) return;
  const bool thorough = depth == Depth::thorough;
  if (online.known()) read_each_cpu(tree, *online, thorough, facts.cpu);
  constexpr std::size_t most_cpuinfo = std::size_t{4} << 20;
  if (thorough) facts.cpu.slowest_mhz = slowest_mhz(tree.long_text("proc/cpuinfo", most_cpuinfo));
  facts.cpu.pressure = pressure(tree);
}

}  // namespace holdfast::health
