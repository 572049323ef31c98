// SPDX-License-Identifier: BSD-2-Clause
// Regular expressions on what has a domain behind an @, and is compared in small letters there.
#pragma once

/* A large letter behind an @ of the same alternative, where each stands for itself: nothing that is
 * compared can match it. The expression, with its %u and the like, is one that substitution_make()
 * takes. Borrowed; NULL: there is none. */
const char *domain_letters_find(const char *expression);
