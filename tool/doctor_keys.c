// SPDX-License-Identifier: BSD-2-Clause
#include "tool/doctor_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tool/describe.h"

enum { RSA_GOOD_BITS = 2048, RSA_LEAST_BITS = 1024 };

/* "rsa 1024 SHA256:..., label "user 1"", for a terminal. The caller frees; NULL without memory. */
static char *name_of_key(const struct token *token, const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    char type[32], fingerprint[51], *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    describe_type(key, type, sizeof(type));
    describe_fingerprint(key, fingerprint);
    fprintf(out, "%s %s", type, fingerprint);
    if (label != NULL && label->ulValueLen > 0) {
        fputs(", label \"", out);
        describe_text(out, label->pValue, label->ulValueLen);
        fputc('"', out);
    }
    return fclose(out) == 0 ? text : NULL;
}

/* What this ssh refuses: RequiredRSASize, 1024 where it is not told. */
static unsigned least_rsa_bits(const struct ssh_facts *ssh)
{
    char *text = ssh_facts_setting(ssh, "requiredrsasize", 0);
    unsigned long bits = text != NULL ? strtoul(text, NULL, 10) : RSA_LEAST_BITS;

    free(text);
    return bits < RSA_LEAST_BITS || bits > 16384 ? RSA_LEAST_BITS : (unsigned)bits;
}

static void say_rsa(const struct doctor *doctor, struct report *report, unsigned bits,
                    const char *name)
{
    unsigned least = least_rsa_bits(&doctor->ssh);

    if (bits < least)
        report_add(report, FINDING_PROBLEM,
                   text_of("%s is refused by this ssh, which wants %u bits (RequiredRSASize)", name,
                           least),
                   strdup("make a key of 2048 bits or more, or an EC key, on the token, and allow "
                          "that one"));
    else if (bits < RSA_GOOD_BITS)
        report_add(report, FINDING_WARNING,
                   text_of("%s is too weak; servers may refuse it (RequiredRSASize)", name),
                   strdup("make a key of 2048 bits or more, or an EC key, on the token, and allow "
                          "that one"));
}

/* OpenSSH takes the NIST curves, and Ed25519 from tokens since 10.1. */
static void say_curve(const struct doctor *doctor, struct report *report, enum key_curve curve,
                      const char *name)
{
    const struct ssh_facts *ssh = &doctor->ssh;

    if (curve == CURVE_P256 || curve == CURVE_P384 || curve == CURVE_P521)
        return;
    if (curve != CURVE_ED25519)
        report_add(report, FINDING_WARNING, text_of("%s: no OpenSSH takes keys of this kind", name),
                   strdup("allow an RSA key or one on nistp256, nistp384 or nistp521; `deny` this "
                          "one if other programs do not use it"));
    else if (ssh->is_openssh && !ssh_facts_reach(ssh, 10, 1))
        report_add(
            report, FINDING_WARNING,
            text_of("%s: OpenSSH takes Ed25519 keys from tokens since 10.1, and this is %u.%u",
                    name, ssh->major, ssh->minor),
            strdup("allow an RSA or EC key, or install OpenSSH 10.3 or newer"));
}

static void say_kind(const struct doctor *doctor, struct report *report,
                     const struct exposed_key *key, const char *name)
{
    const struct public_key *public_key = key->group->key;

    if (public_key == NULL)
        return;
    if (public_key->type == CKK_RSA)
        say_rsa(doctor, report, public_key->bits, name);
    else
        say_curve(doctor, report, public_key->curve, name);
}

/* The CKA_IDs of a group's members. */
struct ids {
    FILE *out;
    const struct object *first;
    bool differ;
};

static void write_id(FILE *out, const CK_ATTRIBUTE *id)
{
    const unsigned char *bytes = id != NULL ? id->pValue : NULL;

    for (CK_ULONG i = 0; bytes != NULL && i < id->ulValueLen; i++)
        fprintf(out, "%02x", bytes[i]);
    if (id == NULL || id->ulValueLen == 0)
        fputs("none", out);
}

