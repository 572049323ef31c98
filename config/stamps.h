// SPDX-License-Identifier: BSD-2-Clause
// What stat(2) said of the files that were read, to see later whether they changed.
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

struct config_stamps;

/* NULL without memory. */
struct config_stamps *stamps_create(void);
void stamps_destroy(struct config_stamps *stamps);

/* status: of the descriptor that was read. The path is copied. False without memory. */
bool stamps_add(struct config_stamps *stamps, const char *path, const struct stat *status);

/* For a file that is not there: a change is that it appears. */
bool stamps_add_missing(struct config_stamps *stamps, const char *path);

/* Is any of the files gone, another one, or of another size or time (modification and change, in
 * nanoseconds)? */
bool stamps_changed(const struct config_stamps *stamps);
