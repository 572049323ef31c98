// SPDX-License-Identifier: BSD-2-Clause
// odd-vendor.so: SoftHSM (ODD_VENDOR_OF names it) with the bad habits that ODD_VENDOR_HABITS lists:
//   prints       a line to stdout in every function that ssh uses
//   slotless     C_GetSlotList fails
//   mute-label   the label of objects with CKA_ID 01 cannot be read
//   login-free   CKF_LOGIN_REQUIRED is cleared; C_Initialize logs in by itself, with the PIN 1234
//   one-session  no more than one session is open at a time; another one is answered with CKR_ARGUMENTS_BAD
//   hangs        C_Initialize does not come back
//   exits        C_Initialize ends the process by exit(0)
//   crashes      C_Initialize ends the process by SIGABRT
//   starves      C_GetSlotList fails, and leaves the process no memory until C_Finalize
//   locked, final-try, count-low, pin-change, keypad, pinless   the token's flags say so
//   stumbles     C_Sign does once what ODD_VENDOR_STUMBLE, a file, has for a word, and removes it: hangs, exits, crashes
//   ecdsa-sha1   keys of P-256 sign with CKM_ECDSA_SHA1, which SoftHSM 2.6 does not know
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <p11-kit/pkcs11.h>

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST odd;

static bool has(const char *habit)
{
    const char *habits = getenv("ODD_VENDOR_HABITS");

    return habits != NULL && strstr(habits, habit) != NULL;
}

static void speak(const char *function)
{
    if (has("prints")) {
        printf("odd vendor: %s\n", function);
        fflush(stdout);
    }
}

static void log_in(void)
{
    static CK_UTF8CHAR pin[] = "1234";
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;
    CK_SESSION_HANDLE session;

    if (real->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count > 0 &&
        real->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK)
        real->C_Login(session, CKU_USER, pin, sizeof(pin) - 1);
}

static void limit_memory(rlim_t limit)
{
    const struct rlimit soft = {limit, RLIM_INFINITY};

    setrlimit(RLIMIT_AS, &soft);
}

/* What malloc() still has is taken, too. */
static void starve(void)
{
    limit_memory(0);
    for (size_t size = 1 << 20; size > 0; size /= 2)
        while (malloc(size) != NULL)
            ;
}

static CK_RV odd_C_Initialize(CK_VOID_PTR arguments)
{
    CK_RV rv = real->C_Initialize(arguments);

    speak("C_Initialize");
    while (has("hangs"))
        pause();
    if (has("exits"))
        exit(0);
    if (has("crashes"))
        abort();
    if (rv == CKR_OK && has("login-free"))
        log_in();
    return rv;
}

static CK_RV odd_C_GetSlotList(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count)
{
    speak("C_GetSlotList");
    if (has("starves"))
        starve();
    if (has("slotless") || has("starves"))
        return CKR_DEVICE_ERROR;
    return real->C_GetSlotList(present, slots, count);
}

static void set_flags(CK_FLAGS *flags)
{
    static const struct {
        const char *habit;
        CK_FLAGS flag;
    } rows[] = {
        {"locked", CKF_USER_PIN_LOCKED},        {"final-try", CKF_USER_PIN_FINAL_TRY},
        {"count-low", CKF_USER_PIN_COUNT_LOW},  {"pin-change", CKF_USER_PIN_TO_BE_CHANGED},
        {"keypad", CKF_PROTECTED_AUTHENTICATION_PATH},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        *flags |= has(rows[i].habit) ? rows[i].flag : 0;
    if (has("pinless"))
        *flags &= ~(CK_FLAGS)CKF_USER_PIN_INITIALIZED;
}

static CK_RV odd_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
    CK_RV rv = real->C_GetTokenInfo(slot, info);

    speak("C_GetTokenInfo");
    if (rv == CKR_OK && has("login-free"))
        info->flags &= ~(CK_FLAGS)CKF_LOGIN_REQUIRED;
    if (rv == CKR_OK)
        set_flags(&info->flags);
    return rv;
}

static unsigned long open_sessions;

static CK_RV odd_C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                               CK_SESSION_HANDLE_PTR session)
{
    CK_RV rv;

    if (has("one-session") && open_sessions > 0)
        return CKR_ARGUMENTS_BAD;
    rv = real->C_OpenSession(slot, flags, application, notify, session);
    open_sessions += rv == CKR_OK;
    return rv;
}

static CK_RV odd_C_CloseSession(CK_SESSION_HANDLE session)
{
    CK_RV rv = real->C_CloseSession(session);

    open_sessions -= rv == CKR_OK;
    return rv;
}

static CK_RV odd_C_Finalize(void *reserved)
{
    open_sessions = 0;
    if (has("starves"))
        limit_memory(RLIM_INFINITY);
    return real->C_Finalize(reserved);
}

