// SPDX-License-Identifier: BSD-2-Clause
#include "tests/module/agent.h"

struct agent agent;
const struct mock_key agent_key = {"ec:P-256", "01", "01", "01", MOCK_PAIR};
const struct mock_key agent_authority = {"ec:P-256", "every", "77", "every", MOCK_PAIR};

int agent_reset(void **state)
{
    host_reset(state);
    host_remove("log");
    return 0;
}

void agent_start_with(const char *config, enum mock_loss loses, const char *pin)
{
    bool as_coolkey = loses == MOCK_LOSES_SESSIONS, as_cackey = loses == MOCK_LOSES_AS_CACKEY;
    struct mock_key key = agent_key;

    key.objects |= as_coolkey ? MOCK_SEEN_BEFORE_LOGIN : 0;
    host.mock->settings->loses = loses;
    agent.slot = host.mock->token_add(&(struct mock_token){
        .label = "one", .pin = pin, .tries = 3, .nameless = as_coolkey || as_cackey});
    host.mock->key_add(agent.slot, &key);
    if (as_cackey)
        host.mock->key_add(agent.slot, &agent_authority);
    host_start(config);
    agent.session = host_open(agent.slot);
    if (pin != NULL)
        host_login(agent.session, pin);
}

void agent_start(enum mock_loss loses, const char *pin)
{
    agent_start_with(AGENT_PERMITS, loses, pin);
}

CK_RV agent_sign_with(CK_OBJECT_HANDLE key)
{
    unsigned char signature[64];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = host_sign(agent.session, CKM_ECDSA, key, signature, &size);

    if (rv == CKR_OK)
        assert_true(host.mock->verifies(&agent_key, CKM_ECDSA, host_data, sizeof(host_data),
                                        signature, size));
    return rv;
}

CK_RV agent_sign(void)
{
    CK_OBJECT_HANDLE key = 0;

    host_find_class(agent.session, CKO_PRIVATE_KEY, &key, 1);
    return agent_sign_with(key);
}

void agent_pull(void)
{
    host.mock->token_insert(agent.slot, false);
}

void agent_insert(void)
{
    host.mock->token_insert(agent.slot, true);
}
