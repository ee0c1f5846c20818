// SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace holdfast::fake_nvml {

namespace {

constexpr unsigned most_gpus = 16;

struct Healthy {
  std::string_view word;
  std::int64_t value;
};

constexpr std::int64_t none = -1;  // a healthy H100 does not have it

// An idle H100 on an HGX board. The fabric's health word says "no" to each trouble.
constexpr Healthy healthy[] = {
    {"persistence", 1},
    {"ecc", 1},
    {"ecc_pending", 1},
    {"mig", 0},
    {"mig_pending", 0},
    {"compute_mode", 0},
    {"pstate", 0},
    {"application_clock", 1980},
    {"highest_clock", 1980},
    {"power_limit", 700'000},
    {"power_limit_default", 700'000},
    {"power", 75'000},
    {"utilization", 0},
    {"memory_busy", 0},
    {"ecc_uncorrected_volatile", 0},
    {"ecc_corrected_volatile", 0},
    {"ecc_uncorrected_aggregate", 0},
    {"ecc_corrected_aggregate", 0},
    {"sram_threshold", 0},
    {"sram_uncorrected", 0},
    {"remap_correctable", 0},
    {"remap_uncorrectable", 0},
    {"remap_pending", 0},
    {"remap_failed", 0},
    {"banks_without_spares", 0},
    {"retired_single", none},
    {"retired_double", none},
    {"retired_pending", none},
    {"unrepairable", 0},
    {"inforom_valid", 1},
    {"memory_total", 85'899'345'920},
    {"memory_reserved", 629'145'600},
    {"memory_used", 0},
    {"bar1", 137'438'953'472},
    {"pcie_width", 16},
    {"pcie_width_most", 16},
    {"pcie_generation", 5},
    {"pcie_generation_most", 5},
    {"pcie_replays", 0},
    {"pcie_rollovers", 0},
    {"pcie_fatal", 0},
    {"recovery_action", 0},
    {"nvlinks", 18},
    {"fabric_state", 3},
    {"fabric_status", 0},
    {"fabric_health", 0x11AA},
    {"fabric_summary", 1},
    {"c2c_links", none},
    {"c2c_active", none},
    {"clock_events", 1},
    {"temperature", 35},
    {"margin", 52},
    {"slowdown", 87},
    {"shutdown", 92},
    {"memory_temperature", 40},
};

constexpr Healthy healthy_link[] = {
    {"active", 1}, {"speed", 26'562}, {"replays", 0}, {"recoveries", 0}, {"crc", 0}};

/// "nvlink7_replays" is "replays" of a link.
std::optional<std::int64_t> healthy_value(std::string_view word) {
  const auto* const found = std::ranges::find(healthy, word, &Healthy::word);
  if (found != std::end(healthy)) return found->value;
  if (!word.starts_with("nvlink")) return std::nullopt;
  const auto part = word.substr(std::min(word.find('_'), word.size() - 1) + 1);
  const auto* const link = std::ranges::find(healthy_link, part, &Healthy::word);
  return link != std::end(healthy_link) ? std::optional(link->value) : std::nullopt;
}

template <class Number>
bool read(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end;
}

std::string rest_of(std::istringstream& line) {
  std::string rest;
  std::getline(line >> std::ws, rest);
  return rest;
}

/// "error F 9", "hang F", "delay F 20"
bool set_trouble(Trouble& trouble, const std::string& word, std::istringstream& line) {
  std::string function;
  line >> function;
  if (function.empty()) return false;
  if (word == "hang") return trouble.hangs.insert(function).second;
  if (word == "error") return read(rest_of(line), trouble.errors[function]);
  return read(rest_of(line), trouble.delays_ms[function]);
}

bool is_trouble(std::string_view word) {
  return word == "error" || word == "hang" || word == "delay";
}

bool set_process(Gpu& gpu, std::istringstream& line) {
  RunningProcess process;
  if (!(line >> process.pid >> process.bytes)) return false;
  gpu.processes.push_back(process);
  return true;
}

bool set_gpu(Gpu& gpu, const std::string& word, const std::string& rest) {
  constexpr std::string_view texts[] = {
      "model", "uuid", "serial", "vbios", "inforom", "gsp", "pci"};
  std::istringstream line(rest);
  if (word == "lost") return gpu.lost = true;
  if (word == "vanished") return gpu.vanished = true;
  if (is_trouble(word)) return set_trouble(gpu.trouble, word, line);
  if (word == "process") return set_process(gpu, line);
  if (std::ranges::find(texts, word) != std::end(texts)) {
    gpu.texts[word] = rest;
    return true;
  }
  if (!is_number_word(word)) return false;
  if (rest == "unsupported") {
    gpu.unsupported.insert(word);
    return true;
  }
  gpu.unsupported.erase(word);
  return read(rest, gpu.numbers[word]);
}

bool set_gpus(std::vector<Gpu>& gpus, std::istringstream& line) {
  std::string which;
  std::string word;
  line >> which >> word;
  const std::string rest = rest_of(line);
  if (which == "*")
    return std::ranges::all_of(gpus, [&](Gpu& gpu) { return set_gpu(gpu, word, rest); });
  std::size_t index{};
  return read(which, index) && index < gpus.size() && set_gpu(gpus[index], word, rest);
}

bool set(State& state, const std::string& text) {
  std::istringstream line(text.substr(0, text.find('#')));
  std::string word;
  if (!(line >> word)) return true;
  if (word == "gpu") return set_gpus(state.gpus, line);
  if (is_trouble(word)) return set_trouble(state.trouble, word, line);
  const std::string rest = rest_of(line);
  if (word == "driver") {
    state.driver = rest;
    return true;
  }
  if (word == "cuda") return read(rest, state.cuda);
  unsigned count{};
  if (word != "gpus" || !read(rest, count) || count > most_gpus) return false;
  state.gpus.resize(count);
  return true;
}

}  // namespace

bool is_number_word(std::string_view word) { return healthy_value(word).has_value(); }

std::optional<std::int64_t> Gpu::number(std::string_view word) const {
  if (unsupported.contains(word)) return std::nullopt;
  const auto own = numbers.find(word);
  if (own != numbers.end()) return own->second;
  const auto value = healthy_value(word);
  return value == none ? std::nullopt : value;
}

State parse_state(std::string_view text) {
  State state;
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line))
    if (!set(state, line)) state.understood = false;
  return state;
}

}  // namespace holdfast::fake_nvml
