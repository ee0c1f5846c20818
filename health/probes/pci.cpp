// SPDX-License-Identifier: Apache-2.0
// PCI functions that a GPU job depends on: GPUs, NICs, NVMe drives, NVSwitches, and the bridges
// between them and the root. A link is as narrow as its narrowest bridge.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace holdfast::health {

namespace {

constexpr const char* devices = "sys/bus/pci/devices";

/// "0x030200" and a vendor: what kind of device; empty for those nobody asks about. A VGA
/// controller of the board's management chip is no GPU.
std::string_view kind_of(std::uint64_t pci_class, std::string_view vendor) {
  const std::uint64_t base = pci_class >> 16U;
  const std::uint64_t sub = pci_class >> 8U;
  const bool gpu_vendor = vendor == "10de" || vendor == "1002";
  if (sub == 0x0302 || (sub == 0x0300 && gpu_vendor)) return "gpu";
  if (sub == 0x0380 && (vendor == "1002" || vendor == "8086")) return "gpu";
  if (base == 0x12 && gpu_vendor) return "gpu";
  if (base == 0x02) return "nic";
  if (sub == 0x0108) return "nvme";
  if (sub == 0x0680 && vendor == "10de") return "nvswitch";
  if (sub == 0x0604) return "bridge";
  return {};
}

/// Half of a board's functions are of a class that no vendor's would be asked about.
bool may_be_known(std::uint64_t pci_class) {
  return !kind_of(pci_class, "10de").empty() || !kind_of(pci_class, "1002").empty();  // 8086's too
}

std::string without_0x(const Fact<std::string>& text) {
  return text.known() ? std::string(text->starts_with("0x") ? text->substr(2) : *text)
                      : std::string();
}

/// "16.0 GT/s PCIe" in mega transfers.
Fact<std::uint64_t> speed(const Tree& tree, const std::string& path) {
  const auto text = tree.text(path);
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  if (text->starts_with("Unknown")) return Fact<std::uint64_t>::lacking("unknown to the kernel");
  const auto parts = split(std::string_view(*text).substr(0, text->find(' ')), '.');
  const auto whole = parts.empty() ? std::nullopt : parse_number<std::uint64_t>(parts[0]);
  const auto tenth = parts.size() == 2 && parts[1].size() == 1
                         ? parse_number<std::uint64_t>(parts[1])
                         : std::optional<std::uint64_t>(0);
  if (!whole || !tenth || *whole > 100'000)
    return Fact<std::uint64_t>::unseen(cat(path, " holds no speed"));
  return *whole * 1000 + *tenth * 100;
}

/// The kernel writes 0 or 255 lanes for a link it knows nothing about (also of a GPU that is gone).
Fact<std::uint64_t> width(const Tree& tree, const std::string& path) {
  auto lanes = tree.number(path);
  if (lanes.known() && (*lanes == 0 || *lanes > 32))
    return Fact<std::uint64_t>::lacking("unknown to the kernel");
  return lanes;
}

/// The line "TOTAL_ERR_COR 12" of an AER file.
Fact<std::uint64_t> aer_total(const Tree& tree, const std::string& path) {
  const auto text = tree.text(path);
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  for (const std::string_view line : split(*text, '\n')) {
    if (!line.starts_with("TOTAL_ERR_")) continue;
    const auto blank = line.find(' ');
    if (blank != std::string_view::npos) return number_in(trim(line.substr(blank)), path);
  }
  return Fact<std::uint64_t>::unseen(cat(path, " has no total"));
}

/// A device that fell off the bus reads all ones, also as its vendor.
Fact<bool> is_gone(const Tree& tree, const std::string& folder) {
  constexpr std::string_view all_ones = "\xff\xff";
  const auto vendor = tree.raw(cat(folder, "/config"), all_ones.size());
  return changed<bool>(vendor, [&](const std::string& bytes) { return bytes == all_ones; });
}

/// Whether a bridge sends what peers below it say to each other up to the root. The capability (ID
/// 13) lies beyond the first 256 bytes, which only root may read; its control word is 6 bytes in.
Fact<bool> redirects(const Tree& tree, const std::string& folder) {
  constexpr std::size_t whole = 4096;
  constexpr std::size_t first = 256;
  constexpr unsigned access_control = 13;
  constexpr unsigned request_and_completion = 0xC;
  const auto config = tree.raw(cat(folder, "/config"), whole);
  if (!config.known()) return Fact<bool>::missing(config.gap(), config.why());
  const auto word = [&](std::size_t at) {
    const auto byte = [&](std::size_t one) {
      return static_cast<unsigned>(static_cast<unsigned char>((*config)[one]));
    };
    return byte(at) | byte(at + 1) << 8U;
  };
  std::size_t at = first;
  // Each step leads on; a device that lies cannot lead in a circle for longer than this.
  for (std::size_t step = 0; step < whole / 4 && at >= first && at + 8 <= config->size(); ++step) {
    if (word(at) == access_control) return (word(at + 6) & request_and_completion) != 0;
    at = word(at + 2) >> 4U;
  }
  return Fact<bool>::lacking(config->size() <= first ? "only root may read it"
                                                     : "the bridge has no ACS");
}

void read_function(const Tree& tree, Depth depth, PciFacts& function) {
  const std::string folder = cat(devices, '/', function.at);
  function.width = width(tree, cat(folder, "/current_link_width"));
  function.width_most = width(tree, cat(folder, "/max_link_width"));
  function.mega_transfers = speed(tree, cat(folder, "/current_link_speed"));
  function.mega_transfers_most = speed(tree, cat(folder, "/max_link_speed"));
  function.aer_correctable = aer_total(tree, cat(folder, "/aer_dev_correctable"));
  function.aer_nonfatal = aer_total(tree, cat(folder, "/aer_dev_nonfatal"));
  function.aer_fatal = aer_total(tree, cat(folder, "/aer_dev_fatal"));
  if (depth == Depth::thorough && function.kind == "bridge")
    function.redirects = redirects(tree, folder);
  if (function.kind == "gpu" || function.kind == "nic") function.gone = is_gone(tree, folder);
}

bool is_address(std::string_view name) {
  return name.size() >= 12 && name[name.size() - 2] == '.' &&
         name.find(':') != std::string_view::npos;
}

/// The functions above one, nearest first, from where its link points:
/// "../../../devices/pci0000:10/0000:10:01.0/0000:11:00.0".
std::vector<std::string> above(const Tree& tree, const std::string& address) {
  std::vector<std::string> out;
  const std::string target = tree.link(cat(devices, '/', address));
  for (const std::string_view part : split(target, '/'))
    if (is_address(part) && !part.starts_with("pci") && part != address) out.emplace_back(part);
  std::ranges::reverse(out);
  return out;
}

}  // namespace

void look_at_pci(const Tree& tree, Depth depth, Facts& facts) {
  const auto names = tree.names(devices);
  if (!names.known()) {
    facts.pci = Fact<std::vector<PciFacts>>::missing(names.gap(), names.why());
    return;
  }
  std::map<std::string, PciFacts> bridges;
  std::set<std::string> needed;
  std::vector<PciFacts> found;
  found.reserve(names->size());
  for (const std::string& address : *names) {
    const std::string folder = cat(devices, '/', address);
    const std::uint64_t pci_class = tree.number(cat(folder, "/class")).value_or(0);
    if (!may_be_known(pci_class)) continue;
    PciFacts function;
    function.at = address;
    function.vendor = without_0x(tree.text(cat(folder, "/vendor")));
    function.kind = kind_of(pci_class, function.vendor);
    if (function.kind.empty() || tree.exists(cat(folder, "/physfn"))) continue;
    function.device = without_0x(tree.text(cat(folder, "/device")));
    const auto path = above(tree, address);
    if (!path.empty()) function.above = path.front();
    if (function.kind == "bridge") {
      bridges.emplace(address, std::move(function));
      continue;
    }
    needed.insert(path.begin(), path.end());
    found.push_back(std::move(function));
  }
  for (auto& [address, bridge] : bridges)
    if (needed.contains(address)) found.push_back(std::move(bridge));
  for (PciFacts& function : found)
    read_function(tree, depth, function);
  facts.pci = std::move(found);
}

}  // namespace holdfast::health
