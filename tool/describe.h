// SPDX-License-Identifier: BSD-2-Clause
// Tokens, keys and verdicts in words.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include "module/token.h"

/* Lengths of the token's label and serial without their padding. */
int describe_label_size(const struct token *token);
int describe_serial_size(const struct token *token);

/* "label" (serial) */
void describe_token(FILE *out, const struct token *token);

/* "token", its description, and, before login, whether its keys show only after it; login: it was to be logged in to. */
void describe_token_head(const struct token *token, bool login);

/* Text of a token's or an object's. A ? stands for what is not UTF-8, or would move the cursor, end the line or turn it round: whoever
 * made the card chose it. */
void describe_text(FILE *out, const void *text, size_t size);

/* "rsa 2048", "ec nistp256", "ed25519"; a buffer of 32 bytes is enough. */
void describe_type(const struct exposed_key *key, char *out, size_t size);

/* "SHA256:...", or why there is none. */
void describe_fingerprint(const struct exposed_key *key, char out[51]);

/* The label that is shown, else the first that a member has. Borrowed; NULL: there is none. */
const CK_ATTRIBUTE *describe_label(const struct token *token, const struct exposed_key *key);

/* "shown by rule "work" (FILE:3:5)", "hidden: no allow rule is true". The caller frees; NULL without memory. */
char *describe_verdict(const struct verdict *verdict);

/* Does that name the rules that decided? Where none did, or something else than a rule hides the key, it does not. */
bool describe_names_rules(const struct verdict *verdict);

/* What the rule's use says of a key's use, but for order and label: "mechanisms CKM_RSA_PKCS; ". */
void describe_options(FILE *out, const struct verdict *verdict);

/* Two lines: type, fingerprint and label; why it is shown or hidden. */
void describe_key(const struct token *token, const struct exposed_key *key, bool colour);

/* The members of a JSON object that say which key it is and why it is shown or hidden, without the braces. */
void describe_json_key(FILE *out, const struct token *token, const struct exposed_key *key);
