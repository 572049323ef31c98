// SPDX-License-Identifier: BSD-2-Clause
// Reads tokens from words, as module/reader.c reads them from a vendor, and prints what became of
// them.
#include "tests/unit/filters_fixture.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/certificates_fixture.h"

static const struct fixture_vector vectors[N_FIXTURE_KEYS] = {
    {"RSA_A", 2048, "SHA256:ZxgpzvtXR6UEFOGi4RiFVyj8q71zZxrKwTuMmfUAsPA",
     "ssh-rsa "
     "AAAAB3NzaC1yc2EAAAADAQABAAABAQC8oFCdVqxdINSKbw5GZd/GBFrfpGXDwsSMmCCA3UYpr0wcPd/UX5fl"
     "wWW2c0G+iOxnLOKa5TcoECvGvZHWyrsV2i0nKcJqdxAUFh61S1ytHnUdEdNZ4OplQY9VGzl8PuxGK15DS6bl"
     "HBz9W2Qzx0ToFoNYWBBQ1RhERo6W3mlVSUAWpnQXkc4rpaGoBEjWHe5qWFo6/Tgw7nzWxwHsolPeDtQZGzng"
     "Epw0KoWq6H+sYvN93uIQ0KcDcNqzGTw1FYftYl2v8KYCUcgD7uIoBOYtpJIDMj9afKQtxn/7v+rmxO23vSG1"
     "iNbM6XJByOTUnQ7MzxImMWHmMc69aNKrb9HP"},
    {"RSA_B", 2048, "SHA256:hmZOnPzMcYi1edbI+Lf09WLXq9bc7/5tWhs9vyF183U",
     "ssh-rsa "
     "AAAAB3NzaC1yc2EAAAADAQABAAABAQDdDkZhXqa+wsLYTrUxgtVoE0f3gf90BmJ7qLak/zRWvooNzuuSclKS"
     "EV0WpTjjaUzhbcZXCrhOLpTtv0dN796E+qwtaR7qsioyxuVskirkl4AXc/YaApr+c8Q6TXbV1AzYvUZTzNYF"
     "/1s8/63WD1zgyVDbnbSxrl+MwN5Hx0CWADKeSyGjK99kI7gNw/6ZW0f1PXjM9f/51HQNO67rNvRZGIjERSDW"
     "C9itvwQDDzs8rp+86LejFMnwZmUdFNTB9XFo4NSUIhqq6KL74gts32eHfwRQds3n1rXt7xi7zCnkobQxofV3"
     "TBguXEnypnTKoZOx+HLVzh9sIeUr+TRJdq6t"},
    {"RSA_C", 3072, "SHA256:0mBmbJkI11XnQIdDxzPU4IOs3NXgxptvLlUceLae2GY",
     "ssh-rsa "
     "AAAAB3NzaC1yc2EAAAADAQABAAABgQDa/esunqGSk/lWVGBR60BJAyDvHVkUf8J/T89pMfoB28WBENDh354g"
     "RLX753L5gjBYfKAmt7aAs7EGCXm3betZ2cTm0k3amI3gMk1i6JJfy+lOaYI2BpPGP+OO53pvAmBLljZuRh9r"
     "qzAVJJneOsJHzANcl0bRcgTm2YoYmtUhqKPkwlqmJi1vSVaqx4AGRSHYSAbxSgFc5sX/s4TAwDaZjK7OHs8k"
     "b6cdXtZsCDpjD/Aa1ML6m7OdsrHmw9waJg6gAJ+qPoVLtliiDYyhTxoBWlVpVZZqc2so/zXVxgvBxZ9biuLR"
     "p3UeDLxlubQBHamr7CjzSFMpCauVGlzPieacDOZPxVGROfxOgz8joBWR0H36l2ThFXFYVraEq1PvkmbxR4i7"
     "BTuTzRKzP91gtQgNrAwN8+pENz6McZxg+KxS+OQ89RjGq0e2Cfq9+fMJ44BZJvPBUSslj5zDCTSjn6J37p0+"
     "vDcmvuri4LI6yafrakjAivxMcsfnw+lmZubmmkE="},
    {"P256_A", 256, "SHA256:jTfAfvh3kOhx6LEbwT5xqG+l781VT6lGVWEb56ao8H4",
     "ecdsa-sha2-nistp256 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKBCh7X1Y6GUEv+V8SvAHbzKu7u1TJ6p"
     "mM/cCxRVzYLmM62otWKU4Amc0nVElnj+lE9zeIQFl73fpUPIq4UjQNo="},
    {"P256_B", 256, "SHA256:0IohkaSWuxUIUeqoQdGspO2bRn7ygvpOQc/s3iMI5Ok",
     "ecdsa-sha2-nistp256 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLSalwin/3is+vU8ToGI6RuQW3yeiKJA"
     "0Ch9SwE+EglpzC9r9f51o2RH8DvBTGYI7D/NMo7nM02ZnMBZR1Wxkj8="},
    {"P256_C", 256, "SHA256:bwFux/2pjW+roTeyj7KINXWQCniC8fOiG0uAK96p1jw",
     "ecdsa-sha2-nistp256 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBC2NH+rdIU5+bnROKq9qvZe+5sF8Oxjh"
     "7ZKxCd4K1A9XzRIC8DleiAFFQeOqeoeexx3ibepj+pcIR9eUvhcLmBU="},
    {"P384_A", 384, "SHA256:t9aTvZYi7Klr8tFc+q7nxGAwMA7+JBnhmYFJyBhMDzE",
     "ecdsa-sha2-nistp384 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBGy1Tvp0eVYg2IFkQPhRU/1hu9wxfgt9"
     "YS19QUYEEAIylWfgBhdLhAQ6uj9kU11A4miVM7/AIh3/bZ3MV3LyR1mW5wSvAfECPlg5TyFiYLTQy6mhPnr7"
     "6rX292mdK8h7kQ=="},
    {"P384_B", 384, "SHA256:ubGakro//2Q9WrIp7IziB1F/wCJXcOd8XKd1djeiP48",
     "ecdsa-sha2-nistp384 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBP4iHT8g4T1zkAzSCar8a3Ncltio97cC"
     "LPYEcf7/nKwS0Kzf9OTxzmBCawi8nHXV53PjoJ+N7SxNtvGZLcvU8WO0zRUoVjOoh6ErRPEIrmU0avbWRifT"
     "LziN+dPZTwngyg=="},
    {"P521_A", 521, "SHA256:eJhhkd8z6ivJpGPaNGK2uZy5w/G/LG1pdH783a+pnx8",
     "ecdsa-sha2-nistp521 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADHhjmpopYX+BgXGqjkCa6ugQ+lbx6Q"
     "sLjmxG4x4p1bLNisbrvyZ6Izk9EwAaBevvBvHmPgBd6CD2xQKb1YI0pvigCOtwEnmg1+1xMEsBRNTWx+gs7K"
     "jVAZFbPKWiOteZ+vJSvoJi5Xt2yeg5KYOZhXP9E5x9CFKmOX6opmlncxQmE+8A=="},
    {"P521_B", 521, "SHA256:y9QncaWb6oVQ7B3i0+IftSvgF+io8Xu4VyESqtkWrhI",
     "ecdsa-sha2-nistp521 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAHYXV+6K0VprVYh59ZHDlL5QIQWQwFs"
     "3SbGppjTiuCID79SW/66V8j59GA3ryrz9bH5TbFNA0tYWhFDITSVLsPgQQFAZ81umW25PpGOlkWAIjWWJwk9"
     "xms7+vjfntPTQaW13KczgTXqk6Fes4CBqzMBymDV6Rtl9XBNAlC5zWAmo3atuw=="},
    {"ED25519_A", 256, "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU",
     "ssh-ed25519 "
     "AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk"},
    {"ED25519_B", 256, "SHA256:ooTJSIRev1hc2FTwEppEB26iCOlTApOEKFPd7+SJcpc",
     "ssh-ed25519 "
     "AAAAC3NzaC1lZDI1NTE5AAAAIG1/+Aq4KX5knSnkDHsGQm8vhDU388OcMovl8FOfSDq1"},
};

