// SPDX-License-Identifier: BSD-2-Clause
// All that stands between C_Initialize and C_Finalize: configuration, vendor, tokens, sessions, handles.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "config/config.h"
#include "filters/mechanism.h"
#include "module/functions.h"
#include "module/handles.h"
#include "module/slot_ids.h"
#include "module/vendor.h"

struct crypto;
struct events;
struct exposed_key;
struct exposed_object;
struct token;

enum load {
    LOAD_FIRST,   /* there is no configuration, and so no log, yet */
    LOAD_CHANGED, /* it says why not, in the log of the one before */
    LOAD_AGAIN,   /* it was said already */
    LOAD_QUIETLY, /* to look into it: no log is opened, and nothing is said */
};

/* Who asks, where that is not this process: the other end of a socket. */
struct peer {
    uid_t uid;
    pid_t pid;
    char program[PATH_MAX]; /* "": it cannot be told */
};

/* What a gate is made in, where that is not a process of its own with the vendors' libraries in it. All of it may be NULL, and is borrowed
 * for the gate's life. */
struct setting {
    const struct vendor_elsewhere *below; /* in place of the configuration's modules */
    const char *below_name;               /* for messages */
    bool below_may_come; /* that it cannot be initialised yet is no error */
    bool below_asks;     /* it may be a daemon, which asks for what is to be confirmed */
    struct vendor *(*open_module)(void *context, const struct module_settings *module); /* in place of gate_load_vendor */
    struct config *(*load)(void *context, struct crypto *crypto, enum load load); /* in place of gate_load_config */
    bool (*permits_use)(void *context, const struct exposed_key *key); /* one more, as far as their number goes; NULL: always */
    bool (*permits_source)(void *context, const CK_TOKEN_INFO *token); /* may the PIN of the source go there? NULL: always */
    void *context;
    const struct peer *peer; /* who asks */
};

struct gate {
    struct layer layer;      /* first: a layer is its gate */
    struct setting setting;
    struct crypto *crypto;   /* owned */
    struct config *config;   /* owned */
    enum preset preset;      /* in force until C_Finalize, whatever the configuration says by now */
    struct login_settings login; /* owned; the same */
    const struct token *source_token; /* borrowed; to which the PIN of the source belongs; NULL: to none yet */
    bool said_source;        /* that no PIN can be had from it; forgotten once one can */
    bool said_kept;          /* how PINs are kept, where that is not as it should be */
    unsigned moment;         /* of the week, in minutes, in which rules that ask for the time decided */
    unsigned readings;       /* of changed configurations, broken ones among them, and of times and dates that rules ask for */
    bool broken;             /* the configuration changed and cannot be read: nothing is visible */
    struct vendor **vendors; /* owned; by the place in the list of modules; NULL: that one could not be had */
    size_t n_vendors;
    struct slot_ids slot_ids; /* where there are several modules */
    struct events *events;   /* owned; NULL: no vendor uses pcscd, as far as is known */
    struct token **tokens;   /* owned; every token ever seen since C_Initialize, in the order of the slots */
    size_t n_tokens;
    bool scanned;            /* the slots were listed */
    bool listed;             /* a size query was answered; the next C_GetSlotList fills from the same scan */
    bool said_nothing_shown; /* once is enough */
    bool said_locked;        /* that p11gate below has no login; the same */
    bool threads;            /* the application may have several: it said so in C_Initialize */
    bool serves;             /* an application, and not the command: what is shown may be used */
    bool audit_stuck;        /* the audit took nothing in time, the last time */
    bool said_not_audited;   /* that it cannot be written; forgotten once it can */
    struct handles sessions; /* struct session */
    struct handles objects;  /* struct exposed_object of some token */
};

/* Reads the configuration and loads and initialises the vendors. Errors are logged; CKR_FUNCTION_FAILED, or the first vendor's, when none
 * is left. */
CK_RV gate_create(struct gate **gate);

/* The same with a configuration that was made otherwise, which the gate takes over, also when it fails; and with what it was made with. NULL
 * is CKR_HOST_MEMORY. */
