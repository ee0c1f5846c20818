// SPDX-License-Identifier: Apache-2.0
// What Slurm's files promise of this node, and whether munge answers. No controller is asked and no
// program run. Lines of slurm.conf are KEY=VALUE words; a line that ends in a backslash goes on.
#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
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

/// Words KEY=VALUE of a line, the keys in small letters: Slurm takes them in any case.
using Words = std::map<std::string, std::string, std::less<>>;

/// Lines without comments, continued ones joined, blanks for tabs.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  std::string line;
  for (std::string_view part : split(text, '\n')) {
    part = trim(part.substr(0, part.find('#')));
    const bool goes_on = part.ends_with('\\');
    if (goes_on) part.remove_suffix(1);
    line += cat(part, ' ');
    if (goes_on) continue;
    std::ranges::replace(line, '\t', ' ');
    out.push_back(std::move(line));
    line.clear();
  }
  if (!line.empty()) out.push_back(std::move(line));
  return out;
}

/// The lines of a file, and of those that "Include" lines of it name, at their places: relative to
/// where Slurm's files lie. One that includes itself is read no deeper than people nest them.
void add_lines(const Tree& tree,
               std::string_view text,
               unsigned depth,
               std::vector<std::string>& out) {
  constexpr std::string_view mark = "include ";
  for (std::string& line : lines_of(text)) {
    const std::string_view words = trim(line);
    if (lower(words.substr(0, mark.size())) != mark) {
      out.push_back(std::move(line));
      continue;
    }
    if (depth == 0) continue;
    const std::string name(trim(words.substr(mark.size())));
    const auto more = name.starts_with('/') ? tree.long_text(name.substr(1), most_configuration)
                                            : configuration(tree, name);
    add_lines(tree, more.value_or(""), depth - 1, out);
  }
}

std::vector<std::string> all_lines_of(const Tree& tree, std::string_view text) {
  constexpr unsigned deepest = 3;
  std::vector<std::string> out;
  add_lines(tree, text, deepest, out);
  return out;
}

Words words_of(std::string_view line) {
  Words out;
  for (const std::string_view word : split(line, ' ')) {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    std::string value(word.substr(equals + 1));
    std::erase(value, '"');
    out.insert_or_assign(lower(word.substr(0, equals)), std::move(value));
  }
  return out;
}

std::string_view value_of(const Words& words, std::string_view key) {
  const auto found = words.find(key);
  return found == words.end() ? std::string_view() : std::string_view(found->second);
}

bool names_node(std::string_view hosts, const std::string& node) {
  if (lower(hosts) == "default") return false;
  const auto all = parse_hostlist(std::string(hosts));
  return all && std::ranges::find(*all, node) != all->end();
}

/// How many device files "File=/dev/nvidia[0-3]" means.
std::uint64_t files_in(std::string_view files) {
  const auto all = parse_hostlist(std::string(files));
  return all ? all->size() : 0;
}

/// What slurm.conf says of the node, and of all of them.
struct SlurmConf {
  Words node;  ///< of its own line, over those of NodeName=DEFAULT lines before it
  Words all;
};

/// The words, and of `others` those it lacks.
Words with_defaults(Words words, const Words& others) {
  words.insert(others.begin(), others.end());
  return words;
}

SlurmConf slurm_conf(const Tree& tree, const std::string& node) {
  SlurmConf conf;
  Words defaults;
  for (const std::string& line :
       all_lines_of(tree, configuration(tree, "slurm.conf").value_or(""))) {
    Words words = words_of(line);
    const std::string_view hosts = value_of(words, "nodename");
    if (hosts.empty())
      conf.all = with_defaults(std::move(words), conf.all);
    else if (lower(hosts) == "default")
      defaults = with_defaults(std::move(words), defaults);
    else if (names_node(hosts, node))
      conf.node = with_defaults(std::move(words), defaults);
  }
  return conf;
}

Fact<std::uint64_t> number_of(const Words& words, std::string_view key) {
  const std::string_view value = value_of(words, key);
  if (value.empty()) return Fact<std::uint64_t>::lacking("not set for this node");
  return number_in(value, key);
}

/// "CPUs=128", or what Slurm makes of the sockets, cores and threads; those not said are one each.
Fact<std::uint64_t> configured_cpus(const Words& node) {
  for (const std::string_view key : {"cpus", "procs"})
    if (!value_of(node, key).empty()) return number_of(node, key);
  const bool by_board = value_of(node, "sockets").empty();
  std::uint64_t product = 1;
  bool told = false;
  for (const std::string_view key : {std::string_view(by_board ? "boards" : "sockets"),
                                     std::string_view(by_board ? "socketsperboard" : ""),
                                     std::string_view("corespersocket"),
                                     std::string_view("threadspercore")}) {
    auto factor = number_of(node, key);
    if (factor.unseen()) return factor;
    told = told || factor.known();
    product *= std::min(factor.value_or(1), std::uint64_t{1} << 15);
  }
  if (!told) return Fact<std::uint64_t>::lacking("not set for this node");
  return product;
}

