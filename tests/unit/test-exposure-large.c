// SPDX-License-Identifier: BSD-2-Clause
// Tokens with many keys: the cost may grow, but not so that anybody waits.
#include "tests/unit/filters_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Private keys of elliptic curves as SoftHSM gives them, a thousand on one token. */
static void a_thousand_keys_are_paired_in_a_moment(void **state)
{
    enum { N = 1000 };
    struct fixture_token token;
    struct key_groups groups;
    struct timespec start, end;

    (void)state;
    fixture_token_init(&token, "", true);
    for (unsigned i = 0; i < 2 * N; i++) {
        struct object *object = calloc(1, sizeof(*object));
        struct public_key *key = calloc(1, sizeof(*key));

        object->class = i < N ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY;
        object->vendor = i + 1;
        object->key_type = key->type = CKK_EC;
        object->curve = key->curve = CURVE_P256;
        memcpy(key->spki_hash, &(unsigned){i % N}, sizeof(i));
        assert_true(attributes_set(&object->attributes, CKA_ID, &(unsigned){i % N}, sizeof(i)));
        if (object->class == CKO_PUBLIC_KEY)
            object->key = key;
        else
            public_key_destroy(key);
        assert_true(object_list_add(&token.objects, object));
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    assert_int_equal(groups.count, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(groups.items[i].link, LINK_ID);
        assert_int_equal(groups.items[i].private_key->vendor,
                         groups.items[i].public_keys[0]->vendor + N);
    }
    print_message("# %ld ms\n",
                  (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000);
    assert_true(end.tv_sec - start.tv_sec < 5); /* with sanitizers, on a slow machine */
    key_groups_finish(&groups);
    fixture_token_finish(&token);
}

static void five_thousand_keys_are_shown_within_seconds(void **state)
{
    enum { N = 5000 };
    const struct policy policy = {.allow_all = true};
    struct fixture_token token;
    struct exposure exposure;
    struct subject subject;
    struct timespec start, end;

    (void)state;
    fixture_token_init(&token, "", false);
    for (unsigned i = 0; i < N; i++) {
        struct object *object = calloc(1, sizeof(*object));

        object->class = CKO_PUBLIC_KEY;
        object->vendor = i + 1;
        object->key = calloc(1, sizeof(*object->key));
        object->key->type = CKK_RSA;
        memcpy(object->key->spki_hash, &i, sizeof(i));
        assert_true(attributes_set(&object->attributes, CKA_ID, &i, sizeof(i)));
        assert_true(object_list_add(&token.objects, object));
    }
    subject = fixture_subject(&token);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    assert_true(
        exposure_build(&exposure, &token.objects, &token.refused, &token.known, NULL, &policy, &subject));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    print_message("# %ld ms\n",
                  (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000);
    assert_int_equal(exposure.n_visible, N);
    assert_true(end.tv_sec - start.tv_sec < 20); /* with sanitizers, on a slow machine */
    exposure_finish(&exposure);
    fixture_token_finish(&token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_keys_are_paired_in_a_moment),
        cmocka_unit_test(five_thousand_keys_are_shown_within_seconds),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
