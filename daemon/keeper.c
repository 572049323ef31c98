// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <openssl/crypto.h>
#include "common/log.h"
#include "common/names.h"
#include "crypto/crypto.h"
#include "daemon/trunk.h"
#include "module/token.h"

/* So many wrong PINs are compared: all of them could be tried otherwise. */
enum { KEPT_MAX = 64, SALT_SIZE = 16, HASH_SIZE = 32, MISSES_MAX = 5, SOURCES_MAX = 256 };

/* A token that was unlocked, in whatever slot it is. Its session is what keeps the login. */
struct kept {
    CK_SESSION_HANDLE session; /* 0: the place is free */
    CK_TOKEN_INFO token;       /* whose it is */
    bool unlocked;             /* as of the last look */
    bool source_failed;        /* a configured PIN was sent, and the token is not known to have accepted it */
    bool known;                /* the PIN's hash */
    unsigned misses;           /* other PINs, since it was unlocked */
    uint8_t salt[SALT_SIZE];
    uint8_t hash[HASH_SIZE];
    uid_t by;
    time_t since; /* wall clock, for people */
    time_t begun; /* seconds since boot */
    _Atomic time_t used; /* with the slot as of the last look, written without the lock */
    _Atomic CK_SLOT_ID slot;
};

/* To which token the configured PIN of a user went first. */
struct source {
    uid_t user;
    CK_TOKEN_INFO token;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept places[KEPT_MAX];
static struct source sources[SOURCES_MAX];
static size_t n_sources;
static unsigned long idle_limit, limit; /* seconds; 0: none */
static bool survives; /* a login, the removal of its card */

static time_t seconds_since_boot(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

static bool hash_of(const struct kept *kept, const CK_UTF8CHAR *pin, CK_ULONG size, uint8_t hash[HASH_SIZE])
{
    struct crypto *crypto = crypto_create();
    bool ok = crypto != NULL && crypto_sha256(crypto, kept->salt, SALT_SIZE, pin, size, hash);

    crypto_destroy(crypto);
    return ok;
}

static void note_pin(struct kept *kept, const CK_UTF8CHAR *pin, CK_ULONG size)
{
    struct crypto *crypto = crypto_create();

    kept->known = pin != NULL && crypto != NULL && crypto_random(crypto, kept->salt, SALT_SIZE) &&
                  hash_of(kept, pin, size, kept->hash);
    crypto_destroy(crypto);
}

static bool is_pin(struct kept *kept, const CK_UTF8CHAR *pin, CK_ULONG size)
{
    uint8_t hash[HASH_SIZE];

    if (pin == NULL)
        return false;
    if (kept->known && hash_of(kept, pin, size, hash) &&
        CRYPTO_memcmp(hash, kept->hash, HASH_SIZE) == 0)
        return true;
    if (kept->known && ++kept->misses >= MISSES_MAX) {
        log_always("%d wrong PINs for the token \"%.32s\": none is compared any more until it is unlocked anew", MISSES_MAX, (const char *)kept->token.label);
        OPENSSL_cleanse(kept->hash, sizeof(kept->hash));
        kept->known = false;
    }
    return false;
}

static void forget(struct kept *kept)
{
    OPENSSL_cleanse(kept->hash, sizeof(kept->hash));
    kept->known = kept->unlocked = false;
    kept->misses = 0;
    kept->by = KEEPER_NOBODY;
    kept->since = 0;
}

/* Cards without a serial number may say the same of themselves. */
static bool is_in(struct kept *kept, CK_SLOT_ID slot)
{
    CK_SESSION_INFO info;

    if (trunk()->C_GetSessionInfo(kept->session, &info) != CKR_OK || info.slotID != slot)
        return false;
    kept->slot = slot;
    return true;
}

/* Also where it seems to have ended: what cannot be looked at may still be logged in. */
static void end_login(struct kept *kept)
{
    trunk()->C_Logout(kept->session);
    forget(kept);
}

/* The place of the token that is in the slot; NULL: it was never unlocked. */
static struct kept *find(CK_SLOT_ID slot)
{
    CK_TOKEN_INFO token;

    if (trunk()->C_GetTokenInfo(slot, &token) != CKR_OK)
        return NULL;
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (places[i].session != 0 && token_info_is(&places[i].token, &token) && is_in(&places[i], slot))
            return &places[i];
    }
    return NULL;
}

/* Is it still the token that was asked for? A session, once open, is bound to the one that was there. */
static CK_RV check_token(CK_SLOT_ID slot, const CK_TOKEN_INFO *expected)
{
    CK_TOKEN_INFO token;
    CK_RV rv = trunk()->C_GetTokenInfo(slot, &token);

    return rv == CKR_OK && !token_info_is(expected, &token) ? CKR_TOKEN_NOT_PRESENT : rv;
}

static CK_RV open_place(CK_SLOT_ID slot, const CK_TOKEN_INFO *token, struct kept *kept)
{
    CK_RV rv = trunk()->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &kept->session);

