// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes worlds of authorities: certificates that sign each other, with every limit that is looked
// at, and CRLs, are made of the input's bits, and what is trusted in them must be what a plain
// model says (chain_model.h).
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "crypto/certificate_pool.h"
#include "crypto/crl_set.h"
#include "crypto/signature_memo.h"
#include "tests/fuzz/chain_model.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pki.h"

enum { HOUR = 3600, KEYS = 4, NAMES = 4 };

struct input {
    const uint8_t *data;
    size_t size;
};

/* The next byte; behind the end it is 0. */
static unsigned take(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

static bool bit(unsigned byte, unsigned place)
{
    return (byte >> place & 1) != 0;
}

/* Where the input says nothing, a name has one key, who is not asked about is an authority, and
 * nothing is limited. */
static struct model_certificate read_certificate(struct input *input, unsigned place)
{
    static const int begins[] = {-100, -100, -100, 10}, ends[] = {100, 100, -10, -60};
    unsigned who = take(input), limits = take(input), rights = take(input);
    unsigned subject = who % NAMES, issuer = who / 4 % NAMES;

    return (struct model_certificate){
        .number = who | limits << 8 | rights << 16 | (place + 1) << 24,
        .subject = subject,
        .issuer = issuer,
        .key = (subject + who / 16) % KEYS,
        .signer = (issuer + who / 64) % KEYS,
        .begins = begins[limits % 4],
        .ends = ends[limits / 4 % 4],
        .path_length = MODEL_NO_LIMIT - limits / 16 % 4,
        .corp_only = bit(limits, 6),
        .no_evil = bit(limits, 7),
        .authority = bit(rights, 0) == (place == 0),
        .signs_certificates = !bit(rights, 1),
        .signs_crls = !bit(rights, 2),
        .signs_data = !bit(rights, 3),
        .purposes = rights / 16 % 4,
        .at_corp = bit(rights, 6),
        .at_evil = bit(rights, 7),
    };
}

static struct model_crl read_crl(struct input *input)
{
    static const int made[] = {-2, -30, -1, 5}, ends[] = {50, 50, -1, -200};
    unsigned who = take(input), when = take(input);

    return (struct model_crl){
        .issuer = who % NAMES,
        .signer = (who + who / 4) % KEYS,
        .made = made[when % 4],
        .ends = ends[when / 4 % 4],
        .revoked = take(input),
    };
}

static struct model read_model(struct input *input)
{
    static const enum trust_crl_mode modes[] = {TRUST_CRL_OFF, TRUST_CRL_SOFT, TRUST_CRL_HARD,
                                                TRUST_CRL_HARD};
    unsigned counts = take(input), asked = take(input), anchors = take(input);
    struct model model = {
        .n_certificates = 1 + counts % MODEL_CERTIFICATES,
        .n_crls = counts / 16 % (MODEL_CRLS + 1),
        .purposes = asked % 4,
        .ignore_dates = bit(asked, 2),
        .grace = bit(asked, 3) ? 24 : 0,
        .mode = modes[asked / 16 % 4],
        .max_age = bit(asked, 6) ? 24 : 0,
    };

    for (size_t i = 0; i < model.n_certificates; i++) {
        struct model_certificate *certificate = &model.certificates[i];

        *certificate = read_certificate(input, (unsigned)i);
        if (!certificate->authority)
            certificate->path_length = MODEL_NO_LIMIT;
        certificate->anchor = i > 0 && bit(anchors, (unsigned)i) && certificate->authority &&
                              certificate->signs_certificates;
    }
    for (size_t i = 0; i < model.n_crls; i++)
        model.crls[i] = read_crl(input);
    return model;
}

static long serial_of(const struct model_certificate *certificate)
{
    return certificate->number >> 24;
}

static EVP_PKEY *key_of(unsigned number)
{
    static EVP_PKEY *keys[KEYS]; /* for as long as the process lives */
    uint8_t bytes[32];

    memset(bytes, (int)number + 1, sizeof(bytes));
    if (keys[number] == NULL)
        keys[number] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, sizeof(bytes));
    FUZZ_REQUIRE(keys[number] != NULL);
    return keys[number];
}