static struct public_key *keys[N_FIXTURE_KEYS];

int filters_set_up(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    for (size_t i = 0; i < N_FIXTURE_KEYS; i++) {
        char name[32];

        keys[i] = public_key_from_ssh_line(fixture_crypto(), vectors[i].line);
        if (keys[i] == NULL)
            return -1;
        snprintf(name, sizeof(name), "%s.pub", vectors[i].name);
        fixture_write_text(name, vectors[i].line);
    }
    return 0;
}

int filters_tear_down(void **state)
{
    for (size_t i = 0; i < N_FIXTURE_KEYS; i++)
        public_key_destroy(keys[i]);
    return fixture_tear_down(state);
}

const struct fixture_vector *fixture_vector(enum fixture_key which)
{
    return &vectors[which];
}

const struct public_key *fixture_key(enum fixture_key which)
{
    return keys[which];
}

struct public_key *fixture_public_key(const EVP_PKEY *pair)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(pair, &der);
    struct public_key *key;

    assert_true(size > 0);
    key = public_key_from_spki(fixture_crypto(), der, (size_t)size);
    OPENSSL_free(der);
    return key;
}

/* N_FIXTURE_KEYS: none. */
static enum fixture_key find_key(const char *name, size_t size)
{
    for (size_t i = 0; i < N_FIXTURE_KEYS; i++) {
        if (strlen(vectors[i].name) == size && memcmp(vectors[i].name, name, size) == 0)
            return (enum fixture_key)i;
    }
    return N_FIXTURE_KEYS;
}

