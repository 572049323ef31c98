// SPDX-License-Identifier: BSD-2-Clause
#include "module/vendor_library.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "common/log.h"

typedef CK_RV (*get_interface)(CK_UTF8CHAR_PTR name, CK_VERSION_PTR version,
                               CK_INTERFACE_PTR_PTR interface, CK_FLAGS flags);
typedef CK_RV (*get_interface_list)(CK_INTERFACE_PTR interfaces, CK_ULONG_PTR count);

enum { FIRST_ADDED = sizeof(CK_FUNCTION_LIST), POINTER = sizeof(void *), INTERFACES_MOST = 64 };

/* Many libraries do not bear to be unmapped. */
static void *load(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

static const void *base_of(const void *symbol)
{
    Dl_info found;

    return symbol != NULL && dladdr(symbol, &found) != 0 ? found.dli_fbase : NULL;
}

/* p11-kit-proxy.so is p11-kit itself: it would load this library, and ourselves. */
static bool is_p11_kit(void *library, const void *symbol)
{
    const void *other = dlsym(library, "p11_kit_modules_load");

    return other != NULL && base_of(other) == base_of(symbol);
}

static const char *call_for_list(void *library, CK_FUNCTION_LIST **list)
{
    void *symbol = dlsym(library, "C_GetFunctionList");
    CK_C_GetFunctionList get = NULL;

    if (symbol == NULL)
        return "it has no function C_GetFunctionList";
    if (is_p11_kit(library, symbol))
        return "it stands for the libraries that p11-kit knows; name one of them";
    memcpy(&get, &symbol, sizeof(get));
    return get(list) == CKR_OK && *list != NULL ? NULL : "C_GetFunctionList fails";
}

CK_FUNCTION_LIST *vendor_library_load(const char *path, char **error)
{
    void *library = load(path);
    CK_FUNCTION_LIST *list = NULL;
    const char *reason = library != NULL ? call_for_list(library, &list) : dlerror();

    if (reason != NULL) {
        *error = strdup(reason);
        list = NULL;
    }
    if (library != NULL)
        dlclose(library);
    return list;
}

/* Is the address in what its library has for code? The headers are where it was mapped. (dl_iterate_phdr takes a lock that a child of a process
 * with threads may find taken for ever.) */
static bool is_code(const void *address)
{
    Dl_info found;
    const ElfW(Ehdr) *header;
    const ElfW(Phdr) *parts;

    if (dladdr(address, &found) == 0)
        return false;
    header = found.dli_fbase;
    parts = (const void *)((const char *)found.dli_fbase + header->e_phoff);
    for (size_t i = 0; i < header->e_phnum; i++) {
        size_t at = (size_t)((const char *)address - (const char *)found.dli_fbase) - parts[i].p_vaddr;
        if (parts[i].p_type == PT_LOAD && (parts[i].p_flags & PF_X) != 0 && at < parts[i].p_memsz)
            return true;
    }
    return false;
}

/* A list of 2.40 that says it is a later one ends before: what follows in memory are no functions. */
static bool is_long_enough(const struct function_list *list, size_t size)
{
    const char *bytes = (const char *)list;

    for (size_t at = FIRST_ADDED; at < size; at += POINTER) {
        const void *function;
        memcpy(&function, bytes + at, POINTER);
        if (function != NULL && !is_code(function))
            return false;
    }
    return true;
}

/* The symbol of a library that this one links would be found as well. */
static void *own_symbol(void *library, const char *name)
{
    void *symbol = library != NULL ? dlsym(library, name) : NULL;

    return symbol != NULL && base_of(symbol) == base_of(dlsym(library, "C_GetFunctionList")) ? symbol : NULL;
}

/* NULL: it can be used. */
static const char *why_not(const CK_INTERFACE *interface, const struct list_form *form)
{
    const struct function_list *list = interface != NULL ? interface->pFunctionList : NULL;

    if (list == NULL)
        return "without functions";
    if (interface->pInterfaceName == NULL || strcmp((const char *)interface->pInterfaceName, "PKCS 11") != 0)
        return "by another name";
    if (memcmp(&list->v2_40.version, &form->version, sizeof(form->version)) != 0)
        return "of another version";
    return is_long_enough(list, form->size) ? NULL : "that ends before its last function";
}

const struct function_list *vendor_library_list(const char *path, enum list_version version)
{
    CK_UTF8CHAR name[] = "PKCS 11";
    CK_VERSION wanted = list_forms[version].version;
    void *library = load(path), *symbol = own_symbol(library, "C_GetInterface");
    get_interface get = NULL;
    CK_INTERFACE *interface = NULL;
    const char *reason = NULL;
    bool has;

    memcpy(&get, &symbol, sizeof(get));
    has = get != NULL && get(name, &wanted, &interface, 0) == CKR_OK;
    if (has)
        reason = why_not(interface, &list_forms[version]);
    if (reason != NULL)
        log_info("%s: its interface of PKCS#11 %d.%d is not used: it gave one %s", path, wanted.major, wanted.minor, reason);
    if (library != NULL)
        dlclose(library);
    return has && reason == NULL ? interface->pFunctionList : NULL;
}

CK_RV vendor_library_refusal(const char *path, const struct interface_request *request)
{
    void *library = load(path), *symbol = own_symbol(library, "C_GetInterface");
    get_interface get = NULL;
    CK_INTERFACE *interface = NULL;
    CK_RV rv = CKR_OK;

    memcpy(&get, &symbol, sizeof(get));
    if (get != NULL)
        rv = get(request->name, request->version, &interface, request->flags);
    if (library != NULL)
        dlclose(library);
    return rv != CKR_OK ? rv : CKR_ARGUMENTS_BAD;
}

static bool can_be_stood_for(const char *path, const CK_INTERFACE *interface)
{
    const CK_VERSION *version = interface->pFunctionList;

    if (version == NULL || interface->pInterfaceName == NULL || strcmp((const char *)interface->pInterfaceName, "PKCS 11") != 0)
        return false;
    for (unsigned i = 0; i < LIST_VERSIONS; i++) {
        if (memcmp(version, &list_forms[i].version, sizeof(*version)) == 0)
            return vendor_library_list(path, (enum list_version)i) == interface->pFunctionList;
    }
    return version->major == 2;
}

/* openCryptoki 3.23 tells their number only to who asks for it alone: with room for more it leaves the count as it was. */
static CK_ULONG list_interfaces(get_interface_list get, CK_INTERFACE *all)
{
    CK_ULONG count = 0;

    if (get(NULL, &count) != CKR_OK || count > INTERFACES_MOST || get(all, &count) != CKR_OK || count > INTERFACES_MOST)
        return 0;
    return count;
}

size_t vendor_library_interfaces(const char *path, struct library_interface *interfaces, size_t room)
{
    void *library = load(path), *symbol = own_symbol(library, "C_GetInterfaceList");
    CK_INTERFACE all[INTERFACES_MOST] = {{0}};
    get_interface_list get = NULL;
    CK_ULONG count;
    size_t found = 0;

    memcpy(&get, &symbol, sizeof(get));
    count = get != NULL ? list_interfaces(get, all) : 0;
    for (CK_ULONG i = 0; i < count && found < room; i++) {
        if (can_be_stood_for(path, &all[i]))
            interfaces[found++] = (struct library_interface){*(const CK_VERSION *)all[i].pFunctionList, all[i].flags};
    }
    if (library != NULL)
        dlclose(library);
    return found;
}