static X509_NAME *name_of(unsigned number)
{
    const uint8_t text[] = {(uint8_t)('A' + number), '\0'};
    X509_NAME *name = X509_NAME_new();

    FUZZ_REQUIRE(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
    return name;
}

static void add(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    FUZZ_REQUIRE(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* The values of those that are true, with commas between them; NULL: none is. */
static const char *list_of(char *text, size_t room, const bool *which, const char *const *values,
                           size_t count)
{
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (!which[i])
            continue;
        FUZZ_REQUIRE(strlen(text) + strlen(values[i]) + 2 < room);
        strcat(text, text[0] == '\0' ? "" : ",");
        strcat(text, values[i]);
    }
    return text[0] == '\0' ? NULL : text;
}

#define LIST(text, which, values)                                                                  \
    list_of(text, sizeof(text), which, values, sizeof(which) / sizeof((which)[0]))

static void add_limits(X509 *x509, const struct model_certificate *of)
{
    static const char *const constraints[] = {"permitted;email:corp.example",
                                              "excluded;email:evil.example"};
    static const char *const addresses[] = {"email:a@corp.example", "email:a@evil.example"};
    static const char *const usages[] = {"clientAuth", "msSmartcardLogin"};
    const bool constrained[] = {of->corp_only, of->no_evil}, at[] = {of->at_corp, of->at_evil};
    const bool used[] = {(of->purposes & TRUST_CLIENT_AUTH) != 0,
                         (of->purposes & TRUST_SMARTCARD_LOGIN) != 0};
    char text[256];

    if (LIST(text, constrained, constraints) != NULL)
        add(x509, NID_name_constraints, text);
    if (LIST(text, at, addresses) != NULL)
        add(x509, NID_subject_alt_name, text);
    if (LIST(text, used, usages) != NULL)
        add(x509, NID_ext_key_usage, text);
}

static void add_rights(X509 *x509, const struct model_certificate *of)
{
    static const char *const basic[] = {"critical,CA:TRUE,pathlen:0", "critical,CA:TRUE,pathlen:1",
                                        "critical,CA:TRUE,pathlen:2", "critical,CA:TRUE"};
    static const char *const usages[] = {"nonRepudiation", "keyCertSign", "cRLSign",
                                         "digitalSignature"};
    const bool used[] = {true, of->signs_certificates, of->signs_crls, of->signs_data};
    char text[256];

    add(x509, NID_basic_constraints, of->authority ? basic[of->path_length] : "CA:FALSE");
    add(x509, NID_key_usage, LIST(text, used, usages));
}

static X509 *make_certificate(const struct model_certificate *of)
{
    X509 *x509 = X509_new();
    X509_NAME *subject = name_of(of->subject), *issuer = name_of(of->issuer);

    FUZZ_REQUIRE(x509 != NULL && X509_set_version(x509, X509_VERSION_3) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial_of(of));
    X509_set_subject_name(x509, subject);
    X509_set_issuer_name(x509, issuer);
    ASN1_TIME_adj(X509_getm_notBefore(x509), FUZZ_NOW, 0, of->begins * HOUR);
    ASN1_TIME_adj(X509_getm_notAfter(x509), FUZZ_NOW, 0, of->ends * HOUR);
    X509_set_pubkey(x509, key_of(of->key));
    add_rights(x509, of);
    add_limits(x509, of);
    FUZZ_REQUIRE(X509_sign(x509, key_of(of->signer), NULL) > 0);
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    return x509;
}

/* One that was made, in DER and PEM. */
struct made {
    uint32_t number;
    uint8_t *der; /* owned */
    size_t size;
    char *pem; /* owned */
};

static void make(struct made *made, const struct model_certificate *of)
{
    X509 *x509 = make_certificate(of);
    uint8_t *der = NULL;
    int size = i2d_X509(x509, &der);

    FUZZ_REQUIRE(size > 0);
    free(made->pem);
    OPENSSL_free(made->der);
    *made =
        (struct made){of->number, der, (size_t)size, fuzz_pem("CERTIFICATE", der, (size_t)size)};
    X509_free(x509);
}

/* Borrowed until the next one of that place: making them takes longer than all else, and most are
 * in the next input too. */
static const struct made *made_of(const struct model_certificate *of)
{
    enum { PLACES = 509 };
    static struct made all[MODEL_CERTIFICATES][PLACES];
    struct made *made = &all[serial_of(of) - 1][of->number % PLACES];

    if (made->number != of->number)
        make(made, of);
    return made;
}

static void revoke(X509_CRL *crl, long serial)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *time = ASN1_TIME_adj(NULL, FUZZ_NOW, -1, 0);

    ASN1_INTEGER_set(number, serial);
    FUZZ_REQUIRE(X509_REVOKED_set_serialNumber(entry, number) == 1 &&
                 X509_REVOKED_set_revocationDate(entry, time) == 1 &&
                 X509_CRL_add0_revoked(crl, entry) == 1);
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(time);
}

static void add_crl(struct crl_set *crls, const struct model_crl *of)
{
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = name_of(of->issuer);
    ASN1_TIME *time = ASN1_TIME_adj(NULL, FUZZ_NOW, 0, of->made * HOUR);
    char reason[REASON_SIZE];
    uint8_t *der = NULL;
    int size;

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, issuer);
    X509_CRL_set1_lastUpdate(crl, time);
    ASN1_TIME_adj(time, FUZZ_NOW, 0, of->ends * HOUR);
    if (of->ends >= of->made)
        X509_CRL_set1_nextUpdate(crl, time);
    for (long i = 0; i < MODEL_CERTIFICATES; i++)
        if (bit(of->revoked, (unsigned)i))
            revoke(crl, i + 1);
    FUZZ_REQUIRE(X509_CRL_sign(crl, key_of(of->signer), NULL) > 0);
    size = i2d_X509_CRL(crl, &der);
    FUZZ_REQUIRE(size > 0 && crl_set_add(crls, (const char *)der, (size_t)size, reason));
    OPENSSL_free(der);
    ASN1_TIME_free(time);
    X509_NAME_free(issuer);
    X509_CRL_free(crl);
}