static enum fixture_key key_named(const char *name, size_t size)
{
    enum fixture_key key = find_key(name, size);

    if (key == N_FIXTURE_KEYS)
        fail_msg("no key is called %.*s", (int)size, name);
    return key;
}

static const char *name_of(const struct public_key *key)
{
    for (size_t i = 0; i < N_FIXTURE_KEYS; i++) {
        if (public_key_equal(keys[i], key))
            return vectors[i].name;
    }
    return "?";
}

static void set(struct object *object, CK_ATTRIBUTE_TYPE type, const void *value, size_t size)
{
    assert_true(attributes_set(&object->attributes, type, value, size));
}

static void set_bool(struct object *object, CK_ATTRIBUTE_TYPE type, bool value)
{
    assert_true(attributes_set_bool(&object->attributes, type, value));
}

static void unset(struct object *object, CK_ATTRIBUTE_TYPE type)
{
    struct attributes *list = &object->attributes;

    for (CK_ULONG i = 0; i < list->count; i++) {
        if (list->items[i].type != type)
            continue;
        free(list->items[i].pValue);
        list->items[i] = list->items[--list->count];
        return;
    }
}

static void set_hex(struct object *object, CK_ATTRIBUTE_TYPE type, const char *hex)
{
    unsigned char bytes[64];
    size_t size = 0;

    if (strcmp(hex, "-") == 0)
        return;
    for (; strlen(hex) >= 2 && strcmp(hex, "''") != 0; hex += 2) {
        unsigned byte = 0;

        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        bytes[size++] = (unsigned char)byte;
    }
    set(object, type, bytes, size);
}

/* What a vendor tells of a key's public part. */
static void set_values(struct object *object, const struct public_key *key)
{
    for (CK_ULONG i = 0; i < key->attributes.count; i++) {
        const CK_ATTRIBUTE *item = &key->attributes.items[i];

        if (item->type != CKA_PUBLIC_KEY_INFO && item->type != CKA_MODULUS_BITS)
            set(object, item->type, item->pValue, item->ulValueLen);
    }
    set(object, CKA_PUBLIC_KEY_INFO, NULL, 0); /* as SoftHSM */
}

static void make_raw(struct object *object)
{
    const CK_ATTRIBUTE *point = attributes_find(&object->attributes, CKA_EC_POINT);
    unsigned char bytes[160];
    size_t head = ((const unsigned char *)point->pValue)[1] == 0x81 ? 3 : 2;
    size_t size = point->ulValueLen - head;

    memcpy(bytes, (const unsigned char *)point->pValue + head, size);
    set(object, CKA_EC_POINT, bytes, size);
}

