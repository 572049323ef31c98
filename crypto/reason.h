// SPDX-License-Identifier: BSD-2-Clause
// Why a certificate, a CRL or a file of them is not taken: one line of bounded length for messages
// and `p11gate explain`.
#pragma once

enum { REASON_SIZE = 256 };

/* What does not fit is cut. A name within it is to come from x509_name_text(), which is ASCII
 * without control characters. */
void reason_set(char out[REASON_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
