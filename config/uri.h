// SPDX-License-Identifier: BSD-2-Clause
// PKCS#11 URIs (RFC 7512) as selectors: the one door to p11-kit's URI parser.
#pragma once

#include <stdbool.h>
#include "config/reader.h"
#include "filters/policy.h"

/* Adds what the URI asks for to the selector, which is a SELECTOR_ALL: exact patterns on token,
 * slot and library, and one SELECTOR_OBJECT. False with a message when it is no URI, or more than
 * path attributes of RFC 7512, each once and with a value. */
bool uri_read(struct reader *reader, const struct node *node, struct selector *selector);
