/* SPDX-License-Identifier: Apache-2.0 */
/* What the names of entry.c pass on to; read by C and C++. Each returns 0 whatever happens: Slurm
   takes other numbers differently from release to release. */
#pragma once

#ifdef __cplusplus
extern "C" {
#define HOLDFAST_NOEXCEPT noexcept
#else
#define HOLDFAST_NOEXCEPT
#endif

struct spank_handle;

int holdfast_on_init(struct spank_handle* spank, int count, char** arguments) HOLDFAST_NOEXCEPT;
int holdfast_on_options_read(struct spank_handle* spank) HOLDFAST_NOEXCEPT;
int holdfast_on_local_user_init(struct spank_handle* spank) HOLDFAST_NOEXCEPT;
int holdfast_on_user_init(struct spank_handle* spank) HOLDFAST_NOEXCEPT;
int holdfast_on_task_init(struct spank_handle* spank) HOLDFAST_NOEXCEPT;

#ifdef __cplusplus
}
#endif