    if (rv == CKR_OK) {
        rv = check_token(slot, token);
        if (rv != CKR_OK)
            trunk()->C_CloseSession(kept->session);
    }
    if (rv != CKR_OK)
        kept->session = 0;
    kept->token = *token;
    kept->slot = slot;
    return rv;
}

/* One that keeps nothing has to go when all are taken. */
static struct kept *free_place(void)
{
    struct kept *idle = NULL;

    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (places[i].session == 0)
            return &places[i];
        if (!places[i].unlocked && !places[i].source_failed)
            idle = &places[i];
    }
    if (idle != NULL) {
        trunk()->C_CloseSession(idle->session);
        idle->session = 0;
    }
    return idle;
}

static CK_RV take_place(CK_SLOT_ID slot, const CK_TOKEN_INFO *token, struct kept **kept)
{
    CK_RV rv = check_token(slot, token);

    if (rv != CKR_OK)
        return rv;
    *kept = find(slot);
    if (*kept != NULL)
        return token_info_is(&(*kept)->token, token) ? CKR_OK : CKR_TOKEN_NOT_PRESENT;
    *kept = free_place();
    return *kept != NULL ? open_place(slot, token, *kept) : CKR_SESSION_COUNT;
}

static enum keeper_state look(CK_SLOT_ID slot, const struct kept *kept, CK_TOKEN_INFO *token)
{
    if (trunk()->C_GetTokenInfo(slot, token) != CKR_OK)
        return KEEPER_ABSENT;
    if ((token->flags & CKF_LOGIN_REQUIRED) != 0)
        return KEEPER_LOCKED;
    return kept != NULL ? KEEPER_UNLOCKED : KEEPER_OPEN;
}

static struct source *find_source(uid_t user)
{
    for (size_t i = 0; i < n_sources; i++) {
        if (sources[i].user == user)
            return &sources[i];
    }
    return NULL;
}

static bool note_source(uid_t user, const CK_TOKEN_INFO *token)
{
    if (find_source(user) != NULL)
        return true;
    if (n_sources == SOURCES_MAX)
        return false;
    sources[n_sources++] = (struct source){user, *token};
    return true;
}

static bool has_failed(const CK_TOKEN_INFO *token)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (places[i].session != 0 && places[i].source_failed && token_info_is(&places[i].token, token))
            return true;
    }
    return false;
}

static bool is_another_unlocked(const CK_TOKEN_INFO *token)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (places[i].session != 0 && places[i].unlocked && !token_info_is(&places[i].token, token))
            return true;
    }
    return false;
}

static bool permits_source(uid_t user, const CK_TOKEN_INFO *token)
{
    const struct source *source = find_source(user);

    if (has_failed(token))
        return false;
    return source != NULL ? token_info_is(&source->token, token) : n_sources < SOURCES_MAX && !is_another_unlocked(token);
}