static void make_mute(struct object *object, bool modulus_too)
{
    unset(object, CKA_PUBLIC_EXPONENT);
    unset(object, CKA_EC_POINT);
    if (modulus_too)
        unset(object, CKA_MODULUS);
}

static const struct {
    const char *word;
    CK_ATTRIBUTE_TYPE type;
} booleans[] = {
    {"sign", CKA_SIGN},
    {"verify", CKA_VERIFY},
    {"local", CKA_LOCAL},
    {"never_extractable", CKA_NEVER_EXTRACTABLE},
    {"always_authenticate", CKA_ALWAYS_AUTHENTICATE},
};

static bool take_boolean(struct object *object, const char *word)
{
    const char *value = strchr(word, '=');

    for (size_t i = 0; value != NULL && i < sizeof(booleans) / sizeof(booleans[0]); i++) {
        if (strncmp(booleans[i].word, word, (size_t)(value - word)) != 0)
            continue;
        if (strcmp(value, "=absent") == 0)
            unset(object, booleans[i].type);
        else
            set_bool(object, booleans[i].type, strcmp(value, "=true") == 0);
        return true;
    }
    return false;
}

static void take_word(struct object *object, const char *word, enum fixture_key key)
{
    if (strncmp(word, "x509=", 5) == 0)
        object->content = fixture_certificate(key, word + 5);
    else if (strncmp(word, "label=", 6) == 0)
        set(object, CKA_LABEL, word + 6, strlen(word + 6));
    else if (strcmp(word, "hidden") == 0 || strcmp(word, "shown") == 0)
        set_bool(object, CKA_PRIVATE, word[0] == 'h');
    else if (strcmp(word, "mute") == 0 || strcmp(word, "modulus") == 0)
        make_mute(object, strcmp(word, "mute") == 0);
    else if (strcmp(word, "nocurve") == 0)
        unset(object, CKA_EC_PARAMS);
    else if (strcmp(word, "raw") == 0)
        make_raw(object);
    else if (strcmp(word, "signs") == 0 || strcmp(word, "nosign") == 0)
        object->usage = word[0] == 's' ? KEY_USAGE_SIGNS : KEY_USAGE_DOES_NOT_SIGN;
    else if (!take_boolean(object, word))
        fail_msg("%s means nothing", word);
}

/* As understand_key() and read_certificate() in module/reader.c. */
static void understand(struct object *object, enum fixture_key key)
{
    const CK_ATTRIBUTE *params = attributes_find_filled(&object->attributes, CKA_EC_PARAMS);

    if (object->class == CKO_CERTIFICATE) {
        object->key = public_key_from_attributes(fixture_crypto(), &keys[key]->attributes);
        set(object, CKA_VALUE, vectors[key].name, strlen(vectors[key].name));
        return;
    }
    object->key_type = keys[key]->type;
    if (params != NULL)
        object->curve = key_curve_from_params(fixture_crypto(), params->pValue, params->ulValueLen);
    object->key = public_key_from_attributes(fixture_crypto(), &object->attributes);
}

static void set_class(struct object *object, const char *word, enum fixture_key key)
{
    if (strcmp(word, "private") == 0) {
        object->class = CKO_PRIVATE_KEY;
        set_bool(object, CKA_SIGN, true);
        set_values(object, keys[key]);
    } else if (strcmp(word, "public") == 0) {
        object->class = CKO_PUBLIC_KEY;
        set_bool(object, CKA_VERIFY, true);
        set_values(object, keys[key]);
    } else {
        object->class = CKO_CERTIFICATE;
        object->authority = strcmp(word, "ca") == 0;
        assert_true(object->authority || strcmp(word, "cert") == 0);
    }
    assert_true(attributes_set_ulong(&object->attributes, CKA_CLASS, object->class));
    set_bool(object, CKA_PRIVATE, object->class == CKO_PRIVATE_KEY);
}

