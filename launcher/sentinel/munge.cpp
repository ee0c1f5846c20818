// SPDX-License-Identifier: Apache-2.0
#include "sentinel/munge.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/sentinel/control.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

#include <munge.h>

namespace holdfast::sentinel {

namespace {

struct Library {
  decltype(&::munge_encode) encode{};
  decltype(&::munge_decode) decode{};
  decltype(&::munge_strerror) say{};

  [[nodiscard]] bool there() const {
    return encode != nullptr && decode != nullptr && say != nullptr;
  }
};

const Library& library() {
  static const Library opened = [] {
    Library found;
    void* handle = ::dlopen("libmunge.so.2", RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return found;
    found.encode = reinterpret_cast<decltype(found.encode)>(::dlsym(handle, "munge_encode"));
    found.decode = reinterpret_cast<decltype(found.decode)>(::dlsym(handle, "munge_decode"));
    found.say = reinterpret_cast<decltype(found.say)>(::dlsym(handle, "munge_strerror"));
    return found;
  }();
  return opened;
}

Failure absent() {
  return {FailureKind::unsupported,
          "libmunge.so.2 cannot be opened",
          "install libmunge2, or let the supervisor make a token in the state directory",
          {}};
}

Failure refused(std::string_view what, munge_err_t error) {
  return {FailureKind::denied,
          cat("munge ", what, ": ", library().say(error)),
          "see that munged runs on this node and has the key of the cluster",
          {}};
}

}  // namespace

Result<std::string> ask_munge_to_sign(std::string_view text) {
  if (!library().there()) return absent();
  char* made = nullptr;
  const auto error = library().encode(&made, nullptr, text.data(), static_cast<int>(text.size()));
  std::string credential = made == nullptr ? "" : made;
  std::free(made);  // NOLINT(cppcoreguidelines-no-malloc): munge's allocation
  if (error != EMUNGE_SUCCESS) return refused("does not sign", error);
  return credential;
}

Result<Credential> ask_munge_who_signed(const std::string& credential) {
  if (!library().there()) return absent();
  void* payload = nullptr;
  int size = 0;
  auto uid = static_cast<uid_t>(-1);
  auto gid = static_cast<gid_t>(-1);
  const auto error = library().decode(credential.c_str(), nullptr, &payload, &size, &uid, &gid);
  Credential found{uid, {}};
  if (payload != nullptr && size > 0)
    found.text.assign(static_cast<const char*>(payload), static_cast<std::size_t>(size));
  std::free(payload);  // NOLINT(cppcoreguidelines-no-malloc): munge's allocation
  // Used before, too old, from the future: munge says so itself.
  if (error != EMUNGE_SUCCESS) return refused("does not accept the peer's credential", error);
  return found;
}

std::optional<Failure> fault_of(const Credential& credential, uid_t uid, std::string_view text) {
  if (credential.uid != uid)
    return Failure{FailureKind::denied,
                   cat("the peer is user ", credential.uid, ", and this job is user ", uid, "'s"),
                   "",
                   {}};
  if (credential.text != text)
    return Failure{FailureKind::denied, "the peer's credential was made for another talk", "", {}};
  return std::nullopt;
}

bool munge_answers() {
  const auto credential = ask_munge_to_sign("holdfast");
  if (!credential) return false;
  const auto who = ask_munge_who_signed(*credential);
  return who && who->uid == ::getuid();
}

}  // namespace holdfast::sentinel
