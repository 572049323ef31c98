// SPDX-License-Identifier: BSD-2-Clause
// What a decision costs beside a card: `evaluation VENDOR CONFIG...` reads all of SoftHSM's first
// token, then for each configuration, in turns, reads one certificate, checks as many bare RSA
// signatures as there are keys, and decides on each key, for the first time, with all chains to
// verify, and again. Prints "KEYS RULES ALLOWED FIRST AGAIN READING SIGNATURES", the shortest times
// in nanoseconds.
#include "config/config.h"
#include "crypto/crypto.h"
#include "filters/decide.h"
#include "filters/trust_memo.h"
#include "module/reader.h"
#include "module/vendor.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { ROUNDS = 15, CERTIFICATE_ROOM = 8192, RSA_BITS = 2048, HASH_SIZE = 32 };

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "evaluation: %s failed\n", what);
    exit(1);
}

/* Of the processor: what else the machine does is not measured. */
static uint64_t nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct vendor *load(char *path)
{
    char *error = NULL;
    struct vendor *vendor = vendor_load(&(struct module_settings){.path = path}, &error);

    need(vendor != NULL, path);
    need(vendor_initialize(vendor) == CKR_OK, "C_Initialize");
    return vendor;
}

static CK_SESSION_HANDLE open_first(CK_FUNCTION_LIST *vendor, struct subject *subject,
                                    CK_TOKEN_INFO *info)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CK_SESSION_HANDLE session = 0;

    need(vendor->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count > 0, "C_GetSlotList");
    need(vendor->C_GetTokenInfo(slots[0], info) == CKR_OK, "C_GetTokenInfo");
    need(vendor->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK,
         "C_OpenSession");
    subject->slot_id = slots[0];
    subject->token = info;
    return session;
}

/* As every program does that looks for a certificate by its id. */
static void read_certificate(CK_FUNCTION_LIST *vendor, CK_SESSION_HANDLE session,
                             const CK_ATTRIBUTE *id)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, *id};
    unsigned char room[CERTIFICATE_ROOM];
    CK_ATTRIBUTE value = {CKA_VALUE, room, sizeof(room)};
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;

    need(vendor->C_FindObjectsInit(session, template, 2) == CKR_OK, "C_FindObjectsInit");
    need(vendor->C_FindObjects(session, found, 2, &count) == CKR_OK && count == 1, "C_FindObjects");
    need(vendor->C_FindObjectsFinal(session) == CKR_OK, "C_FindObjectsFinal");
    need(vendor->C_GetAttributeValue(session, found[0], &value, 1) == CKR_OK,
         "C_GetAttributeValue");
}

/* A signature, and what is ready to check it: no certificate is parsed, nothing hashed or looked up. */
struct signature {
    EVP_PKEY_CTX *context;
    unsigned char hash[HASH_SIZE], bytes[RSA_BITS / 8];
    size_t size;
};

static struct signature sign(EVP_PKEY *key)
{
    struct signature made = {.context = EVP_PKEY_CTX_new(key, NULL), .size = sizeof(made.bytes)};

    need(EVP_PKEY_sign_init(made.context) == 1 &&
             EVP_PKEY_CTX_set_signature_md(made.context, EVP_sha256()) == 1 &&
             EVP_PKEY_sign(made.context, made.bytes, &made.size, made.hash, HASH_SIZE) == 1,
         "signing");
    need(EVP_PKEY_verify_init(made.context) == 1 &&
             EVP_PKEY_CTX_set_signature_md(made.context, EVP_sha256()) == 1,
         "EVP_PKEY_verify_init");
    return made;
}

static void check_signatures(const struct signature *signature, size_t count)
{
    for (size_t i = 0; i < count; i++)
        need(EVP_PKEY_verify(signature->context, signature->bytes, signature->size, signature->hash,
                             HASH_SIZE) == 1,
             "verifying");
}

static size_t evaluate(const struct policy *policy, const struct subject *subject,
                       const struct key_groups *groups)
{
    struct subject one = *subject;
    size_t allowed = 0;

    for (size_t i = 0; i < groups->count; i++) {
        one.group = &groups->items[i];
        allowed += policy_decide(policy, &one).reason == REASON_ALLOWED;
    }
    return allowed;
}

