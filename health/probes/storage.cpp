// SPDX-License-Identifier: Apache-2.0
// Mounts and drives. Listing mounts asks the kernel only; asking a mount for its space asks its
// server, which may never answer: ask_mount() belongs into a child.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/statvfs.h>

namespace holdfast::health {

namespace {

/// The kernel writes blanks, tabs, newlines and backslashes in paths as \040 and the like.
std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octal = text[at] == '\\' && text.size() - at >= 4
                           ? parse_number<unsigned>(text.substr(at + 1, 3), 8)
                           : std::nullopt;
    if (octal && *octal < 256) {
      out += static_cast<char>(*octal);
      at += 3;
    } else {
      out += text[at];
    }
  }
  return out;
}

/// How many of the first bytes are one letter of UTF-8 that a terminal shows; 0 when they are none.
std::size_t letter_at(std::string_view bytes) {
  const auto byte = [bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 0 || first > 0xF4 || bytes.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at)
    if ((byte(at) & 0xC0U) != 0x80) return 0;
  const unsigned second = byte(1);
  // controls, forms longer than needed, halves of UTF-16, and what lies beyond Unicode
  const bool refused = (first == 0xC2 && second < 0xA0) || (first == 0xE0 && second < 0xA0) ||
                       (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
                       (first == 0xF4 && second > 0x8F);
  return refused ? 0 : length;
}

/// A path goes into sentences and JSON, and is asked for by the same bytes: those that are no
/// letters become '?', and the file system behind them is not found.
std::string shown(std::string path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t length = letter_at(std::string_view(path).substr(at));
    if (length == 0) path[at] = '?';
    at += std::max<std::size_t>(length, 1);
  }
  return path;
}

/// A file system in a program of an ordinary user (sshfs, say) lives and dies with that user: what
/// becomes of it says nothing about the node.
bool is_of_user(std::string_view options) {
  return std::ranges::any_of(split(options, ','), [](std::string_view option) {
    return option.starts_with("user_id=") && option != "user_id=0";
  });
}

/// The tmpfs of a user's session is made with his number.
bool belongs_to_user(std::string_view type, std::string_view options) {
  constexpr std::string_view mark = "uid=";
  constexpr std::uint32_t first_user = 1000;
  return type == "tmpfs" && std::ranges::any_of(split(options, ','), [&](std::string_view option) {
           return option.starts_with(mark) &&
                  parse_number<std::uint32_t>(option.substr(mark.size())).value_or(0) >= first_user;
         });
}

/// A line of mountinfo: ID PARENT DEVICE ROOT PATH OPTIONS [TAG…] - TYPE SOURCE SUPEROPTIONS
std::optional<MountFacts> parse_mount(std::string_view line) {
  const auto dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = split(line.substr(0, dash), ' ');
  const auto behind = split(line.substr(dash + 3), ' ');
  if (before.size() < 6 || behind.size() < 2) return std::nullopt;
  MountFacts mount;
  mount.path = shown(unescaped(before[4]));
  mount.type = shown(std::string(behind[0]));
  mount.source = shown(unescaped(behind[1]));
  const auto says_ro = [](std::string_view options) {
    return std::ranges::count(split(options, ','), "ro") > 0;
  };
  if (behind.size() > 2 && is_of_user(behind[2])) return std::nullopt;
  mount.of_user = behind.size() > 2 && belongs_to_user(behind[0], behind[2]);
  mount.read_only = says_ro(before[5]) || (behind.size() > 2 && says_ro(behind[2]));
  return mount;
}

Fact<std::string> md_state(const Tree& tree, const std::string& folder) {
  const auto degraded = tree.number(cat(folder, "/degraded"));
  if (degraded.known()) return std::string(*degraded == 0 ? "clean" : "degraded");
  return Fact<std::string>::missing(degraded.gap(), degraded.why());
}

void list_nvme(const Tree& tree, std::vector<DriveFacts>& drives) {
  const auto names = tree.names("sys/class/nvme");
  for (const std::string& name : names.value_or({}))
    drives.push_back({name, "nvme", tree.text(cat("sys/class/nvme/", name, "/state"))});
}

void list_arrays(const Tree& tree, std::vector<DriveFacts>& drives) {
  const auto names = tree.names("sys/block");
  for (const std::string& name : names.value_or({})) {
    const std::string folder = cat("sys/block/", name, "/md");
    // arrays without redundancy have no such file, and nothing to lose it
    if (name.starts_with("md") && tree.exists(cat(folder, "/degraded")))
      drives.push_back({name, "md", md_state(tree, folder)});
  }
}

