// SPDX-License-Identifier: Apache-2.0
// Loads the plugin's very file with dlopen, as Slurm does, and plays the processes around it. A
// task is a real forked child, because the plugin binds and may end it.
#include "fake_host.hpp"

#include "holdfast/affinity/apply.hpp"
#include "holdfast/common/text.hpp"

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::spank {

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What a task tells its parent about itself, a line each.
void report_task(int fd) {
  std::string text;
  const auto cpus = affinity::read_allowed_cpus();
  text += cat("cpus ", cpus ? to_list(*cpus) : "", "\n");
  for (const std::string& one : FakeSlurm::now().environment)
    text += cat("env ", one, "\n");
  for (const std::string& one : FakeSlurm::now().told)
    text += cat("told ", one, "\n");
  text += "started\n";
  [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());
}

Task parse_report(const std::string& text) {
  Task task;
  for (const std::string_view line : split(text, '\n')) {
    const auto blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    const std::string value(blank == std::string_view::npos ? "" : line.substr(blank + 1));
    if (word == "started") task.started = true;
    if (word == "cpus") task.cpus = *parse_cpu_list(value);
    if (word == "env") task.environment.push_back(value);
    if (word == "told") task.told.push_back(value);
  }
  return task;
}

/// A /run that nobody else sees, made before the first test: the plugin's places are constants.
const bool own_run = ::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0 &&
                     ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                     ::mount("run", "/run", "tmpfs", 0, "mode=755") == 0;

}  // namespace

bool has_own_run() { return own_run; }

Scratch::Scratch() {
  // The fake program may run as another user and writes there what it saw.
  std::filesystem::permissions(path(), std::filesystem::perms::all);
}

FakeProgram::FakeProgram(const std::filesystem::path& folder) : path_(folder / "holdfast") {
  std::filesystem::copy_file(HOLDFAST_FAKE_PROGRAM, path_);
}

void FakeProgram::behave(const std::string& behaviour) const {
  std::ofstream(path_ + ".behaviour") << behaviour;
}

void FakeProgram::answer(const std::string& text) const {
  std::ofstream(path_ + ".answer") << text;
}

std::string FakeProgram::calls() const { return content(path_ + ".calls"); }

unsigned FakeProgram::count_calls(const std::string& verb) const {
  unsigned count = 0;
  const std::string all = calls();
  for (const auto line : split(all, '\n')) {
    if (line.starts_with(cat("call ", verb))) ++count;
  }
  return count;
}

PluginTest::PluginTest() { FakeSlurm::now() = FakeSlurm{}; }

PluginTest::~PluginTest() { unload(); }

void PluginTest::unload() {
  if (plugin_ != nullptr) ::dlclose(plugin_);
  plugin_ = nullptr;
}

void PluginTest::load(std::vector<std::string> arguments) {
  unload();
  plugin_ = ::dlopen(HOLDFAST_PLUGIN, RTLD_LAZY);
  ASSERT_NE(plugin_, nullptr) << ::dlerror();
  arguments_ = std::move(arguments);
  arguments_.push_back(cat("program=", program.path()));
}

int PluginTest::call(const char* name) {
  auto* const function = reinterpret_cast<spank_f*>(::dlsym(plugin_, name));
  if (function == nullptr) return 0;
  std::vector<char*> words;
  for (std::string& argument : arguments_)
    words.push_back(argument.data());
  return function(nullptr, static_cast<int>(words.size()), words.data());
}

int PluginTest::give(const std::string& option, const char* value, bool remote) {
  for (const spank_option& one : slurm().options) {
    if (option == one.name) return one.cb(one.val, value, remote ? 1 : 0);
  }
  ADD_FAILURE() << option << " was not registered";
  return 0;
}

void PluginTest::begin_step() {
  EXPECT_EQ(call("slurm_spank_init_post_opt"), 0);
  EXPECT_EQ(call("slurm_spank_user_init"), 0);
}

Task PluginTest::run_task(int local_rank) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    slurm().task = local_rank;
    if (call("slurm_spank_task_init") == 0) report_task(ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 65536> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return parse_report(text);
}

affinity::StepOrders orders_for(unsigned ranks, unsigned cpu) {
  affinity::StepOrders orders;
  for (unsigned rank = 0; rank < ranks; ++rank) {
    orders.ranks.push_back({rank, CpuSet{cpu}, {}, {{"LOCAL_RANK", cat(rank)}}, "a test wants it"});
  }
  return orders;
}

unsigned some_cpu() {
  const auto cpus = affinity::read_allowed_cpus();
  return cpus ? cpus->back() : 0;
}

std::size_t count_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace holdfast::spank
