// SPDX-License-Identifier: BSD-2-Clause
#include "filters/trust_wish.h"

#include <stdlib.h>
#include <string.h>

bool trust_wish_add(struct trust_wish *wish, const struct trust_source *source)
{
    const struct trust_source **grown =
        reallocarray(wish->sources, wish->n_sources + 1, sizeof(*grown));

    if (grown == NULL)
        return false;
    wish->sources = grown;
    grown[wish->n_sources++] = source;
    return true;
}

void trust_wish_finish(struct trust_wish *wish)
{
    free(wish->sources);
    *wish = (struct trust_wish){0};
}

bool trust_wish_equal(const struct trust_wish *a, const struct trust_wish *b)
{
    return a->n_sources == b->n_sources && a->ignore_dates == b->ignore_dates &&
           a->grace == b->grace && a->warn_before == b->warn_before &&
           a->crl_mode == b->crl_mode && a->crl_max_age == b->crl_max_age &&
           (a->n_sources == 0 ||
            memcmp(a->sources, b->sources, a->n_sources * sizeof(a->sources[0])) == 0);
}
