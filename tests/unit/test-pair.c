// SPDX-License-Identifier: BSD-2-Clause
// Which objects of a token belong to one key (policy.md 3), before and after login.
#include "tests/unit/pair_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE N_FIXTURE_KEYS

static void a_key_and_what_carries_its_public_key_are_one_group_whatever_their_ids(void **state)
{
    static const struct pair_example examples[] = {
        {"", "", ""},
        {"public RSA_A 01, private RSA_A 01", "RSA_A(public=01)", "RSA_A(private=01 public=01)"},
        {"public RSA_A 01, private RSA_A 02", "RSA_A(public=01)", "RSA_A(private=02 public=01)"},
        {"public RSA_A '', private RSA_A -", "RSA_A(public=)", "RSA_A(private= public=)"},
        {"cert RSA_A 01, private RSA_A 02", "RSA_A(cert=01)", "RSA_A(private=02 cert=01)"},
        {"private RSA_A 01", "", "RSA_A(private=01)"},
        {"public P256_A 01, private P256_A 02", "P256_A(public=01)",
         "P256_A(private=02 public=01)"},
        {"public ED25519_A 01, private ED25519_A 02", "ED25519_A(public=01)",
         "ED25519_A(private=02 public=01)"},
        {"public RSA_A 01 hidden, private RSA_A 01 shown", "RSA_A(private=01)",
         "RSA_A(private=01 public=01)"},
        {"private RSA_A 03, cert RSA_A 02, public RSA_A 01, cert RSA_A 04, public RSA_A 05",
         "RSA_A(public=01 public=05 cert=02 cert=04)",
         "RSA_A(private=03 public=01 public=05 cert=02 cert=04)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static void groups_stand_in_the_order_of_their_first_objects(void **state)
{
    static const struct pair_example examples[] = {
        {"public RSA_B 01, public RSA_A 02, private RSA_A 02, private RSA_B 01",
         "RSA_B(public=01) RSA_A(public=02)",
         "RSA_B(private=01 public=01) RSA_A(private=02 public=02)"},
        {"private RSA_A 02, public RSA_B 01, private P256_A 03 mute, public RSA_A 02",
         "RSA_B(public=01) RSA_A(public=02)",
         "RSA_A(private=02 public=02) RSA_B(public=01) -(private:03)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

/* Token J of openssh.md: the public key decides, not the id. */
static void swapped_ids_mislead_no_key_that_tells_its_public_key(void **state)
{
    static const struct pair_example examples[] = {
        {"cert RSA_A 02, cert RSA_B 01, private RSA_A 01, private RSA_B 02",
         "RSA_A(cert=02) RSA_B(cert=01)", "RSA_A(private=01 cert=02) RSA_B(private=02 cert=01)"},
        {"public P256_A 02, public P256_B 01, private P256_A 01, private P256_B 02",
         "P256_A(public=02) P256_B(public=01)",
         "P256_A(private=01 public=02) P256_B(private=02 public=01)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static void a_modulus_without_an_exponent_is_enough(void **state)
{
    static const struct pair_example examples[] = {
        {"public RSA_A 01, private RSA_A 02 modulus", "RSA_A(public=01)",
         "RSA_A(private=02 public=01)"},
        {"cert RSA_A 01, private RSA_A 02 modulus", "RSA_A(cert=01)", "RSA_A(private=02 cert=01)"},
        {"public RSA_A 02, public RSA_B 01, private RSA_A 01 modulus, private RSA_B 02 modulus",
         "RSA_A(public=02) RSA_B(public=01)",
         "RSA_A(private=01 public=02) RSA_B(private=02 public=01)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static void zeros_before_a_modulus_change_nothing(void **state)
{
    struct fixture_token token;
    const CK_ATTRIBUTE *modulus = attributes_find(&fixture_key(RSA_A)->attributes, CKA_MODULUS);
    unsigned char bytes[300] = {0};

    (void)state;
    fixture_token_init(&token, "public RSA_A 01, private RSA_A 02 modulus", true);
    memcpy(bytes + 3, modulus->pValue, modulus->ulValueLen);
    assert_true(attributes_set(&token.objects.items[1]->attributes, CKA_MODULUS, bytes,
                               modulus->ulValueLen + 3));
    pair_expect(&token, "zeros", "RSA_A(private=02 public=01)");
    fixture_token_finish(&token);
}

/* It tells what it is not: no id and no process of elimination says otherwise. */
static void a_modulus_that_differs_is_no_link_at_all(void **state)
{
    static const struct pair_example examples[] = {
        {"public RSA_A 01, private RSA_B 01 modulus", NULL, "RSA_A(public=01) -(private:01)"},
        {"public RSA_A 01, private RSA_B 02 modulus", NULL, "RSA_A(public=01) -(private:02)"},
        {"public RSA_A 01, private RSA_B 01 modulus, private RSA_A 01 mute", NULL,
         "RSA_A(private~01 public=01) -(private:01)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static struct object *find_object(struct fixture_token *token, CK_OBJECT_HANDLE vendor)
{
    for (size_t i = 0; i < token->objects.count; i++) {
        if (token->objects.items[i]->vendor == vendor)
            return token->objects.items[i];
    }
    fail_msg("no object %lu", vendor);
    return NULL;
}

/* Gives an RSA object another exponent: another public key with the same modulus, which anybody can
 * write. */
static void forge_exponent(struct fixture_token *token, CK_OBJECT_HANDLE vendor)
{
    struct object *object = find_object(token, vendor);

    assert_true(attributes_set(&object->attributes, CKA_PUBLIC_EXPONENT, "\x03", 1));
    public_key_destroy(object->key);
    object->key = public_key_from_attributes(fixture_crypto(), &object->attributes);
    assert_non_null(object->key);
}

static void a_modulus_that_two_public_keys_have_is_no_link(void **state)
{
    static const char *const orders[] = {
        "public RSA_A 01, public RSA_A 02, private RSA_A 03 modulus",
        "public RSA_A 01, public RSA_A 02, private RSA_A 01 modulus",
        "public RSA_A 01, public RSA_A 02, private RSA_A 02 modulus",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        struct fixture_token token;
        struct key_groups groups;
        size_t linked = 0;

        fixture_token_init(&token, orders[i], true);
        forge_exponent(&token, 2);
        assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
        for (size_t j = 0; j < groups.count; j++) {
            if (groups.items[j].key == NULL || groups.items[j].private_key == NULL)
                continue;
            linked++;
            assert_true(key_group_needs_proof(&groups.items[j]));
        }
        assert_int_equal(linked, i == 0 ? 0 : 1); /* by the id, to be proved */
        key_groups_finish(&groups);
        fixture_token_finish(&token);
    }
}

static void a_private_key_that_tells_nothing_is_linked_by_type_curve_and_id(void **state)
{
    static const struct pair_example examples[] = {
        {"public P256_A 01, private P256_A 01 mute", "P256_A(public=01)",
         "P256_A(private~01 public=01)"},
        {"cert P256_A 01, private P256_A 01 mute", "P256_A(cert=01)", "P256_A(private~01 cert=01)"},
        {"public RSA_A 01, private RSA_A 01 mute", "RSA_A(public=01)",
         "RSA_A(private~01 public=01)"},
        {"public ED25519_A 01, private ED25519_A 01 mute", "ED25519_A(public=01)",
         "ED25519_A(private~01 public=01)"},
        {"public P256_A 0102, public P256_B 0201, private P256_B 0201 mute, private P256_A 0102 "
         "mute",
         "P256_A(public=0102) P256_B(public=0201)",
         "P256_A(private~0102 public=0102) P256_B(private~0201 public=0201)"},
        /* of any member */
        {"public P256_A 01, cert P256_A 02, public P256_B 03, private P256_A 02 mute, "
         "private P256_B 03 mute",
         NULL, "P256_A(private~02 public=01 cert=02) P256_B(private~03 public=03)"},
        /* one id, several kinds */
        {"public RSA_A 01, public P256_A 01, public P384_A 01, public ED25519_A 01, "
         "private RSA_A 01 mute, private P256_A 01 mute, private P384_A 01 mute, "
         "private ED25519_A 01 mute",
         NULL,
         "RSA_A(private~01 public=01) P256_A(private~01 public=01) P384_A(private~01 public=01) "
         "ED25519_A(private~01 public=01)"},
        /* a key without a curve may be of any */
        {"public P256_A 01, public P384_A 02, private P384_A 02 mute nocurve, "
         "private P256_A 01 mute nocurve",
         NULL, "P256_A(private~01 public=01) P384_A(private~02 public=02)"},
        /* one that tells its public key stands in nobody's way */
        {"public P256_A 01, public P256_B 01, private P256_A 01, private P256_B 01 mute", NULL,
         "P256_A(private=01 public=01) P256_B(private~01 public=01)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static void an_id_that_is_not_clear_is_no_link(void **state)
{
    static const struct pair_example examples[] = {
        /* two public keys */
        {"public P256_A 01, public P256_B 01, private P256_A 01 mute", NULL,
         "P256_A(public=01) P256_B(public=01) -(private:01)"},
        {"public RSA_A 01, cert RSA_B 01, private RSA_A 01 mute", NULL,
         "RSA_A(public=01) RSA_B(cert=01) -(private:01)"},
        {"public P256_A 01, public P256_B 01, private P256_A 01 mute nocurve", NULL,
         "P256_A(public=01) P256_B(public=01) -(private:01)"},
        {"public P256_A 01, public P384_A 01, private P256_A 01 mute nocurve", NULL,
         "P256_A(public=01) P384_A(public=01) -(private:01)"},
        /* two private keys */
        {"public P256_A 01, private P256_A 01 mute, private P256_B 01 mute", NULL,
         "P256_A(public=01) -(private:01) -(private:01)"},
        {"public P256_A 01, private P256_A 01 mute, private P384_A 01 mute nocurve", NULL,
         "P256_A(public=01) -(private:01) -(private:01)"},
        {"public P256_A 01, cert P256_A 02, private P256_A 01 mute, private P256_B 02 mute", NULL,
         "P256_A(public=01 cert=02) -(private:01) -(private:02)"},
        /* empty and absent ids are equal to nothing */
        {"public P256_A '', public P256_B 01, private P256_A '' mute", NULL,
         "P256_A(public=) P256_B(public=01) -(private:)"},
        {"public P256_A -, public P256_B 01, private P256_A - mute", NULL,
         "P256_A(public=) P256_B(public=01) -(private:)"},
        {"public P256_A 01, public P256_B 0101, private P256_A 0100 mute", NULL,
         "P256_A(public=01) P256_B(public=0101) -(private:0100)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static void the_last_of_a_kind_are_a_pair(void **state)
{
    static const struct pair_example examples[] = {
        {"public P256_A 01, private P256_A 02 mute", "P256_A(public=01)",
         "P256_A(private?02 public=01)"},
        {"cert P256_A 01, private P256_A 02 mute", "P256_A(cert=01)", "P256_A(private?02 cert=01)"},
        {"public RSA_A 01, private RSA_A 02 mute", "RSA_A(public=01)",
         "RSA_A(private?02 public=01)"},
        {"public ED25519_A '', private ED25519_A '' mute", NULL, "ED25519_A(private? public=)"},
        {"public P256_A -, private P256_A - mute", NULL, "P256_A(private? public=)"},
        /* after those with the same id are gone */
        {"public P256_A 01, public P256_B 02, private P256_A 01 mute, private P256_B 03 mute", NULL,
         "P256_A(private~01 public=01) P256_B(private?03 public=02)"},
        {"public P256_A 01, public P256_B 02, private P256_A 01, private P256_B 03 mute", NULL,
         "P256_A(private=01 public=01) P256_B(private?03 public=02)"},
        /* one of each kind */
        {"public P256_A 01, public P384_A 02, private P384_A 03 mute, private P256_A 04 mute", NULL,
         "P256_A(private?04 public=01) P384_A(private?03 public=02)"},
        {"public P256_A 01, private P256_A 02 mute nocurve", NULL, "P256_A(private?02 public=01)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static void of_more_than_one_left_none_is_linked(void **state)
{
    static const struct pair_example examples[] = {
        {"public P256_A 01, public P256_B 02, private P256_A 03 mute", NULL,
         "P256_A(public=01) P256_B(public=02) -(private:03)"},
        {"public P256_A 01, private P256_A 02 mute, private P256_B 03 mute", NULL,
         "P256_A(public=01) -(private:02) -(private:03)"},
        {"public P256_A 01, cert P256_B 02, private P256_B 03 mute", NULL,
         "P256_A(public=01) P256_B(cert=02) -(private:03)"},
        {"public P256_A 01, private P384_A 02 mute", NULL, "P256_A(public=01) -(private:02)"},
        {"public P256_A 01, private RSA_A 02 mute", NULL, "P256_A(public=01) -(private:02)"},
        /* one whose curve is unknown may be of this one, in whichever order they stand */
        {"public P256_A 01, private P256_A 02 mute, private P256_B 03 mute nocurve", NULL,
         "P256_A(public=01) -(private:02) -(private:03)"},
        {"public P256_A 01, private P256_B 03 mute nocurve, private P256_A 02 mute", NULL,
         "P256_A(public=01) -(private:03) -(private:02)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

static void an_authority_joins_only_a_key_that_a_key_object_carries(void **state)
{
    static const struct pair_example examples[] = {
        {"ca RSA_A 01", "", ""},
        {"ca RSA_A 01, cert RSA_B 02, private RSA_B 02", "RSA_B(cert=02)",
         "RSA_B(private=02 cert=02)"},
        {"ca RSA_A 01, private RSA_A 02", "", "RSA_A(private=02 ca=01)"},
        {"ca RSA_A 01, public RSA_A 02", "RSA_A(public=02 ca=01)", "RSA_A(public=02 ca=01)"},
        {"ca RSA_A 01, cert RSA_A 02", "RSA_A(cert=02)", "RSA_A(cert=02)"},
        {"ca RSA_A 01, cert RSA_A 02, private RSA_A 02", "RSA_A(cert=02)",
         "RSA_A(private=02 cert=02 ca=01)"},
        /* never by an id or by being left over */
        {"ca P256_A 01, private P256_A 01 mute", "", "-(private:01)"},
        {"ca P256_A 01, private P256_A 02 mute", "", "-(private:02)"},
        {"ca RSA_A 01, private RSA_A 01 modulus", "", "-(private:01)"},
        /* its id is a member's id once it has joined */
        {"ca P256_A 01, public P256_A 02, public P256_B 03, private P256_A 01 mute, "
         "private P256_B 03 mute",
         NULL, "P256_A(private~01 public=02 ca=01) P256_B(private~03 public=03)"},
    };

    (void)state;
    PAIR_CHECK(examples);
}

struct refusal {
    const char *objects;
    struct {
        CK_OBJECT_HANDLE private_key;
        enum fixture_key key;
    } pairs[3];
    const char *after;
};

static void a_refused_pair_is_not_made_again_and_nothing_takes_its_place(void **state)
{
    static const struct refusal examples[] = {
        {"public P256_A 01, private P256_A 01 mute",
         {{2, P256_A}},
         "P256_A(public=01) -(private:01)"},
        {"public P256_A 01, private P256_A 02 mute",
         {{2, P256_A}},
         "P256_A(public=01) -(private:02)"},
        {"public P256_A 01, public P256_B 02, private P256_B 01 mute, private P256_A 02 mute",
         {{3, P256_A}},
         "P256_A(public=01) P256_B(private~02 public=02) -(private:01)"},
        {"public P256_A 01, public P256_B 02, private P256_B 01 mute, private P256_A 02 mute",
         {{3, P256_A}, {4, P256_B}},
         "P256_A(public=01) P256_B(public=02) -(private:01) -(private:02)"},
        {"public P256_A 01, private P256_A 01 mute, private P256_B 02 mute",
         {{2, P256_A}},
         "P256_A(public=01) -(private:01) -(private:02)"},
        /* of others nothing is taken away */
        {"public P256_A 01, private P256_A 01 mute", {{2, P256_B}}, "P256_A(private~01 public=01)"},
        {"public P256_A 01, private P256_A 01 mute", {{3, P256_A}}, "P256_A(private~01 public=01)"},
        {"public P256_A 01, private P256_A 01", {{2, P256_A}}, "P256_A(private=01 public=01)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct fixture_token token;

        fixture_token_init(&token, examples[i].objects, true);
        for (size_t j = 0; examples[i].pairs[j].private_key != 0; j++)
            fixture_token_refuse(&token, examples[i].pairs[j].private_key,
                                 examples[i].pairs[j].key);
        pair_expect(&token, examples[i].objects, examples[i].after);
        fixture_token_finish(&token);
    }
}

struct knowledge {
    const char *objects;
    enum fixture_key known[4]; /* ended by NONE */
    CK_OBJECT_HANDLE refused;  /* with the first known key; 0: none */
    const char *after;
};

static void
a_key_that_the_policy_names_is_the_public_key_of_the_only_private_key_that_is_left(void **state)
{
    static const struct knowledge examples[] = {
        {"private P256_A 01 mute", {P256_A, NONE}, 0, "P256_A(private?01)"},
        {"private RSA_A 01 mute", {RSA_A, NONE}, 0, "RSA_A(private?01)"},
        {"private P256_A 01 mute", {P256_A, P256_A, NONE}, 0, "P256_A(private?01)"},
        {"private P256_A 01 mute", {P256_A, P384_A, RSA_A, NONE}, 0, "P256_A(private?01)"},
        {"private P256_A 01 mute", {P256_A, P256_B, NONE}, 0, "-(private:01)"},
        {"private P256_A 01 mute", {P384_A, RSA_A, ED25519_A, NONE}, 0, "-(private:01)"},
        {"private P256_A 01 mute", {NONE}, 0, "-(private:01)"},
        {"private P256_A 01 mute", {P256_A, NONE}, 1, "-(private:01)"},
        {"private P256_A 01 mute, private P256_B 02 mute",
         {P256_A, NONE},
         0,
         "-(private:01) -(private:02)"},
        {"private P256_A 01 mute, private P384_A 02 mute",
         {P256_A, P384_A, NONE},
         0,
         "P256_A(private?01) P384_A(private?02)"},
        /* what the token shows comes first */
        {"public P256_B 01, private P256_B 01 mute",
         {P256_A, NONE},
         0,
         "P256_B(private~01 public=01)"},
        {"public P256_B 01, private P256_B 02 mute",
         {P256_A, NONE},
         0,
         "P256_B(private?02 public=01)"},
        {"public P256_A 01, private P256_A 01, private P256_B 02 mute",
         {P256_A, P256_B, NONE},
         0,
         "P256_A(private=01 public=01) P256_B(private?02)"},
        {"private RSA_A 01 modulus, private RSA_B 02 modulus",
         {RSA_C, RSA_A, NONE},
         0,
         "RSA_A(private?01) -(private:02)"},
        {"private RSA_A 01", {RSA_A, NONE}, 0, "RSA_A(private=01)"},
        {"", {P256_A, NONE}, 0, ""},
        {"private P256_A 01 mute, private P256_B 02 mute nocurve",
         {P256_A, NONE},
         0,
         "-(private:01) -(private:02)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct fixture_token token;

        fixture_token_init(&token, examples[i].objects, true);
        for (size_t j = 0; examples[i].known[j] != NONE; j++)
            fixture_token_know(&token, examples[i].known[j]);
        if (examples[i].refused != 0)
            fixture_token_refuse(&token, examples[i].refused, examples[i].known[0]);
        pair_expect(&token, examples[i].objects, examples[i].after);
        fixture_token_finish(&token);
    }
}

/* Before login there is no private key to go with it. */
static void a_key_that_the_policy_names_makes_no_group_by_itself(void **state)
{
    struct fixture_token token;

    (void)state;
    fixture_token_init(&token, "private P256_A 01 mute, public RSA_A 02", false);
    fixture_token_know(&token, P256_A);
    pair_expect(&token, "private P256_A 01 mute", "RSA_A(public=02)");
    fixture_token_finish(&token);
}

static void only_links_that_no_public_key_made_need_proof(void **state)
{
    static const struct {
        const char *objects;
        bool needs;
    } examples[] = {
        {"public P256_A 01, private P256_A 01", false},
        {"public RSA_A 01, private RSA_A 01 modulus", false},
        {"public P256_A 01", false},
        {"private P256_A 01 mute", false},
        {"public P256_A 01, private P256_A 01 mute", true},
        {"public P256_A 01, private P256_A 02 mute", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct fixture_token token;
        struct key_groups groups;

        fixture_token_init(&token, examples[i].objects, true);
        assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
        assert_int_equal(groups.count, 1);
        assert_int_equal(key_group_needs_proof(&groups.items[0]), examples[i].needs);
        key_groups_finish(&groups);
        fixture_token_finish(&token);
    }
}

static void objects_without_a_key_join_nothing(void **state)
{
    struct fixture_token token;

    (void)state;
    fixture_token_init(&token, "public RSA_A 01, cert RSA_A 01, private RSA_A 01 mute", true);
    for (size_t i = 0; i < 3; i++) {
        public_key_destroy(token.objects.items[i]->key);
        token.objects.items[i]->key = NULL;
    }
    pair_expect(&token, "unreadable", "-(private:01)");
    find_object(&token, 3)->key_type = CK_UNAVAILABLE_INFORMATION;
    pair_expect(&token, "unreadable, of no type", "-(private:01)");
    fixture_token_finish(&token);
}

static bool count_members(const struct object *member, void *context)
{
    size_t *left = context;

    assert_non_null(member);
    return --*left > 0;
}

static void a_visit_of_the_members_ends_when_the_visitor_says_so(void **state)
{
    struct fixture_token token;
    struct key_groups groups;

    (void)state;
    fixture_token_init(&token, "public RSA_A 1, cert RSA_A 1, private RSA_A 1, cert RSA_A 2", true);
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    for (size_t members = 1; members < 6; members++) {
        size_t left = members;

        key_group_each(&groups.items[0], count_members, &left);
        assert_int_equal(left, members > 4 ? members - 4 : 0);
    }
    key_groups_finish(&groups);
    fixture_token_finish(&token);
}

static void the_order_of_the_objects_changes_no_link(void **state)
{
    static const char *const objects[] = {"public P256_A 01",       "cert P256_A 02",
                                          "private P256_A 02 mute", "public P256_B 03",
                                          "private P256_B 04 mute", "private RSA_A 03 modulus",
                                          "public RSA_A 03",        "ca RSA_A 05",
                                          "private P384_A 03 mute", "public P521_A 07"};
    enum { N = sizeof(objects) / sizeof(objects[0]) };
    static const char *const expected[] = {
        "P256_A(private~02 public=01 cert=02)", "P256_B(private?04 public=03)",
        "RSA_A(private=03 public=03 ca=05)", "-(private:03)", "P521_A(public=07)"};
    size_t order[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

    (void)state;
    srand(1);
    for (int round = 0; round < 300; round++) {
        char text[600] = "";
        struct fixture_token token;
        char *groups;
        size_t length = 4;

        for (size_t i = N - 1; i > 0; i--) {
            size_t j = (size_t)rand() % (i + 1);
            size_t swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        for (size_t i = 0; i < N; i++) {
            strcat(text, i > 0 ? "," : "");
            strcat(text, objects[order[i]]);
        }
        fixture_token_init(&token, text, true);
        groups = fixture_groups(&token);
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
            if (strstr(groups, expected[i]) == NULL)
                fail_msg("%s\nare %s", text, groups);
            length += strlen(expected[i]);
        }
        assert_int_equal(strlen(groups), length);
        free(groups);
        fixture_token_finish(&token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_and_what_carries_its_public_key_are_one_group_whatever_their_ids),
        cmocka_unit_test(groups_stand_in_the_order_of_their_first_objects),
        cmocka_unit_test(swapped_ids_mislead_no_key_that_tells_its_public_key),
        cmocka_unit_test(a_modulus_without_an_exponent_is_enough),
        cmocka_unit_test(zeros_before_a_modulus_change_nothing),
        cmocka_unit_test(a_modulus_that_differs_is_no_link_at_all),
        cmocka_unit_test(a_modulus_that_two_public_keys_have_is_no_link),
        cmocka_unit_test(a_private_key_that_tells_nothing_is_linked_by_type_curve_and_id),
        cmocka_unit_test(an_id_that_is_not_clear_is_no_link),
        cmocka_unit_test(the_last_of_a_kind_are_a_pair),
        cmocka_unit_test(of_more_than_one_left_none_is_linked),
        cmocka_unit_test(an_authority_joins_only_a_key_that_a_key_object_carries),
        cmocka_unit_test(a_refused_pair_is_not_made_again_and_nothing_takes_its_place),
        cmocka_unit_test(
            a_key_that_the_policy_names_is_the_public_key_of_the_only_private_key_that_is_left),
        cmocka_unit_test(a_key_that_the_policy_names_makes_no_group_by_itself),
        cmocka_unit_test(only_links_that_no_public_key_made_need_proof),
        cmocka_unit_test(objects_without_a_key_join_nothing),
        cmocka_unit_test(a_visit_of_the_members_ends_when_the_visitor_says_so),
        cmocka_unit_test(the_order_of_the_objects_changes_no_link),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
