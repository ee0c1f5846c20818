// SPDX-License-Identifier: Apache-2.0
#include "holdfast/events/state_directory.hpp"

#include "events/state_files.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace holdfast::events {

namespace {

constexpr std::string_view epoch_prefix = "epoch-";

std::string parent_of(const std::string& directory) {
  std::filesystem::path path(directory);
  if (!path.has_filename()) path = path.parent_path();  // "a/b/" is "a/b"
  const auto parent = path.parent_path();
  return parent.empty() ? "." : parent.string();
}

/// The directory and those above it that are missing, each synced into the one it lies in.
Result<void> make_missing(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) == 0) return {};
  const std::string parent = parent_of(directory);
  if (parent != directory) {
    auto made = make_missing(parent);
    if (!made) return made;
  }
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return file_failure(cat("the directory ", directory, " cannot be made"), errno);
  return sync_directory(parent);
}

Result<void> check_owner(const std::string& directory) {
  const files::Descriptor open(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!open.open() || ::fstat(open.get(), &status) != 0)
    return file_failure(cat("the state directory ", directory, " cannot be opened"), errno);
  if (status.st_uid != ::geteuid())
    return Failure{FailureKind::denied,
                   cat("the state directory ", directory, " belongs to somebody else"),
                   "name another one with --state",
                   {}};
  if ((status.st_mode & 022U) != 0)
    return Failure{FailureKind::denied,
                   cat("others may write into the state directory ", directory),
                   cat("chmod go-w ", directory),
                   {}};
  return {};
}

}  // namespace

Result<std::string> state_root(std::string_view holdfast_state_root, std::string_view home) {
  if (!holdfast_state_root.empty()) return std::string(holdfast_state_root);
  if (!home.empty()) return cat(home, "/.holdfast");
  return Failure{FailureKind::not_found,
                 "neither HOLDFAST_STATE_ROOT nor HOME says where runs keep their state",
                 "name the directory",
                 {}};
}

std::string state_directory_of(std::string_view root, std::string_view job) {
  return cat(root, '/', job);
}

Result<void> make_state_directory(const std::string& directory) {
  auto made = make_missing(directory);
  return made ? check_owner(directory) : made;
}

Result<std::string> make_attempt_directory(const std::string& directory, unsigned attempt) {
  std::string path = cat(directory, "/attempts/", attempt);
  auto made = make_missing(path);
  if (!made) return made.error();
  return path;
}

std::uint64_t highest_epoch_of(const std::vector<std::string>& names) {
  std::uint64_t highest = 0;
  for (const std::string_view name : names) {
    if (!name.starts_with(epoch_prefix)) continue;
    const auto number = parse_number<std::uint64_t>(name.substr(epoch_prefix.size()));
    highest = std::max(highest, number.value_or(0));
  }
  return highest;
}

Result<void> claim_epoch(const std::string& directory, std::uint64_t epoch, std::string_view host) {
  const auto files = posix_files(directory);
  const auto names = files->names();
  if (!names) return names.error();
  if (const auto highest = highest_epoch_of(*names); highest >= epoch)
    return Failure{FailureKind::conflict,
                   cat("epoch ", highest, " of ", directory, " is claimed already"),
                   "another supervisor runs this job",
                   {}};
  return files->create(cat(epoch_prefix, epoch), cat(host, '\n'));
}

Result<std::uint64_t> highest_epoch(const std::string& directory) {
  const auto names = posix_files(directory)->names();
  if (!names) return names.error();
  return highest_epoch_of(*names);
}

Result<std::vector<std::string>> list_state_directories(const std::string& root, std::size_t most) {
  auto names = posix_files(root)->names();
  if (!names) return names.error();
  std::ranges::sort(*names);
  std::vector<std::string> directories;
  for (const std::string& name : *names) {
    if (name == "." || name == ".." || directories.size() == most) continue;
    std::string directory = state_directory_of(root, name);
    struct stat status {};
    if (::lstat(cat(directory, '/', log_file).c_str(), &status) == 0 && S_ISREG(status.st_mode))
      directories.push_back(std::move(directory));
  }
  return directories;
}

}  // namespace holdfast::events
