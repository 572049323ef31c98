// SPDX-License-Identifier: BSD-2-Clause
#include "module/vendor_interface.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "common/log.h"

typedef CK_RV (*get_interface)(CK_UTF8CHAR_PTR name, CK_VERSION_PTR version,
                               CK_INTERFACE_PTR_PTR interface, CK_FLAGS flags);

enum { FIRST_ADDED = offsetof(struct function_list_3_0, C_GetInterfaceList), POINTER = sizeof(void *) };

/* Is the address in what some loaded object has for code? */
struct search {
    uintptr_t address;
};

static int holds_code(struct dl_phdr_info *object, size_t size, void *context)
{
    const struct search *search = context;

    (void)size;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0 &&
            search->address - object->dlpi_addr - part->p_vaddr < part->p_memsz)
            return 1;
    }
    return 0;
}

/* A list of 2.40 that says it is one of 3.0 ends before: what follows in memory are no functions. */
static bool is_long_enough(const struct function_list_3_0 *list)
{
    const char *bytes = (const char *)list;

    for (size_t at = FIRST_ADDED; at < sizeof(*list); at += POINTER) {
        struct search search;
        memcpy(&search.address, bytes + at, POINTER);
        if (search.address != 0 && dl_iterate_phdr(holds_code, &search) == 0)
            return false;
    }
    return true;
}

static const void *library_of(const void *symbol)
{
    Dl_info found;

    return symbol != NULL && dladdr(symbol, &found) != 0 ? found.dli_fbase : NULL;
}

/* The symbol of a library that this one links would be found as well. */
static get_interface find_symbol(void *library)
{
    void *symbol = dlsym(library, "C_GetInterface");
    const void *list = dlsym(library, "C_GetFunctionList");
    get_interface get = NULL;

    if (symbol != NULL && library_of(symbol) == library_of(list))
        memcpy(&get, &symbol, sizeof(get));
    return get;
}

static const char *why_not(CK_RV rv, const CK_INTERFACE *interface)
{
    const struct function_list_3_0 *list = interface != NULL ? interface->pFunctionList : NULL;

    if (rv != CKR_OK)
        return "is refused";
    if (list == NULL || interface->pInterfaceName == NULL ||
        strcmp((const char *)interface->pInterfaceName, "PKCS 11") != 0)
        return "is another";
    if (list->v2_40.version.major != 3)
        return "is of another version";
    return is_long_enough(list) ? NULL : "is too short";
}

const struct function_list_3_0 *vendor_interface_3_0(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    get_interface get = library != NULL ? find_symbol(library) : NULL;
    CK_VERSION version = {3, 0};
    CK_INTERFACE *interface = NULL;
    const char *reason = NULL;
    CK_RV rv;

    if (get != NULL) {
        rv = get((CK_UTF8CHAR *)"PKCS 11", &version, &interface, 0);
        reason = why_not(rv, interface);
    }
    if (reason != NULL)
        log_info("%s: its interface of PKCS#11 3.0 %s: 2.40 it is", path, reason);
    if (library != NULL)
        dlclose(library);
    return get != NULL && reason == NULL ? interface->pFunctionList : NULL;
}