static struct object *make_object(char *text, CK_OBJECT_HANDLE vendor)
{
    struct object *object = calloc(1, sizeof(*object));
    char *rest = NULL;
    const char *class = strtok_r(text, " ", &rest);
    const char *name = strtok_r(NULL, " ", &rest);
    enum fixture_key key = key_named(name, strlen(name));

    assert_non_null(object);
    object->vendor = vendor;
    set_class(object, class, key);
    set_hex(object, CKA_ID, strtok_r(NULL, " ", &rest));
    for (const char *word = strtok_r(NULL, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        take_word(object, word, key);
    understand(object, key);
    return object;
}

static void pad(unsigned char *field, size_t size, const char *text)
{
    memset(field, ' ', size);
    memcpy(field, text, strlen(text));
}

static void set_info(struct fixture_token *token)
{
    pad(token->info.label, sizeof(token->info.label), "one");
    pad(token->info.serialNumber, sizeof(token->info.serialNumber), "1234");
    pad(token->info.manufacturerID, sizeof(token->info.manufacturerID), "maker");
    pad(token->info.model, sizeof(token->info.model), "model");
    pad(token->slot.slotDescription, sizeof(token->slot.slotDescription), "reader");
    pad(token->slot.manufacturerID, sizeof(token->slot.manufacturerID), "reader maker");
    pad(token->library.libraryDescription, sizeof(token->library.libraryDescription), "library");
    pad(token->library.manufacturerID, sizeof(token->library.manufacturerID), "library maker");
    token->library.libraryVersion = (CK_VERSION){2, 40};
}

void fixture_token_init(struct fixture_token *token, const char *text, bool logged_in)
{
    char *copy = strdup(text);
    char *rest = NULL;
    CK_OBJECT_HANDLE vendor = 0;

    *token = (struct fixture_token){.logged_in = logged_in};
    set_info(token);
    for (char *at = strtok_r(copy, ",", &rest); at != NULL; at = strtok_r(NULL, ",", &rest)) {
        struct object *object = make_object(at, ++vendor);

        if (!logged_in && object_is_private(object))
            object_destroy(object);
        else
            assert_true(object_list_add(&token->objects, object));
    }
    free(copy);
}

void fixture_token_finish(struct fixture_token *token)
{
    object_list_finish(&token->objects);
    free(token->refused.items);
    free(token->known.items);
    *token = (struct fixture_token){0};
}

const char *fixture_when(bool logged_in)
{
    return logged_in ? "AFTER" : "BEFORE";
}

void fixture_token_refuse(struct fixture_token *token, CK_OBJECT_HANDLE private_key,
                          enum fixture_key key)
{
    struct refused_pairs *refused = &token->refused;

    refused->items = reallocarray(refused->items, refused->count + 1, sizeof(*refused->items));
    assert_non_null(refused->items);
    refused->items[refused->count].private_key = private_key;
    memcpy(refused->items[refused->count++].spki_hash, keys[key]->spki_hash, PUBLIC_KEY_HASH_SIZE);
}

void fixture_token_know(struct fixture_token *token, enum fixture_key key)
{
    struct known_keys *known = &token->known;

    known->items = reallocarray(known->items, known->count + 1, sizeof(struct public_key *));
    assert_non_null(known->items);
    known->items[known->count++] = keys[key];
}

/* Monday morning. */
struct circumstances fixture_circumstances(void)
{
    static const char *const groups[] = {"users", "ops"};

    return (struct circumstances){.user = "alice",
                                  .groups = groups,
                                  .n_groups = 2,
                                  .host = "box.example",
                                  .has_time = true,
                                  .weekday = 1,
                                  .minute = 9 * 60 + 30};
}

struct subject fixture_subject(const struct fixture_token *token)
{
    return (struct subject){.slot_id = 7,
                            .token = &token->info,
                            .slot = &token->slot,
                            .library = &token->library,
                            .private_visible = token->logged_in,
                            .circumstances = fixture_circumstances()};
}

static void print_hex(FILE *out, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf(out, "%02x", bytes[i]);
}

struct printing {
    FILE *out;
    const struct key_group *group;
    const char *space;
};

static bool print_member(const struct object *member, void *context)
{
    static const char links[] = {
        [LINK_NONE] = ':', [LINK_KEY] = '=', [LINK_ID] = '~', [LINK_LEFT_OVER] = '?'};
    struct printing *printing = context;
    const CK_ATTRIBUTE *id = object_id(member);
    const char *class = member->authority ? "ca" : "cert";
    char link = '=';

    if (member->class == CKO_PRIVATE_KEY) {
        class = "private";
        link = links[printing->group->link];
    } else if (member->class == CKO_PUBLIC_KEY) {
        class = "public";
    }
    fprintf(printing->out, "%s%s%c", printing->space, class, link);
    if (id != NULL)
        print_hex(printing->out, id->pValue, id->ulValueLen);
    printing->space = " ";
    return true;
}

char *fixture_groups(const struct fixture_token *token)
{
    struct key_groups groups;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_true(pair_objects(&token->objects, &token->refused, &token->known, &groups));
    for (size_t i = 0; i < groups.count; i++) {
        struct printing printing = {out, &groups.items[i], ""};

        fprintf(out, "%s%s(", i > 0 ? " " : "",
                printing.group->key != NULL ? name_of(printing.group->key) : "-");
        key_group_each(printing.group, print_member, &printing);
        fputc(')', out);
    }
    key_groups_finish(&groups);
    assert_int_equal(fclose(out), 0);
    return text;
}

struct config *fixture_policy(const char *text)
{
    char *joined = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&joined, &size);
    struct config *config;

    assert_non_null(out);
    for (; *text != '\0'; text++) {
        size_t length = strspn(text + 1, "ABCDEPRS_0123456789");

        if (*text != '@' || find_key(text + 1, length) == N_FIXTURE_KEYS) {
            fputc(*text, out);
            continue;
        }
        fprintf(out, "\"%s\"", vectors[key_named(text + 1, length)].fingerprint);
        text += length;
    }
    assert_int_equal(fclose(out), 0);
    config = fixture_load_policy(joined);
    free(joined);
    return config;
}

void fixture_expose(struct fixture_token *token, const struct policy *policy,
                    struct exposure *exposure)
{
    const struct subject subject = fixture_subject(token);

