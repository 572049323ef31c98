// SPDX-License-Identifier: BSD-2-Clause
// What a decision costs beside a card: `evaluation VENDOR CONFIG...` reads all of SoftHSM's first
// token, then for each configuration decides on each of its keys, and reads one certificate, in
// turns. Prints "KEYS RULES ALLOWED FIRST EVALUATION READING", the times in nanoseconds, that of
// the first evaluation, and of several the shortest.
#include "config/config.h"
#include "crypto/crypto.h"
#include "filters/decide.h"
#include "filters/trust_memo.h"
#include "module/reader.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 15, CERTIFICATE_ROOM = 8192 };

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "evaluation: %s failed\n", what);
    exit(1);
}

static uint64_t nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static CK_FUNCTION_LIST *load(const char *path)
{
    CK_FUNCTION_LIST *vendor = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;

    need(library != NULL, path);
    *(void **)&get = dlsym(library, "C_GetFunctionList");
    need(get != NULL && get(&vendor) == CKR_OK, "C_GetFunctionList");
    need(vendor->C_Initialize(NULL) == CKR_OK, "C_Initialize");
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

static void measure(const struct reader *reader, const struct object_list *objects,
                    const struct policy *policy, const struct subject *subject)
{
    const struct refused_pairs none = {NULL, 0};
    const struct known_keys unknown = {NULL, 0};
    const CK_ATTRIBUTE *id = id_of_last_certificate(objects);
    struct key_groups groups;
    uint64_t first = 0, evaluation = 0, reading = 0;
    size_t allowed = 0;

    need(id != NULL && pair_objects(objects, &none, &unknown, &groups), "pairing");
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = nanoseconds();

        read_certificate(reader->vendor, reader->session, id);
        shorten(&reading, start);
        start = nanoseconds();
        allowed = evaluate(policy, subject, &groups);
        shorten(&evaluation, start);
        first = i == 0 ? evaluation : first;
    }
    printf("%zu %zu %zu %llu %llu %llu\n", groups.count,
           policy->deny.count + policy->require.count + policy->allow.count, allowed,
           (unsigned long long)first, (unsigned long long)evaluation, (unsigned long long)reading);
    key_groups_finish(&groups);
}

static void measure_policy(const struct reader *reader, const struct object_list *objects,
                           const char *path, const struct subject *subject)
{
    struct message_list messages = {0};
    struct config *config = config_load(reader->crypto, path, false, &messages);
    struct subject asked = *subject;

    for (size_t i = 0; i < messages.count; i++)
        fprintf(stderr, "%s\n", messages.items[i].text);
    need(config != NULL, path);
    asked.circumstances = config_circumstances(config);
    asked.trust = trust_memo_create(reader->crypto, asked.preset, time(NULL));
    need(asked.trust != NULL, "trust_memo_create");
    trust_memo_add(asked.trust, objects);
    measure(reader, objects, &config->policy, &asked);
    trust_memo_destroy(asked.trust);
    config_destroy(config);
    message_list_finish(&messages);
}

int main(int argc, char **argv)
{
    struct object_list objects = {0};
    struct subject subject = {.preset = PRESET_SSH};
    CK_TOKEN_INFO info;
    struct reader reader = {0};

    need(argc >= 3, "usage: evaluation VENDOR CONFIG...");
    reader.crypto = crypto_create();
    reader.vendor = load(argv[1]);
    reader.session = open_first(reader.vendor, &subject, &info);
    need(reader_search(&reader, NULL, 0, &objects) == CKR_OK, "reading the token");
    for (int i = 2; i < argc; i++)
        measure_policy(&reader, &objects, argv[i], &subject);
    object_list_finish(&objects);
    reader.vendor->C_Finalize(NULL);
    crypto_destroy(reader.crypto);
    return 0;
}
