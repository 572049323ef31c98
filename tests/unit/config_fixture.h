// SPDX-License-Identifier: BSD-2-Clause
// What the tests of config/ share: a private folder, configurations loaded from text, and errors
// compared.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "common/message.h"
#include "config/config.h"
#include "crypto/crypto.h"

/* Group set-up and tear-down: a private folder, removed with all in it, and the crypto context. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* The folder's absolute path. */
const char *fixture_folder(void);
struct crypto *fixture_crypto(void);

/* "FOLDER/NAME", in one of a few static buffers. */
const char *fixture_path(const char *name);

/* Writes a file of mode 0600 into the folder, over what was there; size bytes, or a text. */
const char *fixture_write(const char *name, const char *bytes, size_t size);
const char *fixture_write_text(const char *name, const char *text);

/* Loads a configuration that must be without error and warning; config_destroy() it. */
struct config *fixture_load(const char *text);

/* Loads one whose text is put behind "version: 1\nmodule: m.so\n"; so its first line is line 3. */
struct config *fixture_load_policy(const char *text);

/* The text must have exactly these errors, one a line: "LINE:COLUMN: PART OF THE MESSAGE". */
void fixture_expect_errors(const char *text, const char *errors);
void fixture_expect_policy_errors(const char *text, const char *errors);

/* The same for messages there are; prefix stands before each expectation ("FILE:"). */
void fixture_compare(const struct message_list *messages, const char *prefix, const char *errors,
                     const char *text);
