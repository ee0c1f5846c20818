// SPDX-License-Identifier: Apache-2.0
#include "sentinel/files.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/sentinel/control.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/secret.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

json::object object_of(const Endpoint& endpoint) {
  return {{"addresses", json::value_from(endpoint.addresses)}, {"port", endpoint.port}};
}

std::optional<std::vector<std::string>> texts_in(const json::object& object,
                                                 std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  texts.reserve(value->get_array().size());
  for (const json::value& one : value->get_array()) {
    if (!one.is_string()) return std::nullopt;
    texts.emplace_back(one.get_string());
  }
  return texts;
}

std::optional<Endpoint> endpoint_of(const json::object& object) {
  auto addresses = texts_in(object, "addresses");
  const auto port = number_in<std::uint16_t>(object, "port");
  if (!addresses || addresses->empty() || !port || *port == 0) return std::nullopt;
  return Endpoint{std::move(*addresses), *port};
}

std::optional<json::object> parse_object(std::string_view text) {
  json::error_code error;
  auto value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

Failure broken(std::string_view did, const std::string& path) {
  const int error = errno;
  return {FailureKind::unreadable, cat(path, " cannot be ", did), "", errno_code(error)};
}

std::string token_file(const std::string& state) { return cat(state, "/token"); }

}  // namespace

std::string announcement_text(const Announcement& announcement) {
  json::object object = object_of(announcement.endpoint);
  object["epoch"] = announcement.epoch;
  return json::serialize(object) + '\n';
}

std::optional<Announcement> parse_announcement(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::nullopt;
  const auto epoch = number_in<std::uint64_t>(*object, "epoch");
  auto endpoint = endpoint_of(*object);
  if (!epoch || !endpoint) return std::nullopt;
  return Announcement{*epoch, std::move(*endpoint)};
}

std::string peers_text(const Peers& peers) {
  json::object where;
  for (const auto& [node, endpoint] : peers.where)
    where[node] = object_of(endpoint);
  const json::object object{{"epoch", peers.epoch},
                            {"members", json::value_from(peers.members)},
                            {"peers", std::move(where)}};
  return json::serialize(object) + '\n';
}

std::optional<Peers> parse_peers(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::nullopt;
  const auto epoch = number_in<std::uint64_t>(*object, "epoch");
  auto members = texts_in(*object, "members");
  const auto* where = object->if_contains("peers");
  if (!epoch || !members || where == nullptr || !where->is_object()) return std::nullopt;
  Peers peers{*epoch, std::move(*members), {}};
  for (const auto& [node, value] : where->get_object()) {
    auto endpoint = value.is_object() ? endpoint_of(value.get_object()) : std::nullopt;
    if (!endpoint) return std::nullopt;
    peers.where.emplace(std::string(node), std::move(*endpoint));
  }
  return peers;
}

std::string announcement_file(const std::string& state) { return cat(state, "/supervisor.json"); }
std::string peers_file(const std::string& state) { return cat(state, "/peers.json"); }

Result<std::string> read_small_file(const std::string& path, std::size_t most) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0)
    return Failure{errno == ENOENT ? FailureKind::not_found : FailureKind::unreadable,
                   cat(path, " cannot be opened"),
                   "",
                   errno_code(errno)};
  std::string text(most + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 1;
  while (got > 0 && size < text.size()) {
    got = ::read(file, text.data() + size, text.size() - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  const bool failed = got < 0;
  auto failure = failed ? broken("read", path) : Failure{};
  ::close(file);
  if (failed) return failure;
  if (size > most) return Failure{FailureKind::unreadable, cat(path, " is too long"), "", {}};
  text.resize(size);
  return text;
}

std::optional<Failure> write_in_place(const std::string& path, std::string_view text) {
  const std::string fresh = cat(path, ".new");
  const int file =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return broken("made", fresh);
  std::optional<Failure> failure;
  while (!text.empty() && !failure) {
    const auto put = ::write(file, text.data(), text.size());
    if (put < 0)
      failure = broken("written", fresh);
    else
      text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (!failure && ::fsync(file) != 0) failure = broken("written", fresh);
  ::close(file);
  if (!failure && ::rename(fresh.c_str(), path.c_str()) != 0) failure = broken("put there", path);
  return failure;
}

Result<std::optional<std::string>> read_token(const std::string& state) {
  const std::string path = token_file(state);
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return broken("read", path);
  }
  // A token somebody else wrote or can read proves nothing.
  if (facts.st_uid != ::getuid() || (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Failure{FailureKind::denied,
                   cat(path, " is not its owner's alone"),
                   "remove it; a new one is made at the next start",
                   {}};
  auto text = read_small_file(path, 256);
  if (!text) return text.error();
  const std::string token(trim(*text));
  if (token.size() < 16)
    return Failure{FailureKind::unreadable,
                   cat(path, " holds no token"),
                   "remove it; a new one is made at the next start",
                   {}};
  return std::optional<std::string>(token);
}

Result<std::string> write_token(const std::string& state) {
  auto token = read_random();
  if (!token) return token.error();
  if (auto failure = write_in_place(token_file(state), cat(*token, '\n'))) return *failure;
  return *token;
}

}  // namespace holdfast::sentinel
