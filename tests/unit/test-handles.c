// SPDX-License-Identifier: BSD-2-Clause
// Handles are capabilities: what was not issued, or is revoked, is nothing.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/crypto.h"
#include "module/handles.h"

enum { MANY = 100000 };

static struct crypto *crypto;

static int set_up(void **state)
{
    (void)state;
    crypto = crypto_create();
    return crypto != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    crypto_destroy(crypto);
    return 0;
}

static int compare(const void *a, const void *b)
{
    CK_ULONG x = *(const CK_ULONG *)a, y = *(const CK_ULONG *)b;
    return (x > y) - (x < y);
}

static void
each_of_100000_handles_leads_to_its_own_pointer_and_none_is_small_or_negative(void **state)
{
    struct handles table = {0};
    CK_ULONG *issued = calloc(MANY, sizeof(*issued));
    char *things = calloc(MANY, 1);

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        issued[i] = handles_issue(&table, crypto, things + i);
        assert_true(issued[i] > 65535);
        assert_true(issued[i] <= ULONG_MAX >> 1);
    }
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(handles_find(&table, issued[i]), things + i);
    qsort(issued, MANY, sizeof(*issued), compare);
    for (size_t i = 1; i < MANY; i++)
        assert_true(issued[i] != issued[i - 1]);
    handles_finish(&table);
    assert_null(handles_find(&table, issued[0]));
    handles_finish(&table);
    free(things);
    free(issued);
}

static void handles_that_were_never_issued_lead_nowhere(void **state)
{
    struct handles table = {0};
    CK_ULONG issued[50];
    char thing;

    (void)state;
    for (CK_ULONG handle = 0; handle < 70000; handle++)
        assert_null(handles_find(&table, handle));
    for (size_t i = 0; i < 50; i++)
        issued[i] = handles_issue(&table, crypto, &thing);
    for (CK_ULONG handle = 0; handle < 70000; handle++)
        assert_null(handles_find(&table, handle));
    for (size_t i = 0; i < 50; i++) {
        for (unsigned bit = 0; bit < sizeof(CK_ULONG) * CHAR_BIT; bit++)
            assert_null(handles_find(&table, issued[i] ^ 1UL << bit));
        assert_null(handles_find(&table, issued[i] + 1));
        assert_null(handles_find(&table, issued[i] - 1));
    }
    assert_null(handles_find(&table, ULONG_MAX));
    assert_null(handles_find(&table, CK_INVALID_HANDLE));
    handles_finish(&table);
}

static void handles_cannot_be_foretold(void **state)
{
    struct handles a = {0}, b = {0};
    char thing;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        CK_ULONG one = handles_issue(&a, crypto, &thing);
        CK_ULONG other = handles_issue(&b, crypto, &thing);

        assert_int_not_equal(one, other);
        assert_null(handles_find(&b, one));
        assert_null(handles_find(&a, other));
    }
    handles_finish(&a);
    handles_finish(&b);
}

static void a_revoked_handle_leads_nowhere_even_when_its_place_is_taken(void **state)
{
    struct handles table = {0};
    char first, second;
    CK_ULONG old = handles_issue(&table, crypto, &first);
    CK_ULONG kept = handles_issue(&table, crypto, &second);

    (void)state;
    handles_revoke(&table, old);
    assert_null(handles_find(&table, old));
    assert_ptr_equal(handles_find(&table, kept), &second);
    handles_revoke(&table, old);
    handles_revoke(&table, 0);
    handles_revoke(&table, 12345);
    for (size_t i = 0; i < 100; i++) {
        CK_ULONG new = handles_issue(&table, crypto, &first);

        assert_int_not_equal(new, old);
        assert_null(handles_find(&table, old));
        handles_revoke(&table, old); /* a stale handle takes nothing from its successor */
        assert_ptr_equal(handles_find(&table, new), &first);
    }
    handles_finish(&table);
}

static void places_are_used_again(void **state)
{
    struct handles table = {0};
    size_t most;
    char thing;

    (void)state;
    for (size_t i = 0; i < 20; i++)
        handles_issue(&table, crypto, &thing);
    most = table.count;
    for (size_t i = 0; i < 10000; i++)
        handles_revoke(&table, handles_issue(&table, crypto, &thing));
    assert_int_equal(table.count, most);
    handles_finish(&table);
}

static void a_moved_handle_leads_to_the_new_pointer_or_for_a_while_to_none(void **state)
{
    struct handles table = {0};
    char first, second;
    CK_ULONG handle = handles_issue(&table, crypto, &first);
    CK_ULONG other = handles_issue(&table, crypto, &first);

    (void)state;
    handles_move(&table, handle, &second);
    assert_ptr_equal(handles_find(&table, handle), &second);
    assert_ptr_equal(handles_find(&table, other), &first);
    handles_move(&table, handle, NULL);
    assert_null(handles_find(&table, handle));
    for (size_t i = 0; i < 40; i++)
        assert_int_not_equal(handles_issue(&table, crypto, &first), handle); /* still taken */
    handles_move(&table, handle, &first);
    assert_ptr_equal(handles_find(&table, handle), &first);
    handles_revoke(&table, handle);
    handles_move(&table, handle, &second);
    assert_null(handles_find(&table, handle));
    handles_move(&table, 0, &second);
    handles_move(&table, 77, &second);
    assert_null(handles_find(&table, 0));
    handles_finish(&table);
}

struct visit {
    struct handles *table;
    CK_ULONG handles[64];
    size_t count;
    bool revoking;
};

static void visit_one(void *pointer, void *context)
{
    struct visit *visit = context;
    size_t number = (size_t)(*(char *)pointer - 'A');

    visit->count++;
    assert_ptr_equal(handles_find(visit->table, visit->handles[number]), pointer);
    if (visit->revoking)
        handles_revoke(visit->table, visit->handles[number]);
}

static void each_handle_is_visited_once_and_may_be_revoked_meanwhile(void **state)
{
    static char things[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct handles table = {0};
    struct visit visit = {.table = &table};

    (void)state;
    handles_each(&table, visit_one, &visit);
    assert_int_equal(visit.count, 0);
    for (size_t i = 0; i < 26; i++)
        visit.handles[i] = handles_issue(&table, crypto, things + i);
    handles_each(&table, visit_one, &visit);
    assert_int_equal(visit.count, 26);
    handles_revoke(&table, visit.handles[3]);
    visit.revoking = true;
    handles_each(&table, visit_one, &visit);
    assert_int_equal(visit.count, 26 + 25);
    handles_each(&table, visit_one, &visit);
    assert_int_equal(visit.count, 26 + 25);
    for (size_t i = 0; i < 26; i++)
        assert_null(handles_find(&table, visit.handles[i]));
    handles_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            each_of_100000_handles_leads_to_its_own_pointer_and_none_is_small_or_negative),
        cmocka_unit_test(handles_that_were_never_issued_lead_nowhere),
        cmocka_unit_test(handles_cannot_be_foretold),
        cmocka_unit_test(a_revoked_handle_leads_nowhere_even_when_its_place_is_taken),
        cmocka_unit_test(places_are_used_again),
        cmocka_unit_test(a_moved_handle_leads_to_the_new_pointer_or_for_a_while_to_none),
        cmocka_unit_test(each_handle_is_visited_once_and_may_be_revoked_meanwhile),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