CK_RV gate_create_with(struct config *config, struct gate **gate);
CK_RV gate_create_from(struct crypto *crypto, struct config *config, bool threads,
                       struct gate **gate);

/* The same in another setting, which is copied. */
CK_RV gate_create_in(const struct setting *setting, struct crypto *crypto, struct config *config,
                     bool threads, struct gate **gate);

/* The configuration that is there, read, with its log opened; the caller owns it. NULL when there is none or it is broken, which is logged. */
struct config *gate_load_config(struct crypto *crypto, enum load load);

/* Loads the library that is named; the caller owns it. NULL when it cannot be loaded, which is logged. */
struct vendor *gate_load_vendor(const struct module_settings *module);

void gate_destroy(struct gate *gate);

struct gate *gate_of(struct layer *layer);

/* Reads the configuration again if it changed. All exposures are made anew then, and when the time has passed that rules ask for; one that cannot be read leaves nothing visible. */
void gate_refresh_policy(struct gate *gate);

/* Whose calls they are: the setting's peer, else this process. */
void gate_who_asks(const struct gate *gate, struct peer *asking);

/* The policy in force, borrowed until the next gate_refresh_policy. */
const struct policy *gate_policy(const struct gate *gate);

/* Is the mechanism one of the preset's for that use, with parameters that are understood, and permitted by the configuration? The
 * standard's error otherwise; CKR_ARGUMENTS_BAD for NULL. */
CK_RV gate_check_mechanism(const struct gate *gate, const CK_MECHANISM *mechanism,
                           enum mechanism_use use);

/* Is that use of a private key permitted, if it is a raw one, which signs and decrypts whatever it is called? */
bool gate_permits_raw(const struct gate *gate, const CK_MECHANISM *mechanism);

/* The same for an operation of ours with a public key object of our making, which must be permitted and of the mechanism's kind too. */
CK_RV gate_check_made_key(const struct gate *gate, const struct exposed_object *object,
                          const CK_MECHANISM *mechanism, enum mechanism_use use);

/* Is it listed? */
bool gate_shows_mechanism(const struct gate *gate, CK_MECHANISM_TYPE type);

/* Lists the vendors' slots and the tokens in them. The first vendor's error when none can list its slots. */
CK_RV gate_scan(struct gate *gate);

/* The same of one vendor. */
CK_RV gate_scan_vendor(struct gate *gate, struct vendor *vendor);

/* Lists the slots of a token's vendor that is out, and asks only where it may be, unless everywhere: in the slot where it was,
 * and where no token is known to be. */
void gate_look_for(const struct token *token, bool everywhere);

/* Does an error of C_GetTokenInfo say that the card is out? */
bool gate_says_gone(CK_RV rv);

/* The visible token in a slot, by the number that applications know; NULL: hidden or absent. Scans when that was never done. */
struct token *gate_token(struct gate *gate, CK_SLOT_ID slot);

/* A call of the application's: PINs whose time is over are wiped, and a login of our own that failed in the one before may be made again. */
void gate_begin_call(struct gate *gate);

/* Logins of applications that closed their sessions end now. */
void gate_settle(struct gate *gate);

/* The vendor opened a session under this handle, for that token or (NULL) for an operation. A token of that vendor that still has the same
 * handle from before has lost its session without knowing: the handle must not be used for it, least of all with a PIN. Nor may it be for a session of the
 * application's, which has it only after this call. */
void gate_own_session(struct gate *gate, const struct vendor *vendor, CK_SESSION_HANDLE session,
                      const struct token *owner);

/* The vendor was finalised: every token of it has lost its session, and its slot until the next listing; again: it was initialised as well. */
void gate_lose_sessions(struct gate *gate, const struct vendor *vendor, bool again);

/* After CKR_CRYPTOKI_NOT_INITIALIZED from a vendor: initialises it again; gate_lose_sessions(). */
CK_RV gate_reinitialize(struct gate *gate, struct vendor *vendor);
