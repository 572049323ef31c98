// SPDX-License-Identifier: BSD-2-Clause
// One token: its identity, our session with the vendor, the login, what was read of it and what is shown of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include "filters/exposure.h"
#include "filters/search.h"
#include "filters/trust_memo.h"
#include "module/audited_keys.h"
#include "module/gate.h"
#include "module/kept_pin.h"
#include "module/pin_guard.h"
#include "module/reader.h"

/* What C_WaitForSlotEvent has told of a token; at the beginning what there was. */
struct told {
    bool known; /* what there was at the beginning */
    bool shown; /* the token was, in that slot, at that insertion */
    CK_SLOT_ID slot;
    unsigned insertion;
    bool now; /* it is shown; as of the last look */
    bool listed_otherwise; /* by a listing since it was told */
};

enum { KEPT_WITH_MAX = 8 };

/* The keys that a token showed when it accepted a PIN, by their hashes. */
struct public_keys_seen {
    uint8_t hashes[KEPT_WITH_MAX][PUBLIC_KEY_HASH_SIZE];
    size_t count;
};

enum token_sight { TOKEN_UNSEEN, TOKEN_HIDDEN, TOKEN_SHOWN };

struct token {
    struct gate *gate;     /* borrowed */
    struct vendor *vendor; /* borrowed */
    CK_SLOT_ID slot;       /* the vendor's, while present */
    CK_SLOT_ID shown_slot; /* what applications call it */
    bool present;
    bool displaced; /* not present, as its library began anew, and may have numbered its slots anew: until the next listing ends */
    CK_TOKEN_INFO info;
    bool info_stale; /* a login may have changed its flags */
    struct timespec looked_at; /* since boot; when it was last found to be out */
    unsigned long looked_generation; /* of events, then */
    unsigned narrow_looks; /* since its vendor's slots were all looked into */
    bool restarted; /* its library was, for its sake, and no signature has succeeded since */
    CK_SLOT_INFO slot_info;
    bool has_slot_info;
    unsigned insertion; /* counts how often it was found again */
    struct told told;

    CK_SESSION_HANDLE session; /* ours with the vendor; 0: none */
    bool logged_in;
    enum token_sight sight; /* what token_is_visible() said last, under the policy in force */
    bool login_lost; /* with the session: the application's, who had not ended it */
    bool login_stale; /* the same, ended or not: what the vendor says of being logged in may be of before */
    bool logout_pending; /* the application closed its last session; the vendor is told before the next is opened */
    size_t n_sessions;   /* of the application */
    size_t n_rw_sessions;
    struct pin_guard guard;
    struct kept_pin kept; /* accepted by it; owned */
    struct public_keys_seen kept_with;
    bool logging_in;      /* a PIN is on its way */
    bool own_login_failed; /* p11gate's own, in this call of the application's: no PIN is sent again before the next */
    bool gave_up;         /* p11gate's own login failed: not again until the card is put in anew, or another PIN is accepted */

    struct object_list objects; /* the snapshot */
    struct object_list issuers; /* certificates beside it, in which those of the snapshot may find their issuers */
    bool stale;                 /* the session under which it was read was given back: its handles must not be used */
    CK_RV error;                /* of the last attempt to read it */
    bool read;                  /* the snapshot is made */
    bool read_logged_in;        /* with private objects visible */
    bool whole;                 /* narrow searches left a doubt: everything is read */
    struct timespec read_at;    /* monotonic */

    struct refused_pairs refused; /* pairs whose signature did not verify, of this vendor session's handles */
    struct refused_pairs proved;  /* and those whose did */
    struct known_keys known;      /* of the policy; owned array */
    struct shown_ids shown;       /* since C_Initialize */
    struct trust_memo *trust;     /* owned; of the exposure; NULL: no rule asks for chains or dates */
    struct trust_span decided;    /* of the exposure before; zeroed: it was not decided by dates */
    uint64_t trust_said;          /* what trust_log.c has said of it; 0: nothing */
    struct exposure exposure;
    bool exposed; /* the exposure is made */
    struct audited_keys audited; /* of the configuration in force */
    struct carried_handle *carried; /* owned; handles issued for an exposure that is gone, for the next one */
    size_t n_carried;
};

struct token *token_create(struct gate *gate, struct vendor *vendor, CK_SLOT_ID slot,
                           const CK_TOKEN_INFO *info);
void token_destroy(struct token *token);

/* Same manufacturer, model, serial and label? */
bool token_info_is(const CK_TOKEN_INFO *own, const CK_TOKEN_INFO *info);
bool token_is(const struct token *token, const CK_TOKEN_INFO *info);

enum { TOKEN_LABEL_SIZE = 33 };

/* Its label as people may read it, without what fills it up. Returns the text. */
const char *token_label(const struct token *token, char text[TOKEN_LABEL_SIZE]);

/* Does it tell a serial number? */
bool token_has_serial(const struct token *token);

/* What the policy is asked about; group is NULL. Borrows from the token. */
struct subject token_subject(const struct token *token);

/* Is the token shown: a permitted key, or a rule that names it? Reads it where that has to be. */
bool token_is_visible(struct token *token);

/* Was it, when that was last asked? Of one that nobody has asked about, or that could not be
 * read: may it be? Reads nothing. */
bool token_was_visible(const struct token *token);

/* Brings snapshot and exposure up to date with login state and policy. The vendor's error. */
CK_RV token_refresh(struct token *token);

/* Reads all that is visible at the moment, whatever the policy needs. The vendor's error. */
CK_RV token_read_whole(struct token *token);

/* Forgets what was read; handles of what is still there afterwards stay valid. */
void token_forget_objects(struct token *token);