static CK_RV odd_C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin,
                         CK_ULONG size)
{
    speak("C_Login");
    return real->C_Login(session, user, pin, size);
}

static CK_RV odd_C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR found, CK_ULONG room,
                               CK_ULONG_PTR count)
{
    speak("C_FindObjects");
    return real->C_FindObjects(session, found, room, count);
}

static bool is_muted(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_BYTE id[64];
    CK_ATTRIBUTE attribute = {CKA_ID, id, sizeof(id)};

    return has("mute-label") &&
           real->C_GetAttributeValue(session, object, &attribute, 1) == CKR_OK &&
           attribute.ulValueLen == 1 && id[0] == 0x01;
}

/* Every entry but the label is answered, as the standard wants it. */
static CK_RV odd_C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                     CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
    CK_RV rv = real->C_GetAttributeValue(session, object, template, count);

    speak("C_GetAttributeValue");
    if (!is_muted(session, object))
        return rv;
    for (CK_ULONG i = 0; i < count; i++) {
        if (template[i].type != CKA_LABEL)
            continue;
        if (template[i].pValue != NULL && template[i].ulValueLen != CK_UNAVAILABLE_INFORMATION)
            memset(template[i].pValue, 0, template[i].ulValueLen);
        template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
        rv = CKR_ATTRIBUTE_TYPE_INVALID;
    }
    return rv;
}

static CK_OBJECT_HANDLE hashing_key; /* what it is to sign is hashed before; 0: none */

static CK_RV odd_C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                            CK_OBJECT_HANDLE key)
{
    bool hashes = has("ecdsa-sha1") && mechanism != NULL && mechanism->mechanism == CKM_ECDSA_SHA1;

    hashing_key = hashes ? key : 0;
    return hashes ? CKR_OK : real->C_SignInit(session, mechanism, key);
}

/* With a key of P-256, whose signatures have 64 bytes. */
static CK_RV sign_hash(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size,
                       CK_BYTE_PTR signature, CK_ULONG_PTR signature_size)
{
    CK_MECHANISM sha1 = {CKM_SHA_1, NULL, 0}, ecdsa = {CKM_ECDSA, NULL, 0};
    CK_BYTE hash[20];
    CK_ULONG hash_size = sizeof(hash), room = *signature_size;
    CK_RV rv;

    *signature_size = 64;
    if (signature == NULL || room < 64)
        return signature == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    rv = real->C_DigestInit(session, &sha1);
    if (rv == CKR_OK)
        rv = real->C_Digest(session, data, size, hash, &hash_size);
    if (rv == CKR_OK)
        rv = real->C_SignInit(session, &ecdsa, hashing_key);
    hashing_key = 0;
    return rv == CKR_OK ? real->C_Sign(session, hash, hash_size, signature, signature_size) : rv;
}

static void stumble(void)
{
    const char *path = getenv("ODD_VENDOR_STUMBLE");
    char word[16] = "";
    FILE *file = path != NULL ? fopen(path, "r") : NULL;

    if (file == NULL)
        return;
    if (fgets(word, sizeof(word), file) == NULL)
        word[0] = '\0';
    fclose(file);
    unlink(path);
    while (strcmp(word, "hangs") == 0)
        pause();
    if (strcmp(word, "exits") == 0)
        exit(0);
    if (strcmp(word, "crashes") == 0)
        abort();
}

static CK_RV odd_C_Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size,
                        CK_BYTE_PTR signature, CK_ULONG_PTR signature_size)
{
    speak("C_Sign");
    if (has("stumbles"))
        stumble();
    if (hashing_key != 0)
        return sign_hash(session, data, size, signature, signature_size);
    return real->C_Sign(session, data, size, signature, signature_size);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    const char *path = getenv("ODD_VENDOR_OF");
    void *library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList get =
        library != NULL ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;

    if (get == NULL || get(&real) != CKR_OK)
        return CKR_GENERAL_ERROR;
    odd = *real;
    odd.C_GetFunctionList = C_GetFunctionList;
    odd.C_Initialize = odd_C_Initialize;
    odd.C_Finalize = odd_C_Finalize;
    odd.C_OpenSession = odd_C_OpenSession;
    odd.C_CloseSession = odd_C_CloseSession;
    odd.C_GetSlotList = odd_C_GetSlotList;
    odd.C_GetTokenInfo = odd_C_GetTokenInfo;
    odd.C_Login = odd_C_Login;
    odd.C_FindObjects = odd_C_FindObjects;
    odd.C_GetAttributeValue = odd_C_GetAttributeValue;
    odd.C_SignInit = odd_C_SignInit;
    odd.C_Sign = odd_C_Sign;
    *list = &odd;
    return CKR_OK;
}
