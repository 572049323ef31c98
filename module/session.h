// SPDX-License-Identifier: BSD-2-Clause
// A session of the application: virtual, bound to a token's identity, with its own search and its own operations.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "module/token.h"
#include "module/vendor_session.h"

enum sign_stage {
    SIGN_NONE,
    SIGN_DEFERRED, /* C_SignInit was checked and is remembered; the vendor knows nothing yet */
    SIGN_STARTED,  /* the vendor's C_SignInit is done on the token's session, for a context login */
    SIGN_PARTS,    /* a multi-part operation on the session's own vendor session */
};

enum { PARAMETER_MAX = 64, SESSION_USES = 3 };

struct sign_operation {
    enum sign_stage stage;
    CK_MECHANISM mechanism; /* its parameter points into parameter */
    unsigned char parameter[PARAMETER_MAX];
    uint8_t spki_hash[PUBLIC_KEY_HASH_SIZE]; /* which key, whatever handle it has when it is used */
    bool always_authenticate;
};

struct session {
    CK_SESSION_HANDLE handle; /* the application's */
    struct token *token;      /* borrowed */
    CK_FLAGS flags;
    CK_SESSION_HANDLE vendor; /* with the vendor, for operations that are passed through: its own, or the token's where there is no more; 0: none */

    CK_OBJECT_HANDLE *found; /* owned; the results of a search */
    size_t n_found;
    size_t at;
    bool searching;

    struct sign_operation sign;
    bool wants_login;   /* the vendor has an operation of the session that may need a context login */
    unsigned at_vendor; /* the operations that the vendor has under `vendor`: enum vendor_operation */
    /* Operations with a public key of our making; owned; NULL: none */
    struct verifier *verifier;
    bool verifies_in_parts;
    struct verifier *recoverer;
    struct encryptor *encryptor;
    struct verifier *prover; /* of a signature in parts; owned; NULL: none, or its mechanism is not verified here */
    struct key_use *uses[SESSION_USES]; /* owned; of private keys, begun and not ended; NULL: none */
};

/* The place of a use that the function ends, or goes on with: signing in parts, signing with recovery, decrypting. */
struct key_use **session_use(struct session *session, enum function_id function);

struct session *session_create(struct token *token, CK_FLAGS flags);

/* Frees; the vendor is not called. */
void session_destroy(struct session *session);

/* Ends the application's session: drops its operations, closes its own vendor session. */
void session_close(struct session *session);

/* The session of a handle; NULL: there is none. */
struct session *session_find(struct gate *gate, CK_SESSION_HANDLE handle);

/* Opens the session's own vendor session, if there is none. Where the vendor has no more, the token's own is lent; CKR_SESSION_COUNT while that
 * has something else to do. */
CK_RV session_open_vendor(struct session *session);

/* May the vendor have an operation of the session's that goes on? Of a session of its own the vendor knows; what another may have left
 * in one that is lent is not the session's. */
bool session_goes_on(const struct session *session, unsigned operation);

/* Gives back the vendor sessions of that vendor under which the application has nothing begun. Was there any? */
bool sessions_give_back(struct gate *gate, const struct vendor *vendor);

/* Has an operation that was passed through the token's session, lent? */
bool sessions_borrow(const struct token *token);

/* Has the application anything begun at the vendor, on that token? */
bool sessions_have_operations(const struct token *token);

/* The vendor lost the sessions on that token: what the application's sessions had with it, operations included, is forgotten. */
void sessions_lose_vendor(struct gate *gate, const struct token *token);

/* The vendor has given that number to another session: what sessions of the application had under it is gone. */
void sessions_disown(struct gate *gate, const struct vendor *vendor, CK_SESSION_HANDLE number);

/* Closes it, if there is one; of a lent one, ends the operations. */
void session_close_vendor(struct session *session);

/* The same for all sessions on that token. */
void sessions_close_vendor(struct gate *gate, const struct token *token);

/* Our session with the vendor is renewed: what the application's had begun on it is gone. To be called before. */
void sessions_forget_shared(struct gate *gate, const struct token *token);

/* Has another session of the application begun an operation on our session with the vendor? */
bool session_is_in_the_way(struct session *session);

/* Is the token shown at this moment? A token that was out is looked for. */
bool session_sees_token(struct session *session);

/* The public key object of our making that the handle stands for, if it is shown at this moment; NULL: it is another object, or none. */
const struct exposed_object *session_made_key(struct session *session, CK_OBJECT_HANDLE handle);

/* Drops a signing operation, at the vendor too where it had begun. */
void session_drop_sign(struct session *session);
void session_end_search(struct session *session);

/* Ends all that is begun, searches too. */
void session_end_operations(struct session *session);
