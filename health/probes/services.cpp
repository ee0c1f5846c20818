// SPDX-License-Identifier: Apache-2.0
// Which services run. A service is installed when systemd has a unit file of its name, and runs
// when its cgroup is there: no bus is asked and nothing started.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace holdfast::health {

namespace {

// The services a GPU node of a Slurm cluster may have; a class may name others.
constexpr std::array<std::string_view, 14> known_services{"slurmd",
                                                          "munge",
                                                          "nvidia-fabricmanager",
                                                          "nvidia-persistenced",
                                                          "nvidia-imex",
                                                          "nvidia-dcgm",
                                                          "chrony",
                                                          "chronyd",
                                                          "ntp",
                                                          "systemd-timesyncd",
                                                          "sssd",
                                                          "openibd",
                                                          "rdma-ndd",
                                                          "containerd"};

constexpr std::string_view suffix = ".service";

/// As systemd.unit(5) lists them; the generators' are of init scripts.
constexpr std::array<std::string_view, 7> folders{"etc/systemd/system",
                                                  "run/systemd/system",
                                                  "usr/local/lib/systemd/system",
                                                  "lib/systemd/system",
                                                  "usr/lib/systemd/system",
                                                  "run/systemd/generator",
                                                  "run/systemd/generator.late"};

/// Where its file lies; "foo@bar" is made from "foo@.service". Empty when it is not installed.
std::string unit_file(const Tree& tree, std::string_view name) {
  const std::string_view template_name =
      name.substr(0, std::min(name.find('@'), name.size() - 1) + 1);
  for (const std::string_view folder : folders) {
    std::string path = cat(folder, '/', template_name, suffix);
    if (tree.exists(path)) return path;
  }
  return {};
}

/// systemd keeps a group for a unit as long as it has a process. Instances of one template share a
/// slice, in whose name each dash of the template is written "\x2d".
bool has_group(const Tree& tree, const std::string& slice, std::string_view name) {
  if (tree.exists(cat(slice, '/', name, suffix))) return true;
  const auto at = name.find('@');
  if (at == std::string_view::npos) return false;
  std::string escaped;
  for (const char letter : name.substr(0, at))
    escaped += letter == '-' ? std::string("\\x2d") : std::string(1, letter);
  return tree.exists(cat(slice, "/system-", escaped, ".slice/", name, suffix));
}

/// Whether a unit may be active without a group in the system's slice: one that has done its work
/// (openibd loads drivers and ends), or that is told to live elsewhere.
bool may_do_without_group(std::string_view unit) {
  return std::ranges::any_of(split(unit, '\n'), [](std::string_view line) {
    return line == "Type=oneshot" || line == "RemainAfterExit=yes" ||
           line == "RemainAfterExit=true" || line.starts_with("Slice=");
  });
}

bool runs(const Tree& tree,
          const std::string& slice,
          std::string_view name,
          const std::string& file) {
  if (has_group(tree, slice, name)) return true;
  const std::string target = tree.link(file);
  const std::string_view other = std::string_view(target).substr(target.rfind('/') + 1);
  const bool alias = other.ends_with(suffix) && name.find('@') == std::string_view::npos;
  const std::string_view own = alias ? other.substr(0, other.size() - suffix.size()) : name;
  if (own != name && has_group(tree, slice, own)) return true;
  constexpr std::size_t most = std::size_t{1} << 16;
  if (!may_do_without_group(tree.long_text(file, most).value_or(""))) return false;
  // systemd keeps a link of this name as long as a unit is active; those of before 2018 keep none,
  // and then the unit has the benefit of the doubt
  constexpr const char* units = "run/systemd/units";
  return !tree.exists(units) || !tree.link(cat(units, "/invocation:", own, suffix)).empty();
}

}  // namespace

void look_at_services(const Tree& tree, const std::vector<std::string>& also, SystemFacts& facts) {
  // cgroup v2, or the named hierarchy of systemd under v1
  std::string slice = "sys/fs/cgroup/system.slice";
  if (!tree.exists(slice)) slice = "sys/fs/cgroup/systemd/system.slice";
  if (!tree.exists(slice)) {
    facts.services = Fact<std::map<std::string, bool>>::lacking("no systemd here");
    return;
  }
  std::vector<std::string> names(known_services.begin(), known_services.end());
  for (const std::string& name : also)
    names.emplace_back(service_name(name));
  std::map<std::string, bool> services;
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (name.empty() || name.find('/') != std::string::npos || services.contains(name)) continue;
    const bool grouped = has_group(tree, slice, name);
    const std::string file = grouped ? std::string() : unit_file(tree, name);
    if (grouped || !file.empty())
      services[name] = grouped || runs(tree, slice, name, file);
    else if (std::ranges::find(missing, name) == missing.end())
      missing.push_back(name);
  }
  facts.services = std::move(services);
  facts.services_missing = std::move(missing);
}

}  // namespace holdfast::health