bool keeper_permits_source(uid_t user, const CK_TOKEN_INFO *token)
{
    bool permits;

    pthread_mutex_lock(&lock);
    permits = permits_source(user, token);
    pthread_mutex_unlock(&lock);
    return permits;
}

/* What a card that is out answers costs no try. */
static bool is_out(CK_RV rv)
{
    return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_DEVICE_REMOVED;
}

static CK_RV log_in(CK_SLOT_ID slot, struct kept *kept, CK_UTF8CHAR_PTR pin, CK_ULONG size, uid_t by)
{
    CK_TOKEN_INFO token;
    CK_RV rv;

    if (kept->unlocked && look(slot, kept, &token) == KEEPER_UNLOCKED) {
        if (pin == NULL || !kept->known)
            return CKR_USER_ALREADY_LOGGED_IN;
        return is_pin(kept, pin, size) ? CKR_OK : CKR_PIN_INCORRECT;
    }
    end_login(kept);
    rv = trunk()->C_Login(kept->session, CKU_USER, pin, size);
    if (by == KEEPER_NOBODY && rv != CKR_OK && !is_out(rv)) {
        kept->source_failed = true;
        log_error("the PIN of pin_source failed for the token \"%.32s\": it is not sent again before somebody unlocks it", (const char *)kept->token.label);
    }
    if (rv != CKR_OK)
        return rv;
    kept->source_failed = false;
    note_pin(kept, pin, size);
    kept->unlocked = true;
    kept->by = by;
    kept->since = time(NULL);
    kept->used = kept->begun = seconds_since_boot();
    return CKR_OK;
}

CK_RV keeper_unlock(CK_SLOT_ID slot, const CK_TOKEN_INFO *token, CK_UTF8CHAR_PTR pin, CK_ULONG size, uid_t by)
{
    struct kept *kept;
    CK_RV rv;

    pthread_mutex_lock(&lock);
    rv = take_place(slot, token, &kept);
    if (rv == CKR_OK)
        rv = log_in(slot, kept, pin, size, by);
    pthread_mutex_unlock(&lock);
    return rv;
}

CK_RV keeper_unlock_by_source(CK_SLOT_ID slot, const CK_TOKEN_INFO *token, CK_UTF8CHAR_PTR pin, CK_ULONG size, uid_t user)
{
    struct kept *kept;
    CK_RV rv = CKR_FUNCTION_CANCELED;

    pthread_mutex_lock(&lock);
    if (permits_source(user, token) && note_source(user, token))
        rv = take_place(slot, token, &kept);
    if (rv == CKR_OK)
        rv = log_in(slot, kept, pin, size, KEEPER_NOBODY);
    pthread_mutex_unlock(&lock);
    return rv;
}

static CK_RV compare(struct kept *kept, CK_SLOT_ID slot, const CK_UTF8CHAR *pin, CK_ULONG size)
{
    CK_TOKEN_INFO token;

    switch (look(slot, kept, &token)) {
    case KEEPER_ABSENT:
        return CKR_TOKEN_NOT_PRESENT;
    case KEEPER_OPEN:
        return CKR_OK;
    case KEEPER_UNLOCKED:
        return is_pin(kept, pin, size) ? CKR_OK : CKR_PIN_INCORRECT;
    case KEEPER_LOCKED:
        break;
    }
    log_notice("a client's PIN is not passed on, and the token \"%.32s\" is locked; see `p11gate unlock`",
               (const char *)token.label);
    return CKR_FUNCTION_CANCELED; /* which says nothing of the PIN: a client that is p11gate takes it again */
}

CK_RV keeper_compare(CK_SLOT_ID slot, CK_UTF8CHAR_PTR pin, CK_ULONG size)
{
    CK_RV rv;

    pthread_mutex_lock(&lock);
    rv = compare(find(slot), slot, pin, size);
    pthread_mutex_unlock(&lock);
    return rv;
}

