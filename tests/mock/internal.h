// SPDX-License-Identifier: BSD-2-Clause
// What the files of the mock vendor share.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "common/attributes.h"
#include "tests/mock/mock.h"
#include "mock.gen.h"

enum { TOKENS_MAX = 16, SESSIONS_MAX = 512, REFUSED_MAX = 4, FIRST_SLOT = 100 };

struct object {
    CK_OBJECT_HANDLE handle;
    CK_OBJECT_CLASS class;
    struct attributes attributes; /* owned */
    EVP_PKEY *key;                /* of the pool; NULL: cannot sign */
    struct {
        CK_ATTRIBUTE_TYPE type;
        CK_RV rv;
    } refused[REFUSED_MAX];
    size_t n_refused;
};

struct token {
    struct mock_token described; /* strings owned */
    char serial[17];
    bool present;
    bool logged_in;
    bool lost; /* the card was out, and the library has not seen it anew */
    unsigned wrong_pins; /* since the last right one */
    unsigned logins;
    struct object **objects; /* owned array of owned */
    size_t n_objects;
};

struct session {
    struct token *token; /* NULL: not open */
    CK_FLAGS flags;
    CK_OBJECT_HANDLE *found; /* owned; NULL: no search */
    size_t n_found, next_found;
    EVP_MD_CTX *digest;    /* owned; NULL: no digest */
    struct object *signer; /* NULL: no signature */
    CK_MECHANISM_TYPE mechanism;
    bool authenticated;  /* C_Login(CKU_CONTEXT_SPECIFIC) came after C_SignInit */
    unsigned char *data; /* owned; of C_SignUpdate */
    size_t data_size;
};

extern struct mock_settings settings;
extern struct token *tokens[TOKENS_MAX]; /* by slot - FIRST_SLOT; NULL past the last */

/* record.c: before and after each call. record_begin answers what the script or the state of the
 * library says. */
CK_RV record_begin(enum function_id function);
CK_RV record_end(enum function_id function, CK_RV rv);
/* Around what a call does, and what tests change meanwhile. */
void mock_lock(void);
void mock_unlock(void);
void record_reset(void);
void record_forget(void);
void record_fail(const char *function, unsigned nth, CK_RV rv);
void record_fail_none(void);
void record_login(CK_USER_TYPE user, const unsigned char *pin, CK_ULONG size, CK_RV rv);
const struct mock_login *record_login_at(unsigned index);
unsigned record_calls(void);
unsigned record_calls_of(const char *function);
const char *record_name(unsigned index);
/* Ends the program when a test script is wrong. */
_Noreturn void record_wrong(const char *what, const char *value);

/* key.c: key pairs and what PKCS#11 attributes they have. */
EVP_PKEY *key_pair(const char *type, const char *name);
void key_put(struct attributes *list, CK_ATTRIBUTE_TYPE type, const void *value, size_t size);
void key_put_public(struct attributes *list, EVP_PKEY *pair);
void key_put_random_rsa(struct attributes *list);
void key_put_certificate(struct attributes *list, EVP_PKEY *pair, const char *subject,
                         long seconds);

/* oracle.c */
bool oracle_verifies(const struct mock_key *key, CK_MECHANISM_TYPE mechanism, const void *data,
                     size_t data_size, const void *signature, size_t size);

/* object.c: what stands on a token. */
struct mock_handles object_add_key(CK_SLOT_ID slot, const struct mock_key *key);
void object_replace_key(CK_SLOT_ID slot, const struct mock_key *key, bool keeps_handles);
void object_set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG size);
void object_refuse(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_RV rv);
void object_destroy_all(struct token *token);
void object_reset(void);

/* token.c */
CK_SLOT_ID token_add(const struct mock_token *token);
struct token *token_at(CK_SLOT_ID slot); /* NULL: no such slot */
void token_insert(CK_SLOT_ID slot, bool present);
void token_swap(CK_SLOT_ID one, CK_SLOT_ID other);
unsigned token_logins(CK_SLOT_ID slot);
bool token_logged_in(CK_SLOT_ID slot);
void token_reset(void);
void token_look_for_slots(void);
/* A field of CK_INFO and the like: blanks up to its end. */
void token_pad(unsigned char *field, size_t size, const char *text);

/* session.c */
struct session *session_at(CK_SESSION_HANDLE handle); /* NULL: not open */
unsigned session_count(const struct token *token);    /* NULL: on all tokens */
void session_close_all(const struct token *token);    /* NULL: on all tokens */
/* What the session sees; NULL: nothing of that handle. */
struct object *session_object(const struct session *session, CK_OBJECT_HANDLE handle);
bool session_sees(const struct session *session, const struct object *object);

/* loss.c: the library's way to lose a card. The card was pulled out or put in: */
void loss_by_event(struct token *token);
bool loss_is_lasting(const struct token *token); /* the library goes on as if nothing had happened */
bool loss_lists_empty(void);                     /* slots without a card are listed among those with one */
/* What may make the library see it anew, after it was done: */
void loss_see_sessions(struct token *token);
void loss_see_listing(void);
void loss_see_logout(struct token *token);
void loss_see_finalize(void);
/* What is answered before that: CKR_OK: as ever. */
CK_RV loss_at_sign_init(const struct token *token);
CK_RV loss_at_sign(const struct token *token);
CK_RV loss_at_login(struct token *token);

/* garbage.c: makes nonsense of what a function is about to answer with CKR_OK. */
void garbage_in_numbers(CK_ULONG *numbers, CK_ULONG room, CK_ULONG *count, enum mock_garbage more,
                        enum mock_garbage without);
void garbage_in_slots(CK_SLOT_ID *slots, CK_ULONG count);
void garbage_in_token(CK_TOKEN_INFO *info);
void garbage_in_session(CK_SESSION_HANDLE *handle);
void garbage_in_search(CK_OBJECT_HANDLE *found, CK_ULONG room, CK_ULONG *count);
void garbage_in_attributes(CK_ATTRIBUTE *template, CK_ULONG count, const CK_ULONG *room);
void garbage_in_signature(unsigned char *signature, CK_ULONG room, CK_ULONG *size);

/* sign.c */
void sign_end(struct session *session);

/* interface.c: exported. */
CK_RV C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount);
CK_RV C_GetInterface(CK_UTF8CHAR_PTR pInterfaceName, CK_VERSION_PTR pVersion,
                     CK_INTERFACE_PTR_PTR ppInterface, CK_FLAGS flags);

/* digest.c */
void digest_end(struct session *session);

/* library.c: C_Initialize was called, in this process. */
bool library_is_initialised(void);
