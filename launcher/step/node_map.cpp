// SPDX-License-Identifier: Apache-2.0
// The node map: first line "holdfast-node-map 1 KEY", then the topology as JSON. Root writes it
// (from slurmd or the first step of a boot), every step of every user reads it, so the reader
// checks the open file itself, never the path twice.
#include "holdfast/step/node_map.hpp"

#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/read_file.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::step {

namespace {

constexpr std::string_view magic = "holdfast-node-map 1 ";

Failure broken(const std::filesystem::path& file, std::string_view why, int error = 0) {
  return {FailureKind::unreadable,
          cat("node map ", file.string(), ' ', why),
          "",
          error == 0 ? std::error_code() : errno_code(error)};
}

std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(in, id);
  return id;
}

/// Only root's own, unwritable by others: what a user could have written is not believed.
bool trusted(int fd, unsigned owner) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && status.st_uid == owner &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

std::string node_map_key(const std::vector<std::filesystem::path>& made_from) {
  std::string key = cat(boot_id(), ' ', HOLDFAST_VERSION);
  for (const auto& file : made_from) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0)
      key += cat(' ', file.string(), ":absent");
    else
      key += cat(' ',
                 file.string(),
                 ':',
                 status.st_size,
                 ':',
                 status.st_mtim.tv_sec,
                 '.',
                 status.st_mtim.tv_nsec);
  }
  return key;
}

Result<void> write_node_map(const std::filesystem::path& file,
                            std::string_view key,
                            const affinity::Topology& topology) {
  const std::filesystem::path folder = file.parent_path();
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    const int error = errno;
    const bool denied = error == EACCES;
    return Failure{denied ? FailureKind::denied : FailureKind::unreadable,
                   cat("the folder ", folder.string(), " of the node map cannot be made"),
                   denied ? "run it as root" : "",
                   errno_code(error)};
  }
  const std::string fresh = cat(file.string(), '.', ::getpid());
  ::unlink(fresh.c_str());  // of a crashed writer that had our pid
  const files::Descriptor out(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (out.get() < 0) return broken(fresh, "cannot be created", errno);
  const std::string text = cat(magic, key, '\n', affinity::to_json(topology), '\n');
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::write(out.get(), text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int error = errno;
      ::unlink(fresh.c_str());
      return broken(fresh, "cannot be written", error);
    }
    done += static_cast<std::size_t>(put);
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0)
    return broken(file, "cannot be put in its place", errno);
  return {};
}

Result<affinity::Topology> read_node_map(const std::filesystem::path& file,
                                         std::string_view key,
                                         unsigned owner) {
  const files::Descriptor folder(
      ::open(file.parent_path().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.get() < 0) return broken(file, "is not there", errno);
  const files::Descriptor in(::openat(
      folder.get(), file.filename().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (in.get() < 0) return broken(file, "is not there", errno);
  if (!trusted(folder.get(), owner) || !trusted(in.get(), owner))
    return broken(file, "is not root's alone, ignoring it");
  const auto text = files::read_open_file(in, file, affinity::max_topology_bytes);
  if (!text) return Failure(text.error()).within("reading the node map");
  const auto line_end = text->find('\n');
  if (!text->starts_with(magic) || line_end == std::string::npos)
    return broken(file, "is no node map");
  const std::string_view found =
      std::string_view(*text).substr(magic.size(), line_end - magic.size());
  if (found != key) return broken(file, "is out of date");
  auto topology =
      affinity::parse_topology(std::string_view(*text).substr(line_end + 1), file.string());
  if (topology) topology->origin = "node map";
  return topology;
}

}  // namespace holdfast::step