/// A number of each FUSE connection: "waiting" or "max_background".
Fact<std::map<std::string, std::uint64_t>> of_fuse(const Tree& tree, std::string_view file) {
  using Numbers = Fact<std::map<std::string, std::uint64_t>>;
  constexpr const char* folder = "sys/fs/fuse/connections";
  const auto names = tree.names(folder);
  if (!names.known()) return Numbers::missing(names.gap(), names.why());
  std::map<std::string, std::uint64_t> out;
  for (const std::string& name : *names) {
    const auto number = tree.number(cat(std::string_view(folder), '/', name, '/', file));
    if (number.known()) out[name] = *number;
  }
  return out;
}

}  // namespace

Fact<std::vector<MountFacts>> list_mounts(const Tree& tree) {
  constexpr std::size_t most = std::size_t{4} << 20;
  const auto text = tree.raw("proc/self/mountinfo", most);
  if (!text.known()) return Fact<std::vector<MountFacts>>::missing(text.gap(), text.why());
  std::vector<MountFacts> mounts;
  const auto lines = split(*text, '\n');
  mounts.reserve(lines.size());
  for (const std::string_view line : lines)
    if (auto mount = parse_mount(line)) mounts.push_back(std::move(*mount));
  return mounts;
}

bool is_remote(const MountFacts& mount) {
  constexpr std::array<std::string_view, 18> types{"nfs",
                                                   "nfs4",
                                                   "lustre",
                                                   "beegfs",
                                                   "gpfs",
                                                   "ceph",
                                                   "cifs",
                                                   "smb3",
                                                   "wekafs",
                                                   "panfs",
                                                   "9p",
                                                   "afs",
                                                   "orangefs",
                                                   "pvfs2",
                                                   "glusterfs",
                                                   "cvmfs2",
                                                   "fuse",
                                                   "virtiofs"};
  return std::ranges::find(types, mount.type) != types.end() || mount.type.starts_with("fuse.");
}

bool has_space(const MountFacts& mount) {
  constexpr std::array<std::string_view, 22> without{
      "proc",       "sysfs",       "devpts",   "devtmpfs", "cgroup",   "cgroup2",
      "securityfs", "debugfs",     "tracefs",  "pstore",   "bpf",      "mqueue",
      "hugetlbfs",  "fusectl",     "configfs", "autofs",   "efivarfs", "rpc_pipefs",
      "nsfs",       "binfmt_misc", "ramfs",    "selinuxfs"};
  return std::ranges::find(without, mount.type) == without.end();
}

void ask_mount(const Tree& tree, MountFacts& mount) {
  struct statvfs space {};
  if (statvfs(tree.path_of(mount.path.substr(1)).c_str(), &space) != 0) {
    // containers come and go while we look, and some file systems are not open even to root
    const bool not_ours = errno == ENOENT || errno == EACCES || errno == EPERM;
    if (not_ours) {
      mount.answers = Fact<bool>::lacking(errno_code(errno).message());
      return;
    }
    mount.answers = false;
    mount.bytes = Fact<std::uint64_t>::unseen(errno_code(errno).message());
    return;
  }
  mount.answers = true;
  mount.bytes = std::uint64_t{space.f_blocks} * space.f_frsize;
  mount.bytes_free = std::uint64_t{space.f_bavail} * space.f_frsize;
  mount.inodes = std::uint64_t{space.f_files};
  mount.inodes_free = std::uint64_t{space.f_favail};
}

Fact<std::uint64_t> ask_bytes_free(const std::filesystem::path& directory) {
  struct statvfs space {};
  if (statvfs(directory.c_str(), &space) != 0)
    return Fact<std::uint64_t>::unseen(cat(directory.string(), ": ", errno_code(errno).message()));
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

void look_at_drives(const Tree& tree, Depth depth, Facts& facts) {
  facts.storage.lustre = tree.text("sys/fs/lustre/health_check");
  if (depth == Depth::quick) return;
  std::vector<DriveFacts> drives;
  list_nvme(tree, drives);
  list_arrays(tree, drives);
  facts.storage.drives = std::move(drives);
  facts.storage.fuse_waiting = of_fuse(tree, "waiting");
  facts.storage.fuse_most = of_fuse(tree, "max_background");
}

}  // namespace holdfast::health
