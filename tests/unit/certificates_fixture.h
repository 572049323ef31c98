// SPDX-License-Identifier: BSD-2-Clause
// Certificates of few words, for the rules that look at them.
#pragma once

#include "crypto/certificate.h"
#include "tests/unit/filters_fixture.h"

/* What the certificate of that name says, parsed from its DER; its key is the one that is named.
 * The caller owns it. */
struct certificate_content *fixture_certificate(enum fixture_key key, const char *name);