static const CK_ATTRIBUTE *id_of_last_certificate(const struct object_list *objects)
{
    for (size_t i = objects->count; i > 0; i--)
        if (objects->items[i - 1]->class == CKO_CERTIFICATE)
            return object_id(objects->items[i - 1]);
    return NULL;
}

static void shorten(uint64_t *shortest, uint64_t start)
{
    uint64_t took = nanoseconds() - start;

    if (*shortest == 0 || took < *shortest)
        *shortest = took;
}

/* What all measurements share. */
struct bench {
    struct reader reader;
    CK_FUNCTION_LIST *list; /* of the same library: what is compared with calls it as others do */
    struct object_list objects;
    struct key_groups groups;
    struct subject subject;
    CK_TOKEN_INFO info;
    struct signature signature;
};

/* As the module does: NULL where no rule asks. */
static struct trust_memo *begin_trust(const struct bench *bench, const struct policy *policy)
{
    struct trust_memo *memo;

    if (!policy_asks_trust(policy))
        return NULL;
    memo = trust_memo_create(bench->reader.crypto, bench->subject.preset, time(NULL));
    need(memo != NULL, "trust_memo_create");
    trust_memo_add(memo, &bench->objects);
    return memo;
}

static void measure(const struct bench *bench, const struct policy *policy, struct subject *subject)
{
    const CK_ATTRIBUTE *id = id_of_last_certificate(&bench->objects);
    uint64_t first = 0, again = 0, reading = 0, signatures = 0;
    size_t allowed = 0, rules = policy->deny.count + policy->require.count + policy->allow.count;

    need(id != NULL, "finding a certificate");
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = nanoseconds();

        read_certificate(bench->list, bench->reader.session, id);
        shorten(&reading, start);
        start = nanoseconds();
        check_signatures(&bench->signature, bench->groups.count);
        shorten(&signatures, start);
        start = nanoseconds();
        subject->trust = begin_trust(bench, policy);
        allowed = evaluate(policy, subject, &bench->groups);
        shorten(&first, start);
        start = nanoseconds();
        need(evaluate(policy, subject, &bench->groups) == allowed, "the same decision");
        shorten(&again, start);
        trust_memo_destroy(subject->trust);
    }
    printf("%zu %zu %zu %llu %llu %llu %llu\n", bench->groups.count, rules, allowed,
           (unsigned long long)first, (unsigned long long)again, (unsigned long long)reading,
           (unsigned long long)signatures);
}

static void measure_policy(const struct bench *bench, const char *path)
{
    struct message_list messages = {0};
    struct config *config = config_load(bench->reader.crypto, path, false, &messages);
    struct subject subject = bench->subject;

    for (size_t i = 0; i < messages.count; i++)
        fprintf(stderr, "%s\n", messages.items[i].text);
    need(config != NULL, path);
    subject.circumstances = config_circumstances(config);
    measure(bench, &config->policy, &subject);
    config_destroy(config);
    message_list_finish(&messages);
}

int main(int argc, char **argv)
{
    const struct refused_pairs none = {NULL, 0};
    const struct known_keys unknown = {NULL, 0};
    struct bench bench = {.subject = {.preset = PRESET_SSH}};
    EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
    struct vendor *vendor;

    need(argc >= 3, "usage: evaluation VENDOR CONFIG...");
    bench.signature = sign(key);
    bench.reader.crypto = crypto_create();
    bench.reader.depth = CERTIFICATE_CHAIN;
    vendor = load(argv[1]);
    bench.list = vendor_functions(vendor);
    bench.reader.vendor = vendor;
    bench.reader.session = open_first(bench.list, &bench.subject, &bench.info);
    need(reader_search(&bench.reader, NULL, 0, &bench.objects) == CKR_OK, "reading the token");
    need(pair_objects(&bench.objects, &none, &unknown, &bench.groups), "pairing");
    for (int i = 2; i < argc; i++)
        measure_policy(&bench, argv[i]);
    key_groups_finish(&bench.groups);
    object_list_finish(&bench.objects);
    vendor_destroy(vendor);
    crypto_destroy(bench.reader.crypto);
    EVP_PKEY_CTX_free(bench.signature.context);
    EVP_PKEY_free(key);
    return 0;
}