/// Of "gpu:h100:8,nic:2" the GPUs; "gpu" alone is one.
std::optional<std::uint64_t> gpus_of_gres(std::string_view gres) {
  std::optional<std::uint64_t> gpus;
  for (const std::string_view one : split(gres, ',')) {
    const auto parts = split(one.substr(0, one.find('(')), ':');
    if (parts.empty() || parts.front() != "gpu") continue;
    gpus = gpus.value_or(0) + parse_number<std::uint64_t>(parts.back()).value_or(1);
  }
  return gpus;
}

/// Lines "NodeName=n[1-4] Name=gpu File=/dev/nvidia[0-7]" or "… Count=8" of gres.conf; where Slurm
/// detects the GPUs itself, "Gres=gpu:8" of the node in slurm.conf.
Fact<std::uint64_t> promised_gpus(const Tree& tree, const std::string& node, const Words& line) {
  const auto text = configuration(tree, "gres.conf");
  if (text.unseen()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  std::optional<std::uint64_t> promised;
  bool of_nvidia = false;
  for (const std::string& gres : all_lines_of(tree, text.value_or(""))) {
    const Words words = words_of(gres);
    const std::string_view hosts = value_of(words, "nodename");
    if (!hosts.empty() && !names_node(hosts, node)) continue;
    const std::string_view files = value_of(words, "file");
    const std::string detects = lower(value_of(words, "autodetect"));
    of_nvidia =
        of_nvidia || files.starts_with("/dev/nvidia") || detects == "nvml" || detects == "nvidia";
    if (value_of(words, "name") != "gpu") continue;
    const auto count = parse_number<std::uint64_t>(value_of(words, "count"));
    if (!files.empty() || count)
      promised = promised.value_or(0) + (files.empty() ? *count : files_in(files));
  }
  if (!promised) promised = gpus_of_gres(value_of(line, "gres"));
  if (!promised) return Fact<std::uint64_t>::lacking("Slurm's files name no GPU of this node");
  // no probe counts Intel's GPUs: they would be missed
  if (!of_nvidia && (tree.exists("sys/module/xe") || tree.exists("sys/module/i915")))
    return Fact<std::uint64_t>::lacking("its GPUs may be Intel's, which are not counted");
  return *promised;
}

std::string with_node(std::string path, const std::string& node) {
  for (const std::string_view mark : {"%n", "%h"})
    for (auto at = path.find(mark); at != std::string::npos; at = path.find(mark, at + node.size()))
      path.replace(at, mark.size(), node);
  return path;
}

Fact<std::uint64_t> spool_bytes_free(const Tree& tree, const std::string& node, const Words& all) {
  std::string spool = with_node(std::string(value_of(all, "slurmdspooldir")), node);
  if (spool.empty()) spool = "/var/spool/slurmd";
  struct statvfs space {};
  if (spool.starts_with('/') && statvfs(tree.path_of(spool.substr(1)).c_str(), &space) == 0)
    return std::uint64_t{space.f_bavail} * space.f_frsize;
  return Fact<std::uint64_t>::lacking(cat(spool, " is not there"));
}

/// Where munge listens: as it was built for Linux systems, or as AuthInfo says.
std::string munge_socket(const Words& all) {
  constexpr std::string_view mark = "socket=/";
  for (const std::string_view option : split(value_of(all, "authinfo"), ','))
    if (option.starts_with(mark)) return std::string(option.substr(mark.size()));
  return "run/munge/munge.socket.2";
}

bool munged_runs(const Tree& tree) {
  const auto names = tree.names("proc");
  return std::ranges::any_of(names.value_or({}), [&tree](const std::string& name) {
    return name.find_first_not_of("0123456789") == std::string::npos &&
           tree.text(cat("proc/", name, "/comm")).is("munged");
  });
}

/// Connects and leaves: a munge that is dead refuses, one that hangs lets its queue fill up. One
/// that was stopped has no socket, which is seen where slurm.conf demands munge by name.
Fact<bool> munge_answers(const Tree& tree, const Words& all) {
  const std::string path = tree.path_of(munge_socket(all));
  if (access(path.c_str(), F_OK) != 0) {
    if (value_of(all, "authtype") != "auth/munge")
      return Fact<bool>::lacking("munge has no socket here");
    if (munged_runs(tree)) return Fact<bool>::lacking("munge's socket is elsewhere");
    return false;
  }
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
  const SlurmConf conf = slurm_conf(tree, facts.node);
  slurm.node_name = facts.node;
  slurm.munge_answers = munge_answers(tree, conf.all);
  slurm.gres_gpus = promised_gpus(tree, facts.node, conf.node);
  slurm.configured_cpus = configured_cpus(conf.node);
  slurm.configured_memory_mb = number_of(conf.node, "realmemory");
  slurm.spool_bytes_free = spool_bytes_free(tree, facts.node, conf.all);
}

}  // namespace holdfast::health
