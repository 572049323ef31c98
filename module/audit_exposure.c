// SPDX-License-Identifier: BSD-2-Clause
// Which keys are shown and hidden: a line when that is decided, and when it changes; not at every listing.
#include "module/audit.h"

#include <stdlib.h>
#include <string.h>
#include "crypto/crypto.h"

bool audit_withholds(const struct gate *gate, const struct verdict *verdict)
{
    return !verdict->by_policy && verdict->policy == gate_policy(gate) && gate->config->system &&
           gate->config->settings.audit.kind != AUDIT_NONE;
}

/* By its public key; where nobody knows that, by what it is called. */
static bool identify(struct crypto *crypto, const struct exposed_key *key,
                     const struct audit_record *record, uint8_t out[32])
{
    size_t id_size = 0, label_size = 0;
    const char *id, *label;

    if (key->group->key != NULL) {
        memcpy(out, key->group->key->spki_hash, PUBLIC_KEY_HASH_SIZE);
        return true;
    }
    id = audit_record_get(record, "id", &id_size);
    label = audit_record_get(record, "label", &label_size);
    return crypto_sha256(crypto, id, id_size, label, label_size, out);
}

/* Searched from where it stood the last time, most likely. */
static struct audited_key *find(const struct audited_keys *keys, const uint8_t key[32], size_t hint)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct audited_key *item = &keys->items[(hint + i) % keys->count];
        if (memcmp(item->key, key, sizeof(item->key)) == 0)
            return item;
    }
    return NULL;
}

/* Notes it; was it the same the last time? Without memory it is told again. */
static bool is_known(struct audited_keys *keys, const struct audited_key *now, size_t hint)
{
    struct audited_key *known = find(keys, now->key, hint), *grown;

    if (known != NULL && memcmp(known->said, now->said, sizeof(now->said)) == 0)
        return true;
    if (known != NULL) {
        *known = *now;
        return false;
    }
    grown = reallocarray(keys->items, keys->count + 1, sizeof(*grown));
    if (grown == NULL)
        return false;
    keys->items = grown;
    grown[keys->count++] = *now;
    return false;
}

static void audit_key(struct token *token, const struct exposed_key *key,
                      struct audit_record *record, size_t hint)
{
    struct crypto *crypto = token->gate->crypto;
    const char *event = key->verdict.reason == REASON_ALLOWED ? "key-shown" : "key-hidden";
    char text[AUDIT_TEXT_SIZE];
    struct audited_key now;
    size_t size;

    audit_describe_key(record, key);
    audit_record_set(record, "event", event);
    size = audit_record_text(record, text);
    if (identify(crypto, key, record, now.key) &&
        crypto_sha256(crypto, text, size, NULL, 0, now.said) &&
        is_known(&token->audited, &now, hint))
        return;
    audit_write(token->gate, record, event,
                audit_withholds(token->gate, &key->verdict) ? AUDIENCE_SYSTEM : AUDIENCE_ALL);
}

void audit_exposure(struct token *token)
{
    struct audit_record head = {0};

    if (!token->gate->serves || token->gate->broken || !audit_is_kept(token->gate))
        return;
    audit_describe_token(&head, token);
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        struct audit_record record = head;
        audit_key(token, &token->exposure.keys[i], &record, i);
    }
}
