// SPDX-License-Identifier: BSD-2-Clause
// interfaces MODULE [INIT_ARGS]: what a client of PKCS#11 3.0 finds. Prints the default interface, what C_GetInfo and C_GetMechanismInfo say in it and in
// that of 2.40, what each function that 3.0 added answers to a session that is none, and how a message is encrypted and decrypted with a
// key of its session (AES-GCM) on the first token.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "caller.gen.h"

/* PKCS#11 3.0, 6.13.4: CK_GCM_MESSAGE_PARAMS. */
struct gcm_message {
    CK_BYTE_PTR iv;
    CK_ULONG iv_size, iv_fixed_bits, iv_generator;
    CK_BYTE_PTR tag;
    CK_ULONG tag_bits;
};

enum { TEXT_SIZE = 21, TAG_SIZE = 16 };

static const struct function_list *list;

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);

    if (found == NULL) {
        printf("no %s\n", name);
        exit(0);
    }
    return found;
}

/* The standard's own, in their order. */
static void print_list(void *library)
{
    CK_RV (*get)(CK_INTERFACE *, CK_ULONG *) = (CK_RV(*)(CK_INTERFACE *, CK_ULONG *))symbol(library, "C_GetInterfaceList");
    CK_INTERFACE interfaces[16];
    CK_ULONG count = 16;

    if (get(interfaces, &count) != CKR_OK)
        return;
    for (CK_ULONG i = 0; i < count; i++) {
        const CK_VERSION *version = interfaces[i].pFunctionList;
        if (strcmp((const char *)interfaces[i].pInterfaceName, "PKCS 11") == 0)
            printf("listed: %d.%d, %#lx\n", version->major, version->minor, interfaces[i].flags);
    }
}

static void print_versions(void *library)
{
    CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS) =
        (CK_RV(*)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS))symbol(library, "C_GetInterface");
    CK_INTERFACE *interface = NULL;
    CK_VERSION *version;
    CK_RV rv = get(NULL, NULL, &interface, 0);

    if (rv != CKR_OK) {
        printf("no interface: %#lx\n", rv);
        exit(0);
    }
    version = interface->pFunctionList;
    printf("default: %s %d.%d\n", (const char *)interface->pInterfaceName, version->major, version->minor);
    if (version->major < 3)
        exit(0);
    list = interface->pFunctionList;
}

/* As NSS declares them: a text, and behind it a NULL. */
static void initialize(char *init_args)
{
    struct {
        CK_C_INITIALIZE_ARGS standard;
        void *end;
    } arguments = {.standard = {.flags = CKF_OS_LOCKING_OK, .pReserved = init_args}};

    printf("C_Initialize: %#lx\n", list->v2_40.C_Initialize(&arguments));
}

static void print_told(const CK_FUNCTION_LIST *functions, CK_SLOT_ID slot, const char *name)
{
    CK_INFO info = {.flags = 0};
    CK_MECHANISM_INFO mechanism = {0, 0, 0};
    CK_RV rv = functions->C_GetInfo(&info);

    printf("%s: C_GetInfo: %#lx, %d.%d\n", name, rv, info.cryptokiVersion.major, info.cryptokiVersion.minor);
    rv = functions->C_GetMechanismInfo(slot, CKM_AES_GCM, &mechanism);
    printf("%s: C_GetMechanismInfo: %#lx, %#lx\n", name, rv, mechanism.flags);
}

static void call_each(void)
{
    static unsigned char bytes[256];
    CK_MECHANISM mechanism = {CKM_AES_GCM, NULL, 0};
    CK_ULONG size = sizeof(bytes);
    struct call_arguments arguments = {.buffer = bytes, .data = bytes, .mechanism = &mechanism, .parameter = bytes, .size = &size, .text = bytes, .secret = bytes};

    for (int f = FUNCTION_C_LoginUser; f < FUNCTION_COUNT; f++)
        printf("%s: %#lx\n", function_kinds[f].name, call_function((CK_FUNCTION_LIST *)(uintptr_t)&list->v2_40, (enum function_id)f, &arguments));
}

