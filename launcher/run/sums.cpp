// SPDX-License-Identifier: Apache-2.0
#include "run/sums.hpp"

#include "holdfast/common/text.hpp"

#include <csignal>

namespace holdfast::run {

namespace {

constexpr std::size_t kept_of_errors = 2000;

std::string last_line(std::string_view text) {
  const std::string_view all = trim(text);
  return std::string(all.substr(all.rfind('\n') + 1));  // npos + 1 is 0: there is but one line
}

}  // namespace

Sums::Sums(boost::asio::io_context& io,
           Catalogue::Settings settings,
           std::function<void(std::string)> say)
    : io_(io), settings_(std::move(settings)), say_(std::move(say)) {}

Sums::~Sums() {
  for (const Watcher& watcher : watchers_)
    if (watcher.child) watcher.child->signal(SIGTERM);
}

void Sums::start() {
  watchers_.resize(settings_.directories.size());
  for (std::size_t i = 0; i < watchers_.size(); ++i)
    watch(i);
}

void Sums::watch(std::size_t directory) {
  process::Command command{{settings_.program,
                            "ckpt",
                            "watch",
                            "--manifest",
                            "--sidecar",
                            Catalogue::sidecar_of(settings_, directory)},
                           {},
                           {},
                           false};
  command.words.insert(command.words.end(), settings_.look.begin(), settings_.look.end());
  command.words.push_back(settings_.directories[directory]);
  Watcher& watcher = watchers_[directory];
  process::Child::Ears ears;
  ears.output = [](std::string_view) {};  // the log tells of checkpoints
  ears.errors = [&watcher](std::string_view chunk) {
    watcher.errors += chunk;
    if (watcher.errors.size() > kept_of_errors)
      watcher.errors.erase(0, watcher.errors.size() - kept_of_errors);
  };
  ears.ended = [this, &watcher, directory](process::End end) {
    const std::string why = last_line(watcher.errors);
    say_(cat("checkpoints in ",
             settings_.directories[directory],
             " are not summed up any more: ",
             why.empty() ? cat("the watcher ended with ", end.status()) : why));
  };
  auto child = process::Child::start(io_, command, std::move(ears));
  if (child)
    watcher.child = std::move(*child);
  else
    say_(cat("checkpoints in ",
             settings_.directories[directory],
             " are not summed up: ",
             child.error().sentence()));
}

}  // namespace holdfast::run
