// SPDX-License-Identifier: Apache-2.0
// What Slurm's files promise of this node, and whether munge answers. No controller is asked and no
// program run. Lines of slurm.conf are KEY=VALUE words; a line that ends in a backslash goes on.
#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

constexpr std::size_t most_configuration = std::size_t{4} << 20;

/// Where slurmd keeps its configuration: the site's folder, or what the controller sent it.
Fact<std::string> configuration(const Tree& tree, std::string_view name) {
  for (const char* folder :
       {"etc/slurm", "run/slurm/conf", "var/run/slurm/conf", "etc/slurm-llnl"}) {
    auto text = tree.long_text(cat(std::string_view(folder), '/', name), most_configuration);
    if (text.known() || text.unseen()) return text;
  }
  return Fact<std::string>::lacking(cat("no ", name, " on this node"));
}

/// Lines without comments, continued ones joined.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  std::string line;
  for (std::string_view part : split(text, '\n')) {
    part = trim(part.substr(0, part.find('#')));
    const bool goes_on = part.ends_with('\\');
    if (goes_on) part.remove_suffix(1);
    line += cat(part, ' ');
    if (goes_on) continue;
    out.push_back(std::move(line));
    line.clear();
  }
  if (!line.empty()) out.push_back(std::move(line));
  return out;
}

/// The value of a word "KEY=VALUE", the key in any case as Slurm takes it.
std::optional<std::string> value_in(std::string_view line, std::string_view key) {
  for (const std::string_view word : split(line, ' ')) {
    const auto equals = word.find('=');
    if (equals != std::string_view::npos && lower(word.substr(0, equals)) == lower(key))
      return std::string(word.substr(equals + 1));
  }
  return std::nullopt;
}

bool names_node(const std::string& hosts, const std::string& node) {
  if (lower(hosts) == "default") return false;
  const auto all = parse_hostlist(hosts);
  return all && std::ranges::find(*all, node) != all->end();
}

/// Whether the line is about this node: it names it, or names none.
bool is_ours(std::string_view line, const std::string& node) {
  const auto hosts = value_in(line, "NodeName");
  return !hosts || names_node(*hosts, node);
}

/// How many device files "File=/dev/nvidia[0-3]" means.
std::uint64_t files_in(const std::string& files) {
  const auto all = parse_hostlist(files);
  return all ? all->size() : 0;
}

/// Lines "NodeName=n[1-4] Name=gpu File=/dev/nvidia[0-7]" or "… Count=8". Where the GPUs are
/// detected by Slurm itself the file promises nothing.
Fact<std::uint64_t> promised_gpus(const Tree& tree, const std::string& node) {
  const auto text = configuration(tree, "gres.conf");
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  std::uint64_t promised = 0;
  bool told = false;
  for (const std::string& line : lines_of(*text)) {
    if (value_in(line, "Name").value_or("") != "gpu" || !is_ours(line, node)) continue;
    const auto files = value_in(line, "File");
    const auto count = value_in(line, "Count");
    if (!files && !count) continue;
    told = true;
    promised += files ? files_in(*files) : parse_number<std::uint64_t>(*count).value_or(0);
  }
  if (!told) return Fact<std::uint64_t>::lacking("gres.conf names no GPU file of this node");
  return promised;
}

void read_node_line(const std::string& line, SlurmFacts& slurm) {
  const auto number = [&line](const char* key) {
    const auto value = value_in(line, key);
    return value ? number_in(*value, key) : Fact<std::uint64_t>::lacking("not set for this node");
  };
  slurm.configured_cpus = number("CPUs");
  slurm.configured_memory_mb = number("RealMemory");
}

std::string with_node(std::string path, const std::string& node) {
  for (const std::string_view mark : {"%n", "%h"})
    for (auto at = path.find(mark); at != std::string::npos; at = path.find(mark, at + node.size()))
      path.replace(at, mark.size(), node);
  return path;
}

void read_slurm_conf(const Tree& tree, const std::string& node, SlurmFacts& slurm) {
  const auto text = configuration(tree, "slurm.conf");
  std::string spool = "/var/spool/slurmd";
  for (const std::string& line : lines_of(text.value_or(""))) {
    const auto hosts = value_in(line, "NodeName");
    if (hosts && names_node(*hosts, node)) read_node_line(line, slurm);
    if (const auto folder = value_in(line, "SlurmdSpoolDir")) spool = with_node(*folder, node);
  }
  struct statvfs space {};
  if (spool.starts_with('/') && statvfs(tree.path_of(spool.substr(1)).c_str(), &space) == 0)
    slurm.spool_bytes_free = std::uint64_t{space.f_bavail} * space.f_frsize;
  else
    slurm.spool_bytes_free = Fact<std::uint64_t>::lacking(cat(spool, " is not there"));
}

/// Connects and leaves: a munge that is dead refuses, one that hangs lets its queue fill up.
Fact<bool> munge_answers(const Tree& tree) {
  const std::string path = tree.path_of("run/munge/munge.socket.2");
  if (access(path.c_str(), F_OK) != 0) return Fact<bool>::lacking("munge has no socket here");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Fact<bool>::unseen("the path of munge's socket is too long");
  path.copy(address.sun_path, path.size());
  const int socket_file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_file < 0) return Fact<bool>::unseen(errno_code(errno).message());
  const int result =
      connect(socket_file, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  close(socket_file);
  return result == 0;
}

}  // namespace

void look_at_slurm(const Tree& tree, Facts& facts) {
  SlurmFacts& slurm = facts.slurm;
  slurm.node_name = facts.node;
  slurm.munge_answers = munge_answers(tree);
  slurm.gres_gpus = promised_gpus(tree, facts.node);
  read_slurm_conf(tree, facts.node, slurm);
}

}  // namespace holdfast::health
