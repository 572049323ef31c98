// SPDX-License-Identifier: BSD-2-Clause
// Tokens, policies and what becomes of them, in few words: what the tests of crypto/ and filters/
// share.
#pragma once

#include <openssl/types.h>
#include "tests/unit/config_fixture.h"
#include "crypto/public_key.h"
#include "filters/exposure.h"
#include "filters/object.h"
#include "filters/pair.h"

enum fixture_key {
    RSA_A,
    RSA_B,
    RSA_C,
    P256_A,
    P256_B,
    P256_C,
    P384_A,
    P384_B,
    P521_A,
    P521_B,
    ED25519_A,
    ED25519_B,
    N_FIXTURE_KEYS
};

/* A public key as ssh-keygen made it, and what ssh-keygen -lf says of it. */
struct fixture_vector {
    const char *name; /* as in the enum */
    unsigned bits;
    const char *fingerprint;
    const char *line; /* type and base64 */
};

/* Group set-up and tear-down: that of config_fixture, the keys, and a file NAME.pub for each. */
int filters_set_up(void **state);
int filters_tear_down(void **state);

const struct fixture_vector *fixture_vector(enum fixture_key which);

/* Borrowed until tear-down. */
const struct public_key *fixture_key(enum fixture_key which);

/* The public half of a key that OpenSSL made, NULL where crypto/ does not know its kind;
 * public_key_destroy() it. */
struct public_key *fixture_public_key(const EVP_PKEY *pair);

/* One token. The objects are read as module/reader.c does it. */
struct fixture_token {
    struct object_list objects;
    struct refused_pairs refused;
    struct known_keys known;
    CK_TOKEN_INFO info; /* label "one", serial "1234", manufacturer "maker", model "model" */
    CK_SLOT_INFO slot;  /* description "reader" */
    CK_INFO library;    /* description "library", version 2.40 */
    bool logged_in;
};

/* The token's objects in words, separated by commas: a class, a key, a CKA_ID in hex ("-" absent,
 * "''" empty), then any of
 *   private: sign=false sign=absent modulus (tells no exponent) mute (tells nothing) nocurve shown
 *            (CKA_PRIVATE false) local=true never_extractable=true always_authenticate=true and the
 *            same with false
 *   public:  verify=false verify=absent raw (a CKA_EC_POINT that is no OCTET STRING) hidden
 *   cert:    signs, nosign (keyUsage) hidden, x509=NAME (what it says: certificates_fixture.c); ca:
 * a certificate of an authority all:     label=TEXT Private keys and what is hidden are left out
 * before login. The vendor's handles are 1, 2, 3 ... in the order of the text, left out or not. */
void fixture_token_init(struct fixture_token *token, const char *text, bool logged_in);
void fixture_token_finish(struct fixture_token *token);

/* "AFTER" and "BEFORE" login, for messages. */
const char *fixture_when(bool logged_in);

/* Names a pair that did not verify: the vendor's handle of the private key, and the public key. */
void fixture_token_refuse(struct fixture_token *token, CK_OBJECT_HANDLE private_key,
                          enum fixture_key key);

/* Names a key that the policy names by a file. */
void fixture_token_know(struct fixture_token *token, enum fixture_key key);

/* alice, of users and ops, on box.example, Monday 09:30. */
struct circumstances fixture_circumstances(void);

struct subject fixture_subject(const struct fixture_token *token);

/* The key groups of a token: "RSA_A(private=01 public=01 cert=02)", one after the other; "private="
 * is linked by the key, "private~" by an id, "private?" left over; a private key that is alone is
 * "-(private:01)". The caller frees. */
char *fixture_groups(const struct fixture_token *token);

/* A policy from text, with @NAME in it for the fingerprint of a key. config_destroy() it. */
struct config *fixture_policy(const char *text);

/* The exposure of a token under a policy; exposure_finish() it. Known keys are the policy's. */
void fixture_expose(struct fixture_token *token, const struct policy *policy,
                    struct exposure *exposure);

/* What is shown, in the order of listings: "RSA_A:01(public cert private)"; "made" is a public key
 * that the token does not have, "#" an id made of the key's hash. The caller frees. */
char *fixture_shown(const struct exposure *exposure);

/* What is shown of a token under a policy, both in words; the caller frees. */
char *fixture_show(const char *token, bool logged_in, const char *policy);
