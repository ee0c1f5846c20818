// SPDX-License-Identifier: Apache-2.0
// Order matters in one place: the end is told after the pipes are empty, but a pipe that a
// grandchild holds open must not keep the end back. So whoever sees the pidfd readable reaps, then
// gives the pipes a moment.
#include "holdfast/process/child.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the user

namespace holdfast::process {

namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

constexpr std::chrono::seconds patience_with_pipes{2};

/// Both ends closed on exec; -1 where there is none.
struct Pipe {
  int read{-1}, write{-1};
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{ends[0], ends[1]};
}

void close_end(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

/// Our environment with the command's edits, as exec wants it.
std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> variables;
  const auto is_edited = [&](std::string_view name) {
    for (const auto& [set, value] : command.set)
      if (set == name) return true;
    for (const std::string& unset : command.unset)
      if (unset == name) return true;
    return false;
  };
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (!is_edited(variable.substr(0, variable.find('=')))) variables.emplace_back(variable);
  }
  for (const auto& [name, value] : command.set)
    variables.push_back(cat(name, '=', value));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// What the child starts with: default signals, none blocked, a group of its own, its three
/// descriptors.
class SpawnSettings {
 public:
  SpawnSettings(const Command& command, const Pipe& output, const Pipe& errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    if (!command.keeps_stdin)
      ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output.write >= 0)
      ::posix_spawn_file_actions_adddup2(&actions_, output.write, STDOUT_FILENO);
    if (errors.write >= 0)
      ::posix_spawn_file_actions_adddup2(&actions_, errors.write, STDERR_FILENO);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    if (command.keeps_sigterm) ::sigdelset(&all, SIGTERM);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Failure not_started(const Command& command, int error) {
  return {error == ENOENT ? FailureKind::not_found : FailureKind::denied,
          cat(command.words.empty() ? std::string("an empty command") : command.words.front(),
              " cannot be started"),
          error == ENOENT ? "is it on PATH?" : "",
          errno_code(error)};
}

}  // namespace

struct Child::Inside : std::enable_shared_from_this<Child::Inside> {
  explicit Inside(asio::io_context& io) : gone(io), output(io), errors(io), timer(io) {}

  void listen() {
    wait_for_end();
    if (output.is_open()) read(output, output_space, ears.output);
    if (errors.is_open()) read(errors, errors_space, ears.errors);
  }

  void wait_for_end() {
    gone.async_wait(Descriptor::wait_read,
                    [self = shared_from_this()](boost::system::error_code error) {
                      if (!error) self->reap();
                    });
  }

  void read(Descriptor& from,
            std::array<char, 16384>& space,
            const std::function<void(std::string_view)>& ear) {
    from.async_read_some(
        asio::buffer(space),
        [self = shared_from_this(), &from, &space, &ear](boost::system::error_code error,
                                                         std::size_t bytes) {
          if (self->deaf) return;
          if (bytes > 0) ear({space.data(), bytes});
          if (error) {
            boost::system::error_code ignored;
            from.close(ignored);  // NOLINT(bugprone-unused-return-value): the same error
            self->tell_when_done();
            return;
          }
          self->read(from, space, ear);
        });
  }

  void reap() {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) != 0) return;
    // It lives: the event was that of a closed descriptor whose place in the loop this one took.
    if (info.si_pid == 0) return wait_for_end();
    end = End{};
    if (info.si_code == CLD_EXITED) {
      end->exit = info.si_status;
    } else {
      end->signal = info.si_status;
      end->core = info.si_code == CLD_DUMPED;
    }
    timer.expires_after(patience_with_pipes);
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error) return;
      self->late = true;
      self->tell_when_done();
    });
    tell_when_done();
  }

  void tell_when_done() {
    const bool empty = !output.is_open() && !errors.is_open();
    if (!end || told || deaf || (!empty && !late)) return;
    told = true;
    timer.cancel();
    if (ears.ended) ears.ended(*end);
  }

  void shut() noexcept try {
    deaf = true;
    boost::system::error_code ignored;
    for (Descriptor* descriptor : {&gone, &output, &errors})
      if (descriptor->is_open())
        descriptor->close(ignored);  // NOLINT(bugprone-unused-return-value): nobody listens
    timer.cancel();
  } catch (...) {  // a timer that cannot be cancelled finds nobody listening
  }

  int pid{};
  Ears ears;
  Descriptor gone, output, errors;
  asio::steady_timer timer;
  std::array<char, 16384> output_space{}, errors_space{};
  std::optional<End> end;
  bool told{}, late{}, deaf{};
};

Child::Child(std::shared_ptr<Inside> inside) : inside_(std::move(inside)) {}

Child::~Child() { inside_->shut(); }

int Child::pid() const { return inside_->pid; }

void Child::signal(int number) {
  if (!inside_->end) ::kill(inside_->pid, number);
}

void Child::signal_group(int number) {
  if (!inside_->end) ::kill(-inside_->pid, number);
}

Result<std::unique_ptr<Child>> Child::start(asio::io_context& io,
                                            const Command& command,
                                            Ears ears) {
  if (command.words.empty()) return not_started(command, EINVAL);
  Pipe output;
  Pipe errors;
  if (ears.output) output = make_pipe().value_or(Pipe{});
  if (ears.errors) errors = make_pipe().value_or(Pipe{});
  const bool short_of_pipes = (ears.output && output.read < 0) || (ears.errors && errors.read < 0);
  const int pipe_error = errno;
  auto words = command.words;
  auto variables = environment_of(command);
  auto word_pointers = pointers_to(words);
  auto variable_pointers = pointers_to(variables);
  pid_t pid{};
  const SpawnSettings settings(command, output, errors);
  const int failed = short_of_pipes ? pipe_error
                                    : ::posix_spawnp(&pid,
                                                     word_pointers.front(),
                                                     settings.actions(),
                                                     settings.attributes(),
                                                     word_pointers.data(),
                                                     variable_pointers.data());
  close_end(output.write);
  close_end(errors.write);
  const int watched = failed != 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (failed != 0 || watched < 0) {
    const int error = failed != 0 ? failed : errno;
    close_end(output.read);
    close_end(errors.read);
    if (failed == 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    return not_started(command, error);
  }
  auto inside = std::make_shared<Inside>(io);
  inside->pid = pid;
  inside->ears = std::move(ears);
  inside->gone.assign(watched);
  if (output.read >= 0) inside->output.assign(output.read);
  if (errors.read >= 0) inside->errors.assign(errors.read);
  inside->listen();
  return std::unique_ptr<Child>(
      new Child(std::move(inside)));  // NOLINT(modernize-make-unique): its constructor is private
}

}  // namespace holdfast::process