static bool is_same_id(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b)
{
    CK_ULONG first = a != NULL ? a->ulValueLen : 0, second = b != NULL ? b->ulValueLen : 0;

    return first == second && (first == 0 || memcmp(a->pValue, b->pValue, first) == 0);
}

static const char *name_of_class(const struct object *member)
{
    if (member->class == CKO_PRIVATE_KEY)
        return "private key";
    return member->class == CKO_PUBLIC_KEY ? "public key" : "certificate";
}

static bool take_id(const struct object *member, void *context)
{
    struct ids *ids = context;

    if (ids->first == NULL)
        ids->first = member;
    else
        fputs(", ", ids->out);
    fprintf(ids->out, "%s ", name_of_class(member));
    write_id(ids->out, object_id(member));
    ids->differ = ids->differ || !is_same_id(object_id(ids->first), object_id(member));
    return true;
}

static void say_ids(struct report *report, const struct exposed_key *key, const char *name,
                    const char *library)
{
    char *text = NULL;
    size_t size;
    struct ids ids = {.out = open_memstream(&text, &size)};

    if (ids.out == NULL)
        return;
    key_group_each(key->group, take_id, &ids);
    fclose(ids.out);
    if (ids.differ)
        report_add(
            report, FINDING_NOTE,
            text_of("%s: its objects have different CKA_IDs (%s): p11gate shows one, and ssh "
                    "by itself would not find the private key",
                    name, text),
            text_of("nothing for p11gate; for others: `pkcs11-tool --module %s --login "
                    "--type cert --id OLD --set-id NEW`, with the private key's as NEW",
                    library));
    free(text);
}

struct id_search {
    const CK_ATTRIBUTE *id;
    bool found;
};

static bool compare_id(const struct object *member, void *context)
{
    struct id_search *search = context;

    search->found = is_same_id(search->id, object_id(member));
    return !search->found;
}

struct id_owner {
    const struct exposed_key *keys; /* the others */
    size_t count;
    bool shared;
};

static bool look_for_owner(const struct object *member, void *context)
{
    struct id_owner *owner = context;
    struct id_search search = {.id = object_id(member)};

    for (size_t i = 0; search.id != NULL && i < owner->count && !search.found; i++)
        key_group_each(owner->keys[i].group, compare_id, &search);
    owner->shared = search.found;
    return !owner->shared;
}

/* With one of the keys before it? */
static bool shares_id(const struct token *token, size_t at)
{
    struct id_owner owner = {.keys = token->exposure.keys, .count = at};

    key_group_each(token->exposure.keys[at].group, look_for_owner, &owner);
    return owner.shared;
}

static void say_shared_id(struct report *report, const struct token *token, size_t at,
                          const char *name, const char *library)
{
    if (shares_id(token, at))
        report_add(
            report, FINDING_NOTE,
            text_of("%s has the CKA_ID of another key: p11gate shows it under one of its own, "
                    "and ssh by itself would sign with either",
                    name),
            text_of(
                "nothing for p11gate; for others give it its own: `pkcs11-tool --module %s --login "
                "--type privkey --id OLD --set-id NEW`, and the same for its other objects",
                library));
}

void doctor_keys(const struct doctor *doctor, struct report *report, const struct token *token,
                 const char *name, const char *library)
{
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];
        char *key_name, *whole;

        if (key->verdict.reason != REASON_ALLOWED)
            continue;
        key_name = name_of_key(token, key);
        whole = text_of("token %s: %s", name, key_name != NULL ? key_name : "");
        if (whole == NULL) {
            report->incomplete = true;
        } else {
            say_kind(doctor, report, key, whole);
            say_ids(report, key, whole, library);
            say_shared_id(report, token, i, whole, library);
        }
        free(key_name);
        free(whole);
    }
}
