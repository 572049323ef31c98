// SPDX-License-Identifier: BSD-2-Clause
// The logins that p11gate makes by itself: with the PIN that is kept, else with that of the source
// (policy.md 6).
#include "module/token.h"

#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "module/events.h"

/* Do the token's flags let a try through that nobody asked for? */
static bool flags_permit(const struct token *token)
{
    CK_FLAGS against = CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;

    if (!token->gate->login.normal)
        against |= CKF_USER_PIN_COUNT_LOW;
    return (token->info.flags & against) == 0;
}

/* Is another token shown that wants a login? Which of them the PIN of the source is for cannot be
 * told then. */
static bool has_rivals(const struct token *token)
{
    const struct gate *gate = token->gate;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *other = gate->tokens[i];
        if (other != token && other->present && (other->info.flags & CKF_LOGIN_REQUIRED) != 0 &&
            token_was_visible(other))
            return true;
    }
    return false;
}

/* Why there is no PIN for this token; NULL: nothing is in the way. Who is asked sees which token is
 * meant. */
static const char *obstacle(const struct token *token)
{
    const struct gate *gate = token->gate;

    if (gate->login.source != PIN_SOURCE_ASKPASS) {
        if (gate->source_token != NULL && gate->source_token != token)
            return "it belongs to another token";
        if (gate->source_token == NULL && has_rivals(token))
            return "more than one token is shown that wants a PIN";
    }
    return pin_source_obstacle(&gate->login);
}

/* A token with a keypad takes no PIN from elsewhere. */
static bool has_source(const struct token *token)
{
    struct gate *gate = token->gate;
    const char *wrong;

    if (gate->login.source == PIN_SOURCE_NONE ||
        (token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0)
        return false;
    if (gate->setting.permits_source != NULL &&
        !gate->setting.permits_source(gate->setting.context, &token->info))
        return false;
    wrong = obstacle(token);
    if (wrong != NULL && !gate->said_source)
        pin_source_say(&gate->login, wrong);
    gate->said_source = wrong != NULL;
    return wrong == NULL;
}

/* cackey shows the same authorities on every card: none of them is permitted. */
static const struct public_key *shown_key(const struct exposed_key *key)
{
    return key->verdict.reason == REASON_ALLOWED ? key->group->key : NULL;
}

void token_note_kept_with(struct token *token)
{
    struct public_keys_seen *seen = &token->kept_with;

    seen->count = 0;
    for (size_t i = 0; i < token->exposure.n_keys && seen->count < KEPT_WITH_MAX; i++) {
        const struct public_key *key = shown_key(&token->exposure.keys[i]);
        if (key != NULL)
            memcpy(seen->hashes[seen->count++], key->spki_hash, PUBLIC_KEY_HASH_SIZE);
    }
}

static bool was_kept_with(const struct token *token, const struct public_key *key)
{
    for (size_t i = 0; key != NULL && i < token->kept_with.count; i++) {
        if (memcmp(token->kept_with.hashes[i], key->spki_hash, PUBLIC_KEY_HASH_SIZE) == 0)
            return true;
    }
    return false;
}

/* coolkey and cackey tell no serial number: all their cards of one label are the same by name. Such a card has to show a key that it
 * showed when it accepted the PIN. */
static bool is_card_of_kept(const struct token *token)
{
    if (token_has_serial(token))
        return true;
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        if (was_kept_with(token, shown_key(&token->exposure.keys[i])))
            return true;
    }
    return false;
}

/* What was not read yet may show such a key. */
static bool has_kept(const struct token *token)
{
    if (!kept_pin_is_there(&token->kept, kept_pin_clock()))
        return false;
    if (!token->exposed || is_card_of_kept(token))
        return true;
    log_debug("a PIN is kept, but not for this card: it has no serial number, and none of the keys "
              "of before");
    return false;
}

bool token_can_relogin(struct token *token)
{
    const struct gate *gate = token->gate;

    if ((!gate->login.keeps && gate->login.source == PIN_SOURCE_NONE) || !gate->serves ||
        !token->present || token->logging_in || token->own_login_failed || token->gave_up ||
        !flags_permit(token))
        return false;
    return has_kept(token) || has_source(token);
}

static bool take_kept(struct token *token, struct own_pin *own)
{
    const unsigned char *kept =
        is_card_of_kept(token) ? kept_pin_open(&token->kept, kept_pin_clock(), &own->pin.size) : NULL;

    if (kept == NULL)
        return false;
    memcpy(own->pin.text, kept, own->pin.size);
    own->origin = PIN_KEPT;
    kept_pin_close(&token->kept);
    return true;
}

/* A source that gives none is not asked again either. */
static bool take_from_source(struct token *token, struct own_pin *own)
{
    char label[TOKEN_LABEL_SIZE];

    if (!has_source(token))
        return false;
    own->origin = PIN_OF_SOURCE;
    token->gave_up = !pin_source_get(&token->gate->login, token_label(token, label), &own->pin);
    return !token->gave_up;
}

/* The card that was there when the PIN was asked for may be another by now. */
static bool is_still_permitted(struct token *token, CK_USER_TYPE user)
{
    CK_RV rv = CKR_TOKEN_NOT_PRESENT;

    gate_refresh_policy(token->gate);
    events_look(token->gate);
    token->info_stale = token->info_stale || user == CKU_USER;
    if (token_is_visible(token))
        rv = token_fresh_info(token);
    if (rv != CKR_OK)
        log_info("no PIN is sent: %s", name_of_rv(rv));
    return rv == CKR_OK && flags_permit(token);
}

bool token_own_pin(struct token *token, CK_USER_TYPE user, struct own_pin *own)
{
    *own = (struct own_pin){.origin = PIN_OF_SOURCE};
    if (!token_can_relogin(token) || !token_is_visible(token))
        return false;
    if (!take_kept(token, own) && !take_from_source(token, own))
        return false;
    if (!is_still_permitted(token, user))
        return false;
    if (own->origin == PIN_OF_SOURCE && token->gate->login.source != PIN_SOURCE_ASKPASS)
        token->gate->source_token = token;
    return true;
}

CK_RV token_relogin(struct token *token)
{
    struct own_pin own;
    CK_RV rv = CKR_USER_NOT_LOGGED_IN;

    if (token_logged_in(token))
        return CKR_OK;
    if (token_own_pin(token, CKU_USER, &own))
        rv = token_send_own_pin(token, 0, CKU_USER, &own);
    explicit_bzero(&own, sizeof(own));
    return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

bool token_log_in_lazily(struct token *token)
{
    if (token_logged_in(token) || (token->info.flags & CKF_LOGIN_REQUIRED) == 0 ||
        !token_can_relogin(token))
        return true;
    token_relogin(token);
    return token_is_visible(token);
}