static CK_RV make_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *key)
{
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ULONG size = 16;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE template[] = {{CKA_VALUE_LEN, &size, sizeof(size)}, {CKA_ENCRYPT, &yes, 1}, {CKA_DECRYPT, &yes, 1}};

    return list->v2_40.C_GenerateKey(session, &mechanism, template, 3, key);
}

static void encrypt_and_decrypt(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    unsigned char iv[12] = "twelve bytes", tag[TAG_SIZE], text[TEXT_SIZE + 1] = "what is said in space", encrypted[64], decrypted[64] = "";
    struct gcm_message message = {iv, sizeof(iv), 0, 0, tag, TAG_SIZE * 8};
    CK_MECHANISM mechanism = {CKM_AES_GCM, NULL, 0};
    CK_ULONG size = sizeof(encrypted), back = sizeof(decrypted);

    printf("C_MessageEncryptInit: %#lx\n", list->C_MessageEncryptInit(session, &mechanism, key));
    printf("C_EncryptMessage: %#lx", list->C_EncryptMessage(session, &message, sizeof(message), NULL, 0, text, TEXT_SIZE, encrypted, &size));
    printf(", %lu bytes\n", size);
    printf("C_MessageEncryptFinal: %#lx\n", list->C_MessageEncryptFinal(session));
    printf("C_MessageDecryptInit: %#lx\n", list->C_MessageDecryptInit(session, &mechanism, key));
    printf("C_DecryptMessage: %#lx", list->C_DecryptMessage(session, &message, sizeof(message), NULL, 0, encrypted, size, decrypted, &back));
    printf(", %s\n", back == TEXT_SIZE && memcmp(text, decrypted, TEXT_SIZE) == 0 ? "as it was" : "another");
    tag[0] ^= 1;
    printf("C_DecryptMessage of another tag: %#lx\n", list->C_DecryptMessage(session, &message, sizeof(message), NULL, 0, encrypted, size, decrypted, &back));
    printf("C_MessageDecryptFinal: %#lx\n", list->C_MessageDecryptFinal(session));
}

static void use(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = 0;
    CK_OBJECT_HANDLE key = 0;
    CK_RV rv = list->v2_40.C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);

    printf("C_OpenSession: %#lx\n", rv);
    if (rv != CKR_OK)
        return;
    rv = make_key(session, &key);
    printf("C_GenerateKey: %#lx\n", rv);
    if (rv == CKR_OK)
        encrypt_and_decrypt(session, key);
    printf("C_SessionCancel: %#lx\n", list->C_SessionCancel(session, 0xff00));
    printf("C_LoginUser: %#lx\n", list->C_LoginUser(session, CKU_USER, (CK_UTF8CHAR_PTR)(uintptr_t)"no PIN", 6, (CK_UTF8CHAR_PTR)(uintptr_t)"alice", 5));
}

int main(int count, char **arguments)
{
    void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST *first = NULL;
    CK_SLOT_ID slots[16] = {0};
    CK_ULONG n = 16;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (library == NULL)
        return 2;
    print_list(library);
    print_versions(library);
    get = (CK_C_GetFunctionList)symbol(library, "C_GetFunctionList");
    if (get(&first) != CKR_OK)
        return 2;
    initialize(count > 2 ? arguments[2] : NULL);
    printf("C_GetSlotList: %#lx\n", list->v2_40.C_GetSlotList(CK_TRUE, slots, &n));
    print_told(first, slots[0], "2.40");
    print_told(&list->v2_40, slots[0], "3.0");
    call_each();
    if (n > 0)
        use(slots[0]);
    printf("C_Finalize: %#lx\n", list->v2_40.C_Finalize(NULL));
    return 0;
}