CK_RV keeper_lock(CK_SLOT_ID slot)
{
    struct kept *kept;
    CK_RV rv = CKR_OK;

    pthread_mutex_lock(&lock);
    kept = find(slot);
    if (kept != NULL) {
        rv = trunk()->C_Logout(kept->session);
        forget(kept);
    }
    pthread_mutex_unlock(&lock);
    return rv == CKR_USER_NOT_LOGGED_IN ? CKR_OK : rv;
}

bool keeper_lock_absent(const char *name, uid_t by, bool master)
{
    CK_TOKEN_INFO token;
    bool any = false;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept *kept = &places[i];
        CK_SESSION_INFO info = {0};
        if (kept->session == 0 || !kept->unlocked || !(master || kept->by == by) || !keeper_is_named(&kept->token, name) ||
            (trunk()->C_GetSessionInfo(kept->session, &info) == CKR_OK && trunk()->C_GetTokenInfo(info.slotID, &token) == CKR_OK))
            continue;
        end_login(kept);
        any = true;
    }
    pthread_mutex_unlock(&lock);
    return any;
}

static bool is_field(const CK_UTF8CHAR *field, size_t size, const char *text)
{
    size_t length = strlen(text);

    while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0'))
        size--;
    return size == length && memcmp(field, text, size) == 0;
}

bool keeper_is_named(const CK_TOKEN_INFO *token, const char *name)
{
    return name[0] == '\0' || is_field(token->label, sizeof(token->label), name) ||
           is_field(token->serialNumber, sizeof(token->serialNumber), name);
}

void keeper_limit(unsigned long idle, unsigned long most, bool survives_removal)
{
    idle_limit = idle;
    limit = most;
    survives = survives_removal;
}

void keeper_note_use(CK_SLOT_ID slot)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (places[i].slot == slot)
            places[i].used = seconds_since_boot();
    }
}

static bool is_over(const struct kept *kept)
{
    time_t now = seconds_since_boot();

    return (limit != 0 && (unsigned long)(now - kept->begun) >= limit) ||
           (idle_limit != 0 && (unsigned long)(now - kept->used) >= idle_limit);
}

/* Is the token locked by now, of itself or because its card is out? */
static bool has_gone(struct kept *kept)
{
    CK_SESSION_INFO session;
    CK_TOKEN_INFO token;

    if (trunk()->C_GetSessionInfo(kept->session, &session) != CKR_OK)
        return true;
    if (trunk()->C_GetTokenInfo(session.slotID, &token) != CKR_OK ||
        !token_info_is(&kept->token, &token))
        return !survives;
    kept->slot = session.slotID;
    return (token.flags & CKF_LOGIN_REQUIRED) != 0;
}

static void look_at(struct kept *kept)
{
    if (is_over(kept)) {
        log_always("the token \"%.32s\" is locked: its time is over", (const char *)kept->token.label);
        end_login(kept);
    } else if (has_gone(kept)) {
        log_always("the token \"%.32s\" is out, or locked", (const char *)kept->token.label);
        end_login(kept);
    }
}

void keeper_look(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (places[i].session != 0 && places[i].unlocked)
            look_at(&places[i]);
    }
    pthread_mutex_unlock(&lock);
}

void keeper_report(CK_SLOT_ID slot, struct keeper_report *report)
{
    struct kept *kept;

    pthread_mutex_lock(&lock);
    kept = find(slot);
    *report = (struct keeper_report){.by = KEEPER_NOBODY};
    report->state = look(slot, kept, &report->token);
    if (kept != NULL && kept->unlocked && report->state != KEEPER_UNLOCKED)
        end_login(kept);
    if (kept != NULL && kept->unlocked) {
        report->by = kept->by;
        report->since = kept->since;
    }
    pthread_mutex_unlock(&lock);
}

void keeper_stop(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (places[i].session != 0)
            trunk()->C_CloseSession(places[i].session);
        forget(&places[i]);
        places[i].session = 0;
    }
    pthread_mutex_unlock(&lock);
}
