// SPDX-License-Identifier: BSD-2-Clause
// A PIN that is kept: when it is forgotten, and where in memory it is until then. Where the kernel keeps no keys, as in many containers, the
// same is asked of what is done instead.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "module/kept_pin.h"
#include "tests/memory/search.h"

/* "kept-zebra-4711", veiled: it must be in memory only where it is kept. */
static const unsigned char veiled[] = {0x31, 0x3f, 0x2a, 0x2e, 0x77, 0x20, 0x3f, 0x38,
                                       0x28, 0x3b, 0x77, 0x6e, 0x6d, 0x6b, 0x6b};

static bool kernel_keeps_keys(void)
{
    return syscall(SYS_add_key, "user", "p11gate-test", "x", 1, KEY_SPEC_PROCESS_KEYRING) > 0;
}

static enum kept_form keep(struct kept_pin *kept, unsigned long idle, unsigned long max, long now)
{
    unsigned char pin[sizeof(veiled)];
    enum kept_form form;

    for (size_t i = 0; i < sizeof(pin); i++)
        pin[i] = veiled[i] ^ MEMORY_VEIL;
    form = kept_pin_keep(kept, pin, sizeof(pin), idle, max, now);
    explicit_bzero(pin, sizeof(pin));
    return form;
}

/* Is it there, and right? Counts as a use. */
static bool opens(struct kept_pin *kept, long now)
{
    size_t size = 0;
    const unsigned char *pin = kept_pin_open(kept, now, &size);

    if (pin == NULL)
        return false;
    assert_int_equal(size, sizeof(veiled));
    for (size_t i = 0; i < size; i++)
        assert_int_equal(pin[i] ^ MEMORY_VEIL, veiled[i]);
    kept_pin_close(kept);
    return true;
}

static void a_kept_pin_can_be_had_again_and_again(void **state)
{
    struct kept_pin kept = {0};

    (void)state;
    assert_int_equal(keep(&kept, 0, 0, 0), kernel_keeps_keys() ? KEPT_MASKED : KEPT_PLAIN);
    for (int i = 0; i < 3; i++)
        assert_true(opens(&kept, 1000L * 3600 * 24 * 365));
    kept_pin_drop(&kept);
}

static void what_was_never_kept_or_is_dropped_is_not_there(void **state)
{
    struct kept_pin kept = {0};

    (void)state;
    assert_false(opens(&kept, 0));
    kept_pin_close(&kept);
    kept_pin_touch(&kept, 0);
    kept_pin_drop(&kept);
    keep(&kept, 0, 0, 0);
    kept_pin_drop(&kept);
    assert_false(kept_pin_is_there(&kept, 0));
    assert_false(opens(&kept, 0));
}

static void no_pin_and_one_that_is_too_long_are_not_kept(void **state)
{
    unsigned char long_pin[PIN_SIZE_MAX + 1] = {'1'};
    struct kept_pin kept = {0};

    (void)state;
    assert_int_equal(kept_pin_keep(&kept, long_pin, 0, 0, 0, 0), KEPT_NOT);
    assert_int_equal(kept_pin_keep(&kept, long_pin, sizeof(long_pin), 0, 0, 0), KEPT_NOT);
    assert_int_not_equal(kept_pin_keep(&kept, long_pin, PIN_SIZE_MAX, 0, 0, 0), KEPT_NOT);
    kept_pin_drop(&kept);
}

/* Times in seconds; used: when it was used in between, 0: never. */
static const struct {
    unsigned long idle, max;
    long used[3], there, gone;
} limits[] = {
    {10, 0, {0}, 9, 10},
    {0, 10, {0}, 9, 10},
    {10, 20, {0}, 9, 10},
    {10, 0, {9, 18, 27}, 36, 37},
    {10, 20, {9, 18}, 19, 20},
    {0, 10, {9}, 9, 10},
    {20, 10, {5}, 9, 10},
};

