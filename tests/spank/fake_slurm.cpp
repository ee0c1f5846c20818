// SPDX-License-Identifier: Apache-2.0
// The side of SPANK that Slurm has, as far as the plugin uses it; answers and refusals as in
// Slurm 22.05 to 26.05 (what is valid where, S_JOB_ENV absent in srun, options in init only).
#include "fake_slurm.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <sys/types.h>
#include <unistd.h>

namespace holdfast::spank {

namespace {
// A macro of another type, in C.
constexpr auto success = static_cast<spank_err_t>(ESPANK_SUCCESS);
}  // namespace

FakeSlurm& FakeSlurm::now() {
  static FakeSlurm slurm;
  return slurm;
}

bool FakeSlurm::fails_now() { return ++calls == fail_at; }

const char* FakeSlurm::variable(const std::string& name) const {
  for (const std::string& one : environment) {
    if (one.starts_with(name + "=")) return one.c_str() + name.size() + 1;
  }
  return nullptr;
}

void FakeSlurm::set_variable(const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const std::string& one) { return one.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

namespace {

std::string formatted(const char* format, va_list arguments) {
  std::array<char, 4096> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  return text.data();
}

std::vector<char*>& pointers_to(std::vector<std::string>& texts, std::vector<char*>& out) {
  out.clear();
  for (std::string& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

spank_err_t answer_remote(FakeSlurm& slurm, spank_item_t item, va_list arguments) {
  static std::vector<char*> environment;
  switch (item) {
    case S_JOB_NODEID:
      *va_arg(arguments, std::uint32_t*) = slurm.node_rank;
      return success;
    case S_JOB_LOCAL_TASK_COUNT:
      *va_arg(arguments, std::uint32_t*) = static_cast<std::uint32_t>(slurm.global_ranks.size());
      return success;
    case S_JOB_ENV:
      *va_arg(arguments, char***) = pointers_to(slurm.environment, environment).data();
      return success;
    case S_TASK_ID:
      *va_arg(arguments, int*) = slurm.task;
      return success;
    case S_TASK_GLOBAL_ID:
      *va_arg(arguments, std::uint32_t*) =
          slurm.global_ranks.at(static_cast<std::size_t>(slurm.task));
      return success;
    case S_STEP_ALLOC_CORES:
      *va_arg(arguments, char**) = slurm.cores.data();
      return success;
    case S_JOB_LOCAL_TO_GLOBAL_ID: {
      const auto local = va_arg(arguments, std::uint32_t);
      if (local >= slurm.global_ranks.size()) return ESPANK_NOEXIST;
      *va_arg(arguments, std::uint32_t*) = slurm.global_ranks[local];
      return success;
    }
    default:
      return ESPANK_BAD_ARG;
  }
}

spank_err_t answer(FakeSlurm& slurm, spank_item_t item, va_list arguments) {
  static std::vector<char*> argv;
  if (slurm.context != S_CTX_REMOTE && slurm.context != S_CTX_LOCAL) return ESPANK_NOT_AVAIL;
  switch (item) {
    case S_JOB_ID:
      *va_arg(arguments, std::uint32_t*) = slurm.job;
      return success;
    case S_JOB_STEPID:
      *va_arg(arguments, std::uint32_t*) = slurm.step;
      return success;
    case S_JOB_NNODES:
      *va_arg(arguments, std::uint32_t*) = slurm.nodes;
      return success;
    case S_JOB_TOTAL_TASK_COUNT:
      *va_arg(arguments, std::uint32_t*) = slurm.world;
      return success;
    case S_JOB_ARGV:
      *va_arg(arguments, int*) = static_cast<int>(slurm.argv.size());
      *va_arg(arguments, char***) = pointers_to(slurm.argv, argv).data();
      return success;
    default:
      return slurm.context == S_CTX_REMOTE ? answer_remote(slurm, item, arguments)
                                           : ESPANK_NOT_REMOTE;
  }
}

}  // namespace

}  // namespace holdfast::spank

using holdfast::spank::FakeSlurm;
using holdfast::spank::success;

extern "C" {

spank_context_t spank_context(void) { return FakeSlurm::now().context; }

#ifdef __clang__  // Slurm's own signature: an enumeration, whose promotion keeps its size
#pragma clang diagnostic ignored "-Wvarargs"
#endif
spank_err_t spank_get_item(spank_t, spank_item_t item, ...) {
  FakeSlurm& slurm = FakeSlurm::now();
  if (slurm.fails_now()) return ESPANK_ERROR;
  va_list arguments;
  va_start(arguments, item);
  const spank_err_t error = holdfast::spank::answer(slurm, item, arguments);
  va_end(arguments);
  return error;
}

spank_err_t spank_getenv(spank_t, const char* name, char* buffer, int length) {
  FakeSlurm& slurm = FakeSlurm::now();
  if (slurm.fails_now()) return ESPANK_ERROR;
  if (slurm.context != S_CTX_REMOTE) return ESPANK_NOT_REMOTE;
  const char* value = slurm.variable(name);
  if (value == nullptr) return ESPANK_ENV_NOEXIST;
  if (std::strlen(value) >= static_cast<std::size_t>(length)) return ESPANK_NOSPACE;
  std::strcpy(buffer, value);
  return success;
}

spank_err_t spank_setenv(spank_t, const char* name, const char* value, int) {
  FakeSlurm& slurm = FakeSlurm::now();
  if (slurm.fails_now()) return ESPANK_ERROR;
  if (slurm.context != S_CTX_REMOTE) return ESPANK_NOT_REMOTE;
  slurm.set_variable(name, value);
  return success;
}

spank_err_t spank_option_register(spank_t, spank_option* option) {
  FakeSlurm& slurm = FakeSlurm::now();
  if (slurm.fails_now()) return ESPANK_BAD_ARG;
  slurm.options.push_back(*option);
  return success;
}

const char* spank_strerror(spank_err_t) { return "a fake error"; }

void slurm_spank_log(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  FakeSlurm::now().told.push_back(holdfast::spank::formatted(format, arguments));
  va_end(arguments);
}

void slurm_error(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  FakeSlurm::now().logged.push_back(holdfast::spank::formatted(format, arguments));
  va_end(arguments);
}
}
