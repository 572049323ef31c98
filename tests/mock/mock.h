// SPDX-License-Identifier: BSD-2-Clause
// The scriptable mock vendor: what tests set up, and what they read back. In process it is found by
// dlsym(library, "mock_control"); for other programs the environment says the same (script.c).
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "common/pkcs11_3.h"

/* Which objects of a key pair stand on the token, and what is odd about them. */
enum {
    MOCK_PRIVATE_KEY = 1 << 0,
    MOCK_PUBLIC_KEY = 1 << 1,
    MOCK_CERTIFICATE = 1 << 2,
    MOCK_NO_POINT = 1 << 3, /* the private EC key tells its public key by nothing, as SoftHSM's */
    MOCK_ALL_PRIVATE = 1 << 4, /* the public objects are CKA_PRIVATE as well */
    MOCK_ALWAYS_AUTHENTICATE = 1 << 5,
    MOCK_NO_SIGN = 1 << 6,
    MOCK_SEEN_BEFORE_LOGIN = 1 << 7, /* the private key, which still needs one, as with coolkey */
    MOCK_SHORT_LIVED = 1 << 8, /* the certificate is good for MOCK_SHORT_LIFE seconds */
    MOCK_PAIR = MOCK_PRIVATE_KEY | MOCK_PUBLIC_KEY,
};

enum { MOCK_SHORT_LIFE = 2 };

enum mock_quirk {
    MOCK_MISSING_IS_OK = 1 << 0,        /* absent attributes: length -1, but CKR_OK */
    MOCK_STOPS_AT_FIRST_ERROR = 1 << 1, /* C_GetAttributeValue leaves what follows as it was */
    MOCK_ENDLESS_FIND = 1 << 2,         /* C_FindObjects gives the same objects again and again */
    MOCK_EXACT_NUMBERS = 1 << 3,        /* a number is told only where the room is exactly that of one, as NSS has it */
};

/* How the library loses a card that is pulled out (loss.c). */
enum mock_loss {
    MOCK_LOSES_SESSIONS, /* they are closed at once; coolkey */
    MOCK_LOSES_AS_OPENSC,
    MOCK_LOSES_AS_YKCS11, /* out and in at once */
    MOCK_LOSES_AS_YKCS11_SLOW,
    MOCK_LOSES_AS_CACKEY,
    MOCK_LOSES_AS_CACKEY_QUICK,
    MOCK_LOSES_UNTIL_LOGOUT, /* "logged in" of a card that has forgotten */
    MOCK_LOSES_UNTIL_FINALIZE,
};

/* Nonsense that is answered with CKR_OK (garbage.c). */
enum mock_garbage {
    MOCK_NO_GARBAGE,
    MOCK_SLOTS_MORE_THAN_ASKED,
    MOCK_SLOTS_WITHOUT_NUMBER, /* CK_UNAVAILABLE_INFORMATION */
    MOCK_SLOTS_UNKNOWN,        /* their numbers mean nothing */
    MOCK_TOKEN_WITHOUT_TEXT,   /* no field is text */
    MOCK_SESSIONS_ALL_THE_SAME,
    MOCK_SESSIONS_ZERO,
    MOCK_FINDS_MORE_THAN_ASKED,
    MOCK_FINDS_WITHOUT_NUMBER,
    MOCK_FINDS_UNKNOWN_FOR_EVER,
    MOCK_FINDS_ONE_FOR_EVER,
    MOCK_FINDS_ONE_HANDLE_FOR_ALL,
    MOCK_ATTRIBUTES_WITHOUT_LENGTH,
    MOCK_ATTRIBUTES_LONGER_THAN_ROOM,
    MOCK_ATTRIBUTES_EMPTY,
    MOCK_ATTRIBUTES_OF_BYTES, /* each byte 0xff, numbers and booleans too */
    MOCK_MECHANISMS_WITHOUT_NUMBER,
    MOCK_SIGNS_NOTHING,
    MOCK_SIGNS_MORE_THAN_ROOM,
    MOCK_SIGNS_WITHOUT_LENGTH,
    MOCK_SIGNS_SHORT,
    MOCK_SIGNS_WRONG,
    MOCK_GARBAGE_KINDS
};

/* What C_GetInterface says of PKCS#11 3.0 (interface.c). */
enum mock_interface {
    MOCK_HAS_3_0,
    MOCK_INTERFACE_FAILS,
    MOCK_INTERFACE_IS_NOTHING,
    MOCK_INTERFACE_WITHOUT_LIST,
    MOCK_INTERFACE_IS_ANOTHERS,
    MOCK_INTERFACE_SAYS_2_40,
    MOCK_INTERFACE_IS_SHORT, /* says 3.0 and ends as one of 2.40 */
    MOCK_INTERFACE_HAS_HOLES, /* without the functions that 3.0 added */
    MOCK_INTERFACE_KINDS
};

/* A C_Login as p11gate made it and had it answered. */
struct mock_login {
    CK_USER_TYPE user;
    char pin[32];
    CK_RV rv;
};

struct mock_token {
    const char *label;
    const char *pin;    /* NULL: no login is needed */
    unsigned tries;     /* wrong PINs until it is locked; 0: any number */
    CK_FLAGS flags;     /* beside those that follow from the rest */
    unsigned quirks;    /* enum mock_quirk */
    const char *reader; /* the slot's description; NULL: "mock slot" */
    bool nameless;      /* without a serial number, as with coolkey and cackey */
    bool uninitialised; /* present, but without CKF_TOKEN_INITIALIZED, as SoftHSM's empty slot */
};

