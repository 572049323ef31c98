// SPDX-License-Identifier: BSD-2-Clause
// SoftHSM in a private folder.
#include "softhsm.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const usual_places[] = {
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
};

struct softhsm {
    void *library;
    CK_FUNCTION_LIST *functions; // NULL before C_Initialize succeeded
    CK_SESSION_HANDLE session;   // 0: no token is open
};

static bool write_configuration(const char *folder)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    if (setenv("SOFTHSM2_CONF", path, 1) != 0)
        return false;
    FILE *stream = fopen(path, "wxe");
    if (stream == NULL)
        return errno == EEXIST;
    fprintf(stream,
            "directories.tokendir = %s/tokens\n"
            "objectstore.backend = file\n"
            "log.level = ERROR\n",
            folder);
    return fclose(stream) == 0;
}

static bool make_folder(const char *folder)
{
    char absolute[PATH_MAX];
    char tokens[PATH_MAX + 8];
    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || realpath(folder, absolute) == NULL)
        return false;
    snprintf(tokens, sizeof tokens, "%s/tokens", absolute);
    if (mkdir(tokens, 0700) != 0 && errno != EEXIST)
        return false;
    return write_configuration(absolute);
}

static void *load(const char *module)
{
    if (module != NULL)
        return dlopen(module, RTLD_NOW | RTLD_LOCAL);
    void *library = NULL;
    for (size_t i = 0; library == NULL && i < sizeof usual_places / sizeof usual_places[0]; i++)
        library = dlopen(usual_places[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

static CK_RV initialize(struct softhsm *softhsm)
{
    CK_FUNCTION_LIST *functions = NULL;
    void *symbol = dlsym(softhsm->library, "C_GetFunctionList");
    CK_C_GetFunctionList get_function_list;
    _Static_assert(sizeof get_function_list == sizeof symbol, "POSIX dlsym");
    memcpy(&get_function_list, &symbol, sizeof symbol);
    if (symbol == NULL)
        return CKR_FUNCTION_FAILED;
    CK_RV rv = get_function_list(&functions);
    if (rv == CKR_OK)
        rv = functions->C_Initialize(NULL);
    if (rv == CKR_OK)
        softhsm->functions = functions;
    return rv;
}

struct softhsm *softhsm_create(const char *folder, const char *module)
{
    if (!make_folder(folder)) {
        fprintf(stderr, "make-token: %s: %s\n", folder, strerror(errno));
        return NULL;
    }
    struct softhsm *softhsm = calloc(1, sizeof *softhsm);
    if (softhsm == NULL)
        return NULL;
    softhsm->library = load(module);
    if (softhsm->library == NULL) {
        fprintf(stderr, "make-token: SoftHSM: %s\n", dlerror());
        softhsm_destroy(softhsm);
        return NULL;
    }
    CK_RV rv = initialize(softhsm);
    if (rv != CKR_OK) {
        fprintf(stderr, "make-token: SoftHSM: C_Initialize: 0x%lx\n", rv);
        softhsm_destroy(softhsm);
        return NULL;
    }
    return softhsm;
}

static void close_token(struct softhsm *softhsm)
{
    if (softhsm->session != 0)
        softhsm->functions->C_CloseSession(softhsm->session);
    softhsm->session = 0;
}

void softhsm_destroy(struct softhsm *softhsm)
{
    if (softhsm == NULL)
        return;
    if (softhsm->functions != NULL) {
        close_token(softhsm);
        softhsm->functions->C_Finalize(NULL);
    }
    if (softhsm->library != NULL)
        dlclose(softhsm->library);
    free(softhsm);
}

// CK_TOKEN_INFO's labels are filled up with blanks.
static void pad_label(const char *label, CK_UTF8CHAR padded[32])
{
    size_t length = strlen(label);
    memset(padded, ' ', 32);
    memcpy(padded, label, length < 32 ? length : 32);
}

// Finds the slot whose token has the label, or (NULL) the one without an initialised token. The
// call for the number of slots makes SoftHSM offer a new empty one.
static CK_RV find_slot(CK_FUNCTION_LIST *functions, const char *label, CK_SLOT_ID *slot)
{
    CK_SLOT_ID slots[256];
    CK_ULONG count = 0;
    CK_UTF8CHAR padded[32];
    pad_label(label == NULL ? "" : label, padded);
    CK_RV rv = functions->C_GetSlotList(CK_TRUE, NULL, &count);
    if (rv == CKR_OK && count <= 256)
        rv = functions->C_GetSlotList(CK_TRUE, slots, &count);
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
        CK_TOKEN_INFO info;
        rv = functions->C_GetTokenInfo(slots[i], &info);
        bool initialized = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
        bool found = label == NULL ? !initialized
                                   : initialized && memcmp(info.label, padded, sizeof padded) == 0;
        if (rv == CKR_OK && found) {
            *slot = slots[i];
            return CKR_OK;
        }
    }
    return rv == CKR_OK ? CKR_TOKEN_NOT_PRESENT : rv;
}

static CK_RV open_slot(struct softhsm *softhsm, CK_SLOT_ID slot, CK_USER_TYPE user, const char *pin)
{
    CK_FUNCTION_LIST *functions = softhsm->functions;
    close_token(softhsm);
    CK_RV rv = functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                        &softhsm->session);
    if (rv != CKR_OK)
        return rv;
    return functions->C_Login(softhsm->session, user, (CK_UTF8CHAR *)pin, strlen(pin));
}

CK_RV softhsm_make_token(struct softhsm *softhsm, const char *label, const char *pin,
                         const char *so_pin)
{
    CK_FUNCTION_LIST *functions = softhsm->functions;
    CK_UTF8CHAR padded[32];
    CK_SLOT_ID slot = 0;
    pad_label(label, padded);
    close_token(softhsm);
    CK_RV rv = find_slot(functions, NULL, &slot);
    if (rv == CKR_OK)
        rv = functions->C_InitToken(slot, (CK_UTF8CHAR *)so_pin, strlen(so_pin), padded);
    if (rv == CKR_OK)
        rv = open_slot(softhsm, slot, CKU_SO, so_pin);
    if (rv == CKR_OK)
        rv = functions->C_InitPIN(softhsm->session, (CK_UTF8CHAR *)pin, strlen(pin));
    if (rv == CKR_OK)
        rv = open_slot(softhsm, slot, CKU_USER, pin);
    return rv;
}

CK_RV softhsm_open_token(struct softhsm *softhsm, const char *label, const char *pin)
{
    CK_SLOT_ID slot = 0;
    close_token(softhsm);
    CK_RV rv = find_slot(softhsm->functions, label, &slot);
    return rv == CKR_OK ? open_slot(softhsm, slot, CKU_USER, pin) : rv;
}

CK_RV softhsm_add(struct softhsm *softhsm, struct template *template)
{
    CK_OBJECT_HANDLE handle = 0;
    return softhsm->functions->C_CreateObject(softhsm->session, template->items, template->count,
                                              &handle);
}

CK_RV softhsm_delete(struct softhsm *softhsm, struct template *template)
{
    CK_FUNCTION_LIST *functions = softhsm->functions;
    CK_OBJECT_HANDLE handles[64];
    CK_ULONG count = 0;
    CK_RV rv = functions->C_FindObjectsInit(softhsm->session, template->items, template->count);
    if (rv != CKR_OK)
        return rv;
    rv = functions->C_FindObjects(softhsm->session, handles, 64, &count);
    functions->C_FindObjectsFinal(softhsm->session);
    if (rv == CKR_OK && count == 0)
        return CKR_OBJECT_HANDLE_INVALID;
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv = functions->C_DestroyObject(softhsm->session, handles[i]);
    return rv;
}
