// SPDX-License-Identifier: Apache-2.0
// The options on srun's command line. Slurm calls the callbacks in srun (or sbatch) when it reads
// them, and again in slurmstepd: there up to twice for each, and with values a user may have forged
// past the first check. So they only remember, the last word counts, and a bad word is an error
// where there is somebody to correct it and nothing elsewhere.
#include "options.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <exception>
#include <string_view>
#include <utility>

namespace holdfast::spank {

namespace {

/// What each option said last.
struct Asked {
  BindWish bind;
  std::string visible;
};

Asked& asked() {
  static Asked value;
  return value;
}

int refuse(std::string_view option, const Failure& failure, int remote) {
  if (remote != 0) return 0;
  tell_job(cat(option, ": ", failure.sentence()));
  return -1;
}

/// Nothing may be thrown into Slurm's option parser.
template <class Take>
int guarded(const char* text, Take take) noexcept {
  try {
    return take(std::string_view(text == nullptr ? "" : text));
  } catch (const std::exception& error) {
    ::slurm_error("holdfast: option ignored: %s", error.what());
    return 0;
  }
}

extern "C" int take_bind_option(int, const char* text, int remote) noexcept {
  return guarded(text, [remote](std::string_view words) {
    auto wish = parse_bind(words);
    if (!wish) return refuse("--holdfast-bind", wish.error(), remote);
    asked().bind = std::move(*wish);
    return 0;
  });
}

extern "C" int take_visible_option(int, const char* text, int remote) noexcept {
  return guarded(text, [remote](std::string_view word) {
    auto visible = parse_visible(word);
    if (!visible) return refuse("--holdfast-visible", visible.error(), remote);
    asked().visible = std::move(*visible);
    return 0;
  });
}

/// Slurm's struct wants char*, and keeps pointers to it: hence arrays that live as long as we do.
struct OptionText {
  std::array<char, 32> name;
  std::array<char, 32> argument;
  std::array<char, 256> usage;
};

OptionText bind_text{
    {"holdfast-bind"},
    {"off|full|local|explain|strict"},
    {"[holdfast] place ranks by their GPUs: off, full (all cores), local (the GPU's own cores); "
     "with ,explain tell every rank's place, with ,strict start no rank that cannot be placed"}};

OptionText visible_text{
    {"holdfast-visible"},
    {"all|first|only"},
    {"[holdfast] GPUs a rank sees: all in unchanged order, its own one first, or only its own"}};

constexpr int takes_argument = 1;  // getopt's required_argument

}  // namespace

void register_options(spank_t spank) {
  // Slurm copies the struct and keeps the texts.
  spank_option bind{bind_text.name.data(),
                    bind_text.argument.data(),
                    bind_text.usage.data(),
                    takes_argument,
                    0,
                    take_bind_option};
  spank_option visible{visible_text.name.data(),
                       visible_text.argument.data(),
                       visible_text.usage.data(),
                       takes_argument,
                       0,
                       take_visible_option};
  for (spank_option* option : {&bind, &visible}) {
    if (const spank_err_t error = ::spank_option_register(spank, option); error != ESPANK_SUCCESS) {
      tell_log(cat("--", option->name, " is not available: ", ::spank_strerror(error)));
    }
  }
}

BindWish asked_by_option() {
  BindWish wish = asked().bind;
  wish.visible = asked().visible;
  return wish;
}

}  // namespace holdfast::spank
