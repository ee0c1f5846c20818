// SPDX-License-Identifier: Apache-2.0
#include "holdfast/sentinel/witness.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/files.hpp"
#include "sentinel/secret.hpp"

#include <algorithm>
#include <filesystem>
#include <poll.h>
#include <unistd.h>

namespace holdfast::sentinel {

namespace {

constexpr std::string_view prefix = "witness-";
constexpr std::chrono::milliseconds between_looks{100};

std::string file_of(const std::string& state, std::string_view word) {
  return cat(state, "/", prefix, word);
}

void remove_old(const std::string& state) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(state, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().filename().string().starts_with(prefix))
      std::filesystem::remove(entry->path(), ignored);
  }
}

}  // namespace

Result<std::string> write_witness(const std::string& state) {
  auto word = read_random();
  if (!word) return word;
  remove_old(state);
  // A name nobody has looked for yet: no client remembers that it is not there.
  if (auto failure = write_in_place(file_of(state, *word), "")) return std::move(*failure);
  return word;
}

bool sees_witness(const std::string& state,
                  const std::string& word,
                  std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::access(file_of(state, word).c_str(), F_OK) != 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    (void)::poll(nullptr, 0, static_cast<int>(between_looks.count()));
  }
  return true;
}

}  // namespace holdfast::sentinel
