// SPDX-License-Identifier: Apache-2.0
// The process around run_program(): descriptors, environment, terminal, the one catch-all, and the
// proof that the results were really written.
//
// SIGPIPE keeps its default on purpose: `holdfast topo | head -1` ends as quietly as ls does, and
// what `holdfast exec` starts inherits nothing unusual. Whoever ignores SIGPIPE gets EPIPE told.
#include "cli/descriptor_stream.hpp"
#include "cli/program.hpp"
#include "holdfast/common/text.hpp"

#include <exception>
#include <fcntl.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace holdfast::cli {
namespace {

/// A closed standard descriptor would be given to the first file that is opened, and results would
/// end up in it. It is filled with /dev/null opened the wrong way round, so that using it still
/// fails; close-on-exec, so that a started program finds it closed as before.
void fill_closed_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    const int way = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    // The lowest free number is this one: those below are open by now.
    (void)::open("/dev/null", way | O_CLOEXEC);
  }
}

affinity::Environment read_environment() {
  affinity::Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

/// Whether the locale's encoding is UTF-8, by the rule of setlocale(3).
bool speaks_utf8(const affinity::Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) continue;
    const std::string locale = lower(found->second);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

Looks looks_of_output(const affinity::Environment& environment) {
  Looks looks;
  looks.utf8 = speaks_utf8(environment);
  if (::isatty(STDOUT_FILENO) == 0) return looks;
  const auto no_color = environment.find("NO_COLOR");
  const auto term = environment.find("TERM");
  const bool dumb = term == environment.end() || term->second == "dumb";
  looks.color = !dumb && (no_color == environment.end() || no_color->second.empty());
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    looks.columns = size.ws_col;
  return looks;
}

int run(std::span<char* const> words) {
  fill_closed_descriptors();
  DescriptorStream out(STDOUT_FILENO);
  DescriptorStream talk(STDERR_FILENO);
  Voice voice(talk);
  const affinity::Environment environment = read_environment();
  Caller caller{.out = out,
                .voice = voice,
                .environment = environment,
                .looks = looks_of_output(environment)};
  const std::vector<std::string> arguments(words.begin(), words.end());
  ExitStatus status = ExitStatus::failed;
  try {
    status = run_program(arguments, caller);
  } catch (const std::exception& bug) {
    voice.error(cat("an error nobody foresaw: ", bug.what()));
  }
  if (const int error = out.failure(); error != 0) {
    const Failure failure{FailureKind::unreadable,
                          "standard output cannot be written",
                          "the result is incomplete",
                          errno_code(error)};
    return static_cast<int>(voice.refuse(failure, ExitStatus::failed));
  }
  return static_cast<int>(status);
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) {
  const auto count = static_cast<std::size_t>(argc);
  return holdfast::cli::run(std::span<char* const>(argv, count).subspan(count > 0 ? 1 : 0));
}