    free(token->known.items);
    assert_true(policy_known_keys(policy, &token->known));
    assert_true(exposure_build(exposure, &token->objects, &token->refused, &token->known, NULL,
                               policy, &subject));
}

static void print_id(FILE *out, const struct exposed_key *key)
{
    if (key->id_size == PUBLIC_KEY_ID_SIZE &&
        memcmp(key->id, key->group->key->spki_hash, PUBLIC_KEY_ID_SIZE) == 0)
        fputc('#', out);
    else
        print_hex(out, key->id, key->id_size);
}

static void print_objects(FILE *out, const struct exposure *exposure, const struct exposed_key *key)
{
    const char *space = "";

    for (size_t i = 0; i < exposure->n_objects; i++) {
        const struct exposed_object *object = &exposure->objects[i];
        const char *class = object->source == NULL ? "made" : "public";

        if (object->key != key)
            continue;
        if (object->class == CKO_CERTIFICATE)
            class = object->source->authority ? "ca" : "cert";
        else if (object->class == CKO_PRIVATE_KEY)
            class = "private";
        fprintf(out, "%s%s", space, class);
        space = " ";
    }
}

char *fixture_shown(const struct exposure *exposure)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (size_t i = 0; i < exposure->n_keys; i++) {
        const struct exposed_key *key = &exposure->keys[i];

        if (key->verdict.reason != REASON_ALLOWED)
            continue;
        fprintf(out, "%s%s:", ftell(out) > 0 ? " " : "", name_of(key->group->key));
        print_id(out, key);
        fputc('(', out);
        print_objects(out, exposure, key);
        fputc(')', out);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

char *fixture_show(const char *text, bool logged_in, const char *policy)
{
    struct config *config = fixture_policy(policy);
    struct fixture_token token;
    struct exposure exposure;
    char *shown;

    fixture_token_init(&token, text, logged_in);
    fixture_expose(&token, &config->policy, &exposure);
    shown = fixture_shown(&exposure);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(config);
    return shown;
}