/* What is made of a model. */
struct world {
    struct trust_anchors *anchors;
    struct certificate_pool *token;
    struct crl_set *crls;
};

static void place(struct world *world, const struct model_certificate *of)
{
    const struct made *made = made_of(of);
    char reason[REASON_SIZE];

    if (of->anchor)
        FUZZ_REQUIRE(trust_anchors_add(world->anchors, made->pem, strlen(made->pem), reason));
    else
        FUZZ_REQUIRE(certificate_pool_add(world->token, made->der, made->size));
}

static struct world make_world(const struct model *model)
{
    struct world world = {.anchors = trust_anchors_create(fuzz_crypto(), "corp"),
                          .token = certificate_pool_create(fuzz_crypto()),
                          .crls = crl_set_create(fuzz_crypto())};

    FUZZ_REQUIRE(world.anchors != NULL && world.token != NULL && world.crls != NULL);
    for (size_t i = 1; i < model->n_certificates; i++)
        place(&world, &model->certificates[i]);
    for (size_t i = 0; i < model->n_crls; i++)
        add_crl(world.crls, &model->crls[i]);
    return world;
}

static void end_world(struct world *world)
{
    trust_anchors_destroy(world->anchors);
    certificate_pool_destroy(world->token);
    crl_set_destroy(world->crls);
    ERR_clear_error();
}

static struct trust_result verify(const struct model *model, const struct world *world,
                                  struct signature_memo *signatures)
{
    const struct trust_request request = {.anchors = world->anchors,
                                          .others = world->token,
                                          .crls = world->crls,
                                          .signatures = signatures,
                                          .now = FUZZ_NOW,
                                          .purposes = model->purposes,
                                          .ignore_dates = model->ignore_dates,
                                          .grace = (uint32_t)model->grace * HOUR,
                                          .crl_mode = model->mode,
                                          .crl_max_age = (uint32_t)model->max_age * HOUR};
    const struct made *first = made_of(&model->certificates[0]);
    struct trust_result result;

    ERR_clear_error();
    trust_verify(fuzz_crypto(), &request, first->der, first->size, &result);
    fuzz_check_result(&result);
    return result;
}

/* What is remembered of signatures changes nothing of what is said. */
static void verify_again(const struct model *model, const struct world *world,
                         const struct trust_result *first)
{
    struct signature_memo *signatures = signature_memo_create();

    FUZZ_REQUIRE(signatures != NULL);
    for (int i = 0; i < 2; i++) {
        const struct trust_result again = verify(model, world, signatures);

        FUZZ_REQUIRE(again.verdict == first->verdict && strcmp(again.reason, first->reason) == 0);
    }
    signature_memo_destroy(signatures);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct model model = read_model(&input);
    enum trust_verdict wanted = model_judge(&model);
    struct world world = make_world(&model);
    struct trust_result result;

    result = verify(&model, &world, NULL);
    verify_again(&model, &world, &result);
    end_world(&world);
    if (strncmp(result.reason, "too many", strlen("too many")) == 0)
        return;
    FUZZ_REQUIRE(result.verdict <= wanted);
    if (model_is_plain(&model))
        FUZZ_REQUIRE(result.verdict == wanted);
}