struct mock_key {
    const char *type; /* "rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521", "ed25519", "ed448", "pem:/path", or
                         "rsa:random": a modulus that nobody can sign with, made at once */
    const char *name; /* the same type and name are the same key pair */
    const char *id;   /* in hex; "" for an empty CKA_ID */
    const char *label;
    unsigned objects;
};

/* The vendor's handles; 0 where there is no such object. */
struct mock_handles {
    CK_OBJECT_HANDLE private_key, public_key, certificate;
};

/* Read and written by tests at any time. */
struct mock_settings {
    atomic_bool initialised;   /* written: somebody else initialised or finalised the library */
    CK_RV arguments_answer;    /* of C_Initialize to arguments; CKR_OK: it takes them */
    CK_RV wrong_pin;           /* what a wrong PIN is answered with */
    CK_RV keypad;              /* of C_Login without a PIN, on a token with a keypad */
    CK_ULONG session_limit;    /* 0: none */
    CK_RV limit_answer;        /* of C_OpenSession beyond it */
    bool one_operation;        /* a session has one of a search, a digest and a signature, as SoftHSM's */
    CK_RV read_only_answer;    /* of C_OpenSession to who does not ask for a read-write one; CKR_OK: it opens one */
    CK_ULONG more_mechanisms;  /* C_GetMechanismList says that it wrote so many more than there was room for */
    const char *manufacturer;  /* in C_GetInfo; NULL: "mock" */
    const char *description;   /* the same of the library; NULL: "mock vendor" */
    bool freezes_slots;        /* C_GetSlotList has the tokens that C_Initialize found */
    enum mock_loss loses;
    enum mock_garbage garbage;
    CK_FUNCTION_LIST *functions; /* what C_GetFunctionList gives; NULL: the library's own */
    bool lists_interfaces;     /* C_GetInterfaceList has 3.0, which is fork-safe, one of the library's own, and 2.20; else it fails */
    bool keeps_count;          /* C_GetInterfaceList tells the number only to who asks for it alone, as openCryptoki's does */
    bool cancels_nothing;      /* C_SessionCancel answers CKR_OK, and that is all */
    bool obliging;             /* functions that do nothing here answer CKR_OK, where other libraries have them */
    enum mock_interface interface; /* what C_GetInterface gives */
    bool keeps_slots;          /* C_GetSlotList looks for slots only when it is asked for the number (2.40, 5.5) */
    const char *prints;        /* the function that writes a line to stdout, or "*"; NULL: none */
    void (*calls_back)(const char *function); /* called by each function of the library; NULL: none */
    const char *littered;      /* read: the first function since the last reset that had something in the stack below it; NULL: none */
    CK_FLAGS session_flags;    /* read: of the last C_OpenSession */
    bool notified;             /* read: some C_OpenSession since the last reset had a callback, or something for one */
    CK_VOID_PTR init_argument; /* read: of the last C_Initialize */
    CK_FLAGS init_flags;       /* read: those in it */
    char init_args[64];        /* read: the text in its pReserved, as NSS takes it; "": none */
};

struct mock_control {
    struct mock_settings *settings;

    /* No tokens, no scripts, no calls, not initialised. Key pairs are kept. */
    void (*reset)(void);

    /* Slots get the numbers 100, 101 ... */
    CK_SLOT_ID (*token_add)(const struct mock_token *token);
    void (*token_insert)(CK_SLOT_ID slot, bool present); /* an event of the slot */
    /* Each token is in the other's slot then; the sessions of both are gone. */
    void (*token_swap)(CK_SLOT_ID one, CK_SLOT_ID other);
    struct mock_handles (*key_add)(CK_SLOT_ID slot, const struct mock_key *key);
    /* The objects with the key's id get its values, type and label. */
    void (*key_replace)(CK_SLOT_ID slot, const struct mock_key *key, bool keeps_handles);
    void (*attribute_set)(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *value,
                          CK_ULONG size);
    /* The attribute cannot be read: C_GetAttributeValue answers rv for it. */
    void (*attribute_refuse)(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_RV rv);

    /* The nth call of the function from now on (0: each) answers rv and does nothing. */
    void (*refuse)(const char *function, unsigned nth, CK_RV rv);
    void (*refuse_none)(void);

    /* Calls since the last reset or forget_calls: all, of one function, and the names in their
     * order (NULL past the end). */
    unsigned (*calls)(void);
    unsigned (*calls_of)(const char *function);
    const char *(*call_name)(unsigned index);
    void (*forget_calls)(void);
    /* C_Login that reached the token, and sessions open on all tokens. */
    unsigned (*logins)(CK_SLOT_ID slot);
    unsigned (*sessions)(void);
    /* They ran out, as an HSM's do that nobody used; no login is without a session. */
    void (*sessions_expire)(void);
    bool (*logged_in)(CK_SLOT_ID slot);
    /* Since the last reset, in their order; NULL past the end. */
    const struct mock_login *(*login_at)(unsigned index);
    const CK_FUNCTION_LIST *functions; /* the library's own */
    struct function_list *functions_3_0; /* the same of PKCS#11 3.0 */

    /* Was the signature made by that key pair? Independent of p11gate's own verification. */
    bool (*verifies)(const struct mock_key *key, CK_MECHANISM_TYPE mechanism, const void *data,
                     size_t data_size, const void *signature, size_t size);
};

#ifndef CKM_EDDSA
#define CKM_EDDSA 0x1057UL
#endif