static void it_is_forgotten_when_one_of_its_times_is_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct kept_pin kept = {0};

        keep(&kept, limits[i].idle, limits[i].max, 5000);
        for (size_t u = 0; u < 3 && limits[i].used[u] != 0; u++) {
            kept_pin_expire(&kept, 5000 + limits[i].used[u] * 1000);
            kept_pin_touch(&kept, 5000 + limits[i].used[u] * 1000);
        }
        kept_pin_expire(&kept, 5000 + limits[i].there * 1000);
        if (!kept_pin_is_there(&kept, 5000 + limits[i].there * 1000))
            fail_msg("limit %zu: gone too early", i);
        assert_false(kept_pin_is_there(&kept, 5000 + limits[i].gone * 1000));
        assert_false(opens(&kept, 5000 + limits[i].gone * 1000));
        assert_null(kept.page);
    }
}

static void a_login_with_it_is_a_use(void **state)
{
    struct kept_pin kept = {0};

    (void)state;
    keep(&kept, 10, 0, 0);
    assert_true(opens(&kept, 9000));
    assert_true(opens(&kept, 18000));
    assert_false(opens(&kept, 28000));
}

static void a_use_after_its_time_does_not_bring_it_back(void **state)
{
    struct kept_pin kept = {0};

    (void)state;
    keep(&kept, 10, 0, 0);
    kept_pin_touch(&kept, 10000);
    assert_false(kept_pin_is_there(&kept, 10000));
    kept_pin_drop(&kept);
}

static void with_a_mask_it_is_in_no_memory_but_while_it_is_open(void **state)
{
    struct kept_pin kept = {0};
    size_t size;

    (void)state;
    assert_int_equal(memory_search(veiled, sizeof(veiled)), 0);
    if (keep(&kept, 60, 60, kept_pin_clock()) == KEPT_MASKED)
        assert_int_equal(memory_search(veiled, sizeof(veiled)), 0);
    else
        assert_int_equal(memory_search(veiled, sizeof(veiled)), 1);
    assert_int_equal(memory_search_dumped(veiled, sizeof(veiled)), 0);
    assert_non_null(kept_pin_open(&kept, kept_pin_clock(), &size));
    assert_true(memory_search(veiled, sizeof(veiled)) > 0);
    kept_pin_close(&kept);
    assert_int_equal(memory_search(veiled, sizeof(veiled)), kept.mask == 0);
    kept_pin_drop(&kept);
    assert_int_equal(memory_search(veiled, sizeof(veiled)), 0);
}

static bool kernel_has(long mask)
{
    char bytes[PIN_SIZE_MAX];

    return syscall(SYS_keyctl, KEYCTL_READ, mask, bytes, sizeof(bytes)) > 0;
}

/* By the kernel's clock: nobody calls kept_pin.c meanwhile. */
static void the_mask_is_gone_when_the_time_is_over_though_nobody_calls(void **state)
{
    struct kept_pin one = {0}, other = {0};

    (void)state;
    if (keep(&one, 1, 0, kept_pin_clock()) == KEPT_PLAIN) {
        kept_pin_drop(&one);
        assert_false(kernel_keeps_keys());
        return;
    }
    keep(&other, 0, 60, kept_pin_clock());
    assert_true(kernel_has(one.mask));
    usleep(3200 * 1000);
    assert_false(kernel_has(one.mask));
    assert_true(kernel_has(other.mask));
    kept_pin_drop(&one);
    kept_pin_drop(&other);
}

static void what_is_dropped_is_gone_from_the_kernel_as_well(void **state)
{
    struct kept_pin kept = {0};
    long mask;

    (void)state;
    keep(&kept, 0, 0, 0);
    mask = kept.mask;
    kept_pin_drop(&kept);
    assert_false(mask != 0 && kernel_has(mask));
}