/* Builds the exposure from what was read. Handles of what was shown before and still is stay valid. CKR_HOST_MEMORY. */
CK_RV token_expose(struct token *token);

/* Drops the exposure, which borrows from the objects and the policy: to be called before either goes. */
void token_unexpose(struct token *token);

/* Drops the exposure if it was decided by dates, and another moment has begun for them. */
void token_settle_dates(struct token *token);

/* Opens our session with the vendor if there is none. */
CK_RV token_open(struct token *token);

/* As the application sees it. */
bool token_logged_in(const struct token *token);

/* Are private objects to be seen: logged in, or no login is needed? */
bool token_shows_private(const struct token *token);

/* C_Login and C_Logout behind the guard (policy.md 6). The PIN is borrowed, and kept where `keep_pin` says so. */
CK_RV token_login(struct token *token, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size);

/* The same for the context login of an operation that the vendor has on another session than the token's own. */
CK_RV token_login_operation(struct token *token, CK_SESSION_HANDLE operation, CK_UTF8CHAR_PTR pin,
                            CK_ULONG size);
CK_RV token_logout(struct token *token);

/* Where a PIN comes from that goes to the vendor. */
enum pin_origin {
    PIN_OF_APPLICATION,
    PIN_OF_SOURCE,
    PIN_KEPT, /* of an earlier one; its time goes on */
};

/* A PIN that p11gate sends by itself, while it is held; the caller wipes it. */
struct own_pin {
    struct pin pin;
    enum pin_origin origin;
};

/* As token_login, and token_login_operation where operation is not 0. */
CK_RV token_send_own_pin(struct token *token, CK_SESSION_HANDLE operation, CK_USER_TYPE user,
                         const struct own_pin *own);

/* Notes what the token, that has just accepted the PIN that is kept, shows. */
void token_note_kept_with(struct token *token);

/* Does it wait for `p11gate unlock`? Then nobody is to be asked for a PIN. */
bool token_is_locked_below(const struct token *token);

/* Would p11gate log in by itself at this moment: is a PIN kept, or can one be had, and may it be sent? Asks no vendor. */
bool token_can_relogin(struct token *token);

/* A PIN to send to this token, which is shown and freshly known to be the same: the kept one, else that of the source. False: there is none, or it must
 * not be sent. Not for while an operation is active at the vendor. */
bool token_own_pin(struct token *token, CK_USER_TYPE user, struct own_pin *own);

/* Logs in without the application, once: CKR_OK when that is done, or was already; CKR_USER_NOT_LOGGED_IN when there is no PIN that may be sent; the
 * vendor's error. What is refused is not tried again until the card is put in anew, or another PIN is accepted. */
CK_RV token_relogin(struct token *token);

/* The same where private objects are about to be looked for or used, and nobody has logged in to a token that is shown. Is it still? */
bool token_log_in_lazily(struct token *token);

/* The login of an application that closed its sessions ends now. */
void token_settle(struct token *token);

/* Our session is replaced by a new one that keeps the login: an operation was left active on it. */
CK_RV token_renew_session(struct token *token);

/* Closes our session with the vendor, if nothing needs it; what was read is known on. Is there one less? */
bool token_give_back_session(struct token *token);

/* Forgets what was read under a session that was given back, before an object is used at the vendor. */
void token_drop_stale(struct token *token);

/* The vendor's session is gone, and with it login and handles. */
void token_lose_session(struct token *token);

/* The card is gone as well, and with it the memory of refused PINs. */
void token_lose(struct token *token);

/* The card cannot be talked to: as gone, but the memory stays, as it may never have been out. */
void token_hide(struct token *token);

/* Its library began anew, which is no removal: it is looked for in all slots, by its identity. */
void token_displace(struct token *token);

/* Brings info up to date if a login or a loss may have changed it. The vendor's error, or CKR_TOKEN_NOT_PRESENT when it is another token. */
CK_RV token_fresh_info(struct token *token);

/* Attribute of an exposed object; read from the vendor, and kept, if it was not yet. NULL when there is none. */
const CK_ATTRIBUTE *token_attribute(struct token *token, const struct exposed_object *object,
                                    CK_ATTRIBUTE_TYPE type);

/* The same as the application is told it: a key wants no context login (CKA_ALWAYS_AUTHENTICATE) where p11gate makes it. */
const CK_ATTRIBUTE *token_told_attribute(struct token *token, const struct exposed_object *object,
                                         CK_ATTRIBUTE_TYPE type);

/* The application's handle of an exposed object, issued at its first use; 0 when none is to be had. */
CK_OBJECT_HANDLE token_object_handle(struct token *token, struct exposed_object *object);

/* The object that a handle stands for, if it is one of this token's; NULL otherwise. */
struct exposed_object *token_object(struct token *token, CK_OBJECT_HANDLE handle);

/* The visible object of that class with the same public key; NULL: there is none (any more). */
struct exposed_object *token_find_object(struct token *token, CK_OBJECT_CLASS class,
                                         const uint8_t spki_hash[PUBLIC_KEY_HASH_SIZE]);

/* Notes whether a signature fitted the public key: CKR_OK, or CKR_FUNCTION_FAILED when it did not. Then the token is read anew, without a
 * pair that was not linked by its public key. */
CK_RV token_note_proof(struct token *token, const struct exposed_object *private_key, bool verified);
bool token_is_proved(const struct token *token, const struct exposed_object *private_key);

/* Is it a key that wants its context login before each use (CKA_ALWAYS_AUTHENTICATE)? */
bool token_wants_login(struct token *token, const struct exposed_object *key);
