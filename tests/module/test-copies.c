// SPDX-License-Identifier: BSD-2-Clause
// Copies of p11gate in one process, as profiles have them, and what is left of one that is
// unloaded.
#include "tests/module/host.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char permit_one[] = "allow:\n  - id: \"01\"\n";
static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    host.mock->key_add(slot, &key_one);
    host_config(permit_one);
    return 0;
}

/* A new file with the contents of another; its path. */
static const char *copy_file(const char *from, const char *name)
{
    static char paths[2][128];
    static unsigned next;
    char *path = paths[next++ % 2];
    struct stat info;
    int in = open(from, O_RDONLY | O_CLOEXEC), out;

    snprintf(path, sizeof(paths[0]), "%s/%s", host.folder, name);
    out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(in >= 0 && out >= 0 && fstat(in, &info) == 0);
    for (off_t left = info.st_size; left > 0;) {
        ssize_t n = sendfile(out, in, NULL, (size_t)left);
        assert_true(n > 0);
        left -= n;
    }
    close(in);
    close(out);
    return path;
}

static CK_FUNCTION_LIST *load_list(void *library)
{
    CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
    CK_FUNCTION_LIST *list = NULL;

    assert_non_null(get);
    assert_int_equal(get(&list), CKR_OK);
    return list;
}

/* Runs what uses host.functions with another copy's. */
static CK_FUNCTION_LIST *use(CK_FUNCTION_LIST *list)
{
    CK_FUNCTION_LIST *before = host.functions;

    host.functions = list;
    return before;
}

static CK_RV try_to_sign(CK_FUNCTION_LIST *copy, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *before = use(copy);
    CK_OBJECT_HANDLE key = 0;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = CKR_KEY_HANDLE_INVALID;

    if (host_find_class(session, CKO_PRIVATE_KEY, &key, 1) == 1)
        rv = host_sign(session, CKM_RSA_PKCS, key, signature, &size);
    use(before);
    return rv;
}

/* The second copy's PIN goes to a library that is logged in already, as PKCS#11 has one login for a
 * process. */
static CK_SESSION_HANDLE log_in(CK_FUNCTION_LIST *copy)
{
    CK_FUNCTION_LIST *before = use(copy);
    CK_SESSION_HANDLE session = host_open(slot);
    CK_RV rv = host_try_login(session, CKU_USER, "1234");

    assert_true(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
    use(before);
    return session;
}

static void two_copies_share_a_vendor_and_the_second_does_not_finalise_it(void **state)
{
    void *library = dlopen(copy_file(getenv("P11GATE_SO"), "second.so"), RTLD_NOW | RTLD_LOCAL);
    CK_FUNCTION_LIST *copy;
    CK_SESSION_HANDLE first, second;

    (void)state;
    assert_non_null(library);
    copy = load_list(library);
    assert_ptr_not_equal(copy, host.functions);
    host_start(permit_one);
    assert_int_equal(copy->C_Initialize(NULL), CKR_OK);
    first = log_in(host.functions);
    second = log_in(copy);
    assert_int_equal(try_to_sign(host.functions, first), CKR_OK);
    assert_int_equal(try_to_sign(copy, second), CKR_OK);
    assert_int_equal(copy->C_Finalize(NULL), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_Finalize"), 0);
    assert_int_equal(try_to_sign(host.functions, first), CKR_OK);

    /* The one that initialised it finalises it; the other initialises it again, and wants a PIN. */
    assert_int_equal(copy->C_Initialize(NULL), CKR_OK);
    second = log_in(copy);
    assert_int_equal(try_to_sign(copy, second), CKR_OK);
    host_stop();
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
    assert_int_equal(try_to_sign(copy, second), CKR_USER_NOT_LOGGED_IN);
    CK_FUNCTION_LIST *before = use(copy);
    host_login(second, "1234");
    use(before);
    assert_int_equal(try_to_sign(copy, second), CKR_OK);
    assert_int_equal(copy->C_Finalize(NULL), CKR_OK);
    assert_false(host.mock->settings->initialised);
    dlclose(library);
    host_remove("second.so");
}

/* The token is named, so that its slot is there whatever is shown. */
static void a_copy_s_own_file_name_chooses_its_profile(void **state)
{
    static const struct {
        const char *name;
        CK_ULONG keys;
    } cases[] = {
        {"p11gate-none.so", 0}, {"p11gate-all.so", 2}, {"p11gate-none.so.1", 1}, {"other.so", 1}};

    (void)state;
    host.mock->key_add(slot, &(struct mock_key){"ec:P-256", "two", "02", "two", MOCK_PAIR});
    host_config("allow:\n  - {token: {label: one}, id: \"01\"}\n"
                "profiles: {none: {deny: [{id: \"01\"}]}, all: {allow: all}}\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = copy_file(getenv("P11GATE_SO"), cases[i].name);
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        CK_FUNCTION_LIST *before;

        assert_non_null(library);
        before = use(load_list(library));
        assert_int_equal(host.functions->C_Initialize(NULL), CKR_OK);
        assert_int_equal(host_find_class(host_open(slot), CKO_PUBLIC_KEY, NULL, 0), cases[i].keys);
        host_stop();
        use(before);
        dlclose(library);
        host_remove(cases[i].name);
    }
}

/* Mappings of files in the folder. */
static size_t mapped(void)
{
    char line[1024];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "re");

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL)
        count += strstr(line, host.folder) != NULL;
    fclose(maps);
    return count;
}

static size_t open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* p11gate stays mapped (-z nodelete), so that a host may still be in it, and p11-kit keeps the
 * vendor: each of them once. */
static void loaded_and_unloaded_again_and_again_it_takes_no_more(void **state)
{
    const char *vendor = copy_file(getenv("MOCK_VENDOR_SO"), "vendor-copy.so");
    const char *gate = copy_file(getenv("P11GATE_SO"), "unload.so");
    char modules[256];
    size_t files = 0, maps = 0;

    (void)state;
    snprintf(modules, sizeof(modules), "module: %s", vendor);
    host.modules = modules;
    host_config("allow: all\n");
    for (int i = 0; i < 20; i++) {
        void *library = dlopen(gate, RTLD_NOW | RTLD_LOCAL);
        CK_FUNCTION_LIST *list;
        assert_non_null(library);
        list = load_list(library);
        assert_int_equal(list->C_Initialize(NULL), CKR_OK);
        assert_int_equal(list->C_Finalize(NULL), CKR_OK);
        assert_int_equal(dlclose(library), 0);
        assert_int_equal(list->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
        if (i == 0) {
            files = open_files();
            maps = mapped();
            assert_true(maps > 0);
        }
        assert_int_equal(open_files(), files);
        assert_int_equal(mapped(), maps);
    }
    host_remove("vendor-copy.so");
    host_remove("unload.so");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(two_copies_share_a_vendor_and_the_second_does_not_finalise_it),
        CASE(a_copy_s_own_file_name_chooses_its_profile),
        CASE(loaded_and_unloaded_again_and_again_it_takes_no_more),
    };

    return cmocka_run_group_tests_name("copies", tests, host_load, host_unload);
}