/* The kernel's flags of the page (proc(5), VmFlags): locked, not in dumps, wiped in children. */
static void its_page_is_locked_and_in_no_dump_and_in_no_child(void **state)
{
    struct kept_pin kept = {0};
    char line[512] = "", wanted[32];
    FILE *maps;

    (void)state;
    keep(&kept, 0, 0, 0);
    snprintf(wanted, sizeof(wanted), "%lx-", (unsigned long)(uintptr_t)kept.page);
    maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL && strncmp(line, wanted, strlen(wanted)) != 0)
        ;
    assert_int_equal(strncmp(line, wanted, strlen(wanted)), 0);
    while (fgets(line, sizeof(line), maps) != NULL && strncmp(line, "VmFlags:", 8) != 0)
        ;
    assert_non_null(strstr(line, " lo"));
    assert_non_null(strstr(line, " dd"));
    assert_non_null(strstr(line, " wf"));
    fclose(maps);
    kept_pin_drop(&kept);
}

/* What is asked in a child, which ends with 0 when it is true. */
static void expect_of_child(bool (*ask)(void *), void *context)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0)
        _exit(ask(context) ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static bool child_has_none(void *context)
{
    struct kept_pin *kept = context;

    return !kept_pin_is_there(kept, 0) && !opens(kept, 0) && memory_search(veiled, sizeof(veiled)) == 0;
}

static void a_child_has_none_and_its_parent_still_has_it(void **state)
{
    struct kept_pin kept = {0};

    (void)state;
    keep(&kept, 0, 0, 0);
    expect_of_child(child_has_none, &kept);
    assert_true(opens(&kept, 0));
    kept_pin_drop(&kept);
}

/* Root may lock what it wants. */
static bool keeps_none_without_locks(void *context)
{
    const struct rlimit none = {0, 0};
    struct kept_pin kept = {0};

    (void)context;
    return setrlimit(RLIMIT_MEMLOCK, &none) == 0 && (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0) &&
           keep(&kept, 60, 60, 0) == KEPT_NOT && kept.page == NULL;
}

static void where_memory_cannot_be_locked_none_is_kept(void **state)
{
    (void)state;
    expect_of_child(keeps_none_without_locks, NULL);
}

/* As containers have it. */
static bool refuse_keys(void)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_add_key, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof(lines) / sizeof(lines[0]), lines};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

static bool wipes_at_the_next_call(void *context)
{
    struct kept_pin kept = {0};

    (void)context;
    if (!refuse_keys() || keep(&kept, 10, 0, 0) != KEPT_PLAIN || memory_search(veiled, sizeof(veiled)) != 1 ||
        memory_search_dumped(veiled, sizeof(veiled)) != 0 ||
        !opens(&kept, 9000) || memory_search(veiled, sizeof(veiled)) != 1)
        return false;
    kept_pin_expire(&kept, 18999);
    if (memory_search(veiled, sizeof(veiled)) != 1)
        return false;
    kept_pin_expire(&kept, 19000);
    return memory_search(veiled, sizeof(veiled)) == 0 && !opens(&kept, 19000);
}

static void where_the_kernel_keeps_no_keys_the_next_call_after_its_time_wipes_it(void **state)
{
    (void)state;
    expect_of_child(wipes_at_the_next_call, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_pin_can_be_had_again_and_again),
        cmocka_unit_test(what_was_never_kept_or_is_dropped_is_not_there),
        cmocka_unit_test(no_pin_and_one_that_is_too_long_are_not_kept),
        cmocka_unit_test(it_is_forgotten_when_one_of_its_times_is_over),
        cmocka_unit_test(a_login_with_it_is_a_use),
        cmocka_unit_test(a_use_after_its_time_does_not_bring_it_back),
        cmocka_unit_test(with_a_mask_it_is_in_no_memory_but_while_it_is_open),
        cmocka_unit_test(the_mask_is_gone_when_the_time_is_over_though_nobody_calls),
        cmocka_unit_test(what_is_dropped_is_gone_from_the_kernel_as_well),
        cmocka_unit_test(its_page_is_locked_and_in_no_dump_and_in_no_child),
        cmocka_unit_test(a_child_has_none_and_its_parent_still_has_it),
        cmocka_unit_test(where_memory_cannot_be_locked_none_is_kept),
        cmocka_unit_test(where_the_kernel_keeps_no_keys_the_next_call_after_its_time_wipes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
