// SPDX-License-Identifier: Apache-2.0
// The names Slurm looks up in the plugin. The only C file: in C++ `const char plugin_name[]` has
// internal linkage, and slurm/spank.h declares the callbacks outside of its extern "C". Each name
// only passes its call on; what may be thrown behind it is caught there (hooks.cpp).
#include "hooks.hpp"

#include <slurm/spank.h>

// Slurm loads a plugin only if it was built for its own YY.MM release; older ones than this lack
// items the plugin asks for.
#if SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(22, 5, 0)
#error "holdfast needs the headers of Slurm 22.05 or later"
#endif

SPANK_PLUGIN(holdfast, 1)

int slurm_spank_init(spank_t spank, int count, char** arguments) {
  return holdfast_on_init(spank, count, arguments);
}

int slurm_spank_init_post_opt(spank_t spank, int count, char** arguments) {
  (void)count, (void)arguments;
  return holdfast_on_options_read(spank);
}

int slurm_spank_local_user_init(spank_t spank, int count, char** arguments) {
  (void)count, (void)arguments;
  return holdfast_on_local_user_init(spank);
}

int slurm_spank_user_init(spank_t spank, int count, char** arguments) {
  (void)count, (void)arguments;
  return holdfast_on_user_init(spank);
}

int slurm_spank_task_init(spank_t spank, int count, char** arguments) {
  (void)count, (void)arguments;
  return holdfast_on_task_init(spank);
}
