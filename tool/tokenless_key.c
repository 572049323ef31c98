// SPDX-License-Identifier: BSD-2-Clause
#include "tool/tokenless_key.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tool/certificate_file.h"
#include "tool/describe.h"
#include "tool/supposition.h"

/* Chains and dates as of now, where rules ask for them. False without memory. */
static bool begin_trust(struct tokenless_key *tokenless, struct crypto *crypto,
                        const struct config *config)
{
    if (!policy_asks_trust(&config->policy))
        return true;
    tokenless->trust = trust_memo_create(crypto, config->settings.preset, time(NULL));
    if (tokenless->trust != NULL)
        trust_memo_add(tokenless->trust, &tokenless->objects);
    return tokenless->trust != NULL;
}

bool tokenless_key_init(struct tokenless_key *tokenless, struct crypto *crypto,
                        const struct config *config, const char *path)
{
    *tokenless = (struct tokenless_key){0};
    if (!certificate_file_read(crypto, path, &tokenless->objects) ||
        !begin_trust(tokenless, crypto, config))
        return false;
    tokenless->certificate = tokenless->objects.items[0];
    tokenless->group = (struct key_group){.certificates = &tokenless->certificate,
                                          .n_certificates = 1,
                                          .key = tokenless->certificate->key};
    tokenless->subject = (struct subject){.preset = config->settings.preset,
                                          .group = &tokenless->group,
                                          .certificate = tokenless->certificate,
                                          .trust = tokenless->trust,
                                          .audit_only = config->settings.audit_only,
                                          .circumstances = config_circumstances(config)};
    tokenless->key = (struct exposed_key){
        .group = &tokenless->group, .verdict = policy_decide(&config->policy, &tokenless->subject)};
    return true;
}

void tokenless_key_finish(struct tokenless_key *tokenless)
{
    trust_memo_destroy(tokenless->trust);
    object_list_finish(&tokenless->objects);
    *tokenless = (struct tokenless_key){0};
}

/* Under transparent nothing is made, and objects are hidden by rules alone. */
bool tokenless_key_is_none(const struct tokenless_key *tokenless)
{
    return tokenless->certificate->authority && tokenless->subject.preset != PRESET_TRANSPARENT;
}

bool tokenless_key_is_shown(const struct tokenless_key *tokenless)
{
    return !tokenless_key_is_none(tokenless) && tokenless->key.verdict.reason == REASON_ALLOWED;
}

char *tokenless_key_describe(const struct tokenless_key *tokenless)
{
    static const char none[] = "hidden: it is an authority's (CA:TRUE), and hidden unless the "
                               "token has a key object of the same key";

    return tokenless_key_is_none(tokenless) ? strdup(none)
                                            : describe_verdict(&tokenless->key.verdict);
}

bool tokenless_key_suppose(const struct tokenless_key *tokenless, const struct policy *policy,
                           char **text)
{
    const struct verdict *verdict = &tokenless->key.verdict;
    const struct subject *subject = &tokenless->subject;
    struct supposition supposition;
    struct verdict supposed;
    bool lacks = false;

    *text = NULL;
    if (verdict->reason == REASON_DENIED &&
        !supposition_lacks_token(verdict->rule, subject, &lacks))
        return false;
    if (!lacks)
        return true;
    if (!supposition_init(&supposition, policy, subject))
        return false;
    supposed = policy_decide(&supposition.policy, subject);
    *text = describe_verdict(&supposed);
    supposition_finish(&supposition);
    return *text != NULL;
}
