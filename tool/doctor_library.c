// SPDX-License-Identifier: BSD-2-Clause
// The vendors' libraries, and what p11-kit makes of them.
#include "tool/doctor.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#include <p11-kit/p11-kit.h>
#include "common/names.h"
#include "common/shell_word.h"
#include "module/vendor.h"
#include "tool/surroundings.h"
#include "tool/vendors.h"

/* Class, byte order and machine say for which processor and word size a file is. */
static bool read_header(const char *path, Elf32_Ehdr *header)
{
    FILE *file = fopen(path, "re");
    bool read = file != NULL && fread(header, sizeof(*header), 1, file) == 1 &&
                memcmp(header->e_ident, ELFMAG, SELFMAG) == 0;

    if (file != NULL)
        fclose(file);
    return read;
}

/* The machine stands at the same place whatever the class. */
static bool is_of_other_machine(const char *path)
{
    Elf32_Ehdr own, other;

    return read_header("/proc/self/exe", &own) && read_header(path, &other) &&
           (own.e_ident[EI_CLASS] != other.e_ident[EI_CLASS] ||
            own.e_ident[EI_DATA] != other.e_ident[EI_DATA] || own.e_machine != other.e_machine);
}

/* word: the path, for the shell. */
static char *advise_on_load(const char *path, const char *word, const char *error)
{
    Elf32_Ehdr header;

    if (access(path, F_OK) != 0)
        return strdup(
            "install the vendor's package, or correct `module:`; `p11gate init` looks in the usual "
            "places");
    if (access(path, R_OK) != 0)
        return text_of("make it readable: `chmod a+r %s`, and `chmod a+x` its folders", word);
    if (!read_header(path, &header))
        return strdup("name the vendor's PKCS#11 library, a file that ends in .so");
    if (is_of_other_machine(path))
        return strdup("it is built for another processor or word size than p11gate and ssh: "
                      "install the vendor's library for this one");
    if (strstr(error, "C_GetFunctionList") != NULL)
        return strdup("name the vendor's PKCS#11 library, which has that function");
    if (strstr(error, "cannot open shared object file") != NULL ||
        strstr(error, "undefined symbol") != NULL || strstr(error, "version `") != NULL)
        return text_of("something that it needs is missing: `ldd -r %s` shows what; install that "
                       "package",
                       word);
    return text_of("`pkcs11-tool --module %s -L` shows whether the library is in order", word);
}

/* Texts of CK_INFO and CK_SLOT_INFO are padded with blanks. */
static int padded_size(const CK_UTF8CHAR *text, size_t size)
{
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
        size--;
    return (int)size;
}

#define PADDED(text) padded_size((text), sizeof(text)), (const char *)(text)

static void say_info(struct report *report, struct vendor *vendor, const char *path)
{
    const CK_INFO *info = vendor_info(vendor);

    if (info == NULL)
        report_add(report, FINDING_WARNING, text_of("%s: C_GetInfo fails", path),
                   strdup("update the vendor's library"));
    else
        report_add(report, FINDING_OK,
                   text_of("%s: %.*s, %.*s, version %u.%u, PKCS#11 %u.%02u", path,
                           PADDED(info->manufacturerID), PADDED(info->libraryDescription),
                           info->libraryVersion.major, info->libraryVersion.minor,
                           info->cryptokiVersion.major, info->cryptokiVersion.minor),
                   NULL);
}

static void say_slot(struct report *report, const struct vendor *vendor, CK_SLOT_ID slot,
                     const char *path)
{
    CK_SLOT_INFO info = {0};
    CK_RV rv = vendor_functions(vendor)->C_GetSlotInfo(slot, &info);

    if (rv != CKR_OK)
        report_add(report, FINDING_WARNING,
                   text_of("%s: slot %lu: C_GetSlotInfo fails: %s", path, slot, name_of_rv(rv)),
                   strdup("take the card out and put it in again; look with `pkcs11-tool -L`"));
    else
        report_add(report, FINDING_OK,
                   text_of("%s: slot %lu, \"%.*s\": %s", path, slot, PADDED(info.slotDescription),
                           (info.flags & CKF_TOKEN_PRESENT) != 0 ? "a token" : "empty"),
                   NULL);
}

static void say_slots(struct report *report, struct vendor *vendor, const char *path)
{
    CK_SLOT_ID *slots = NULL;
    CK_ULONG count = 0;
    CK_RV rv = vendor_list_slots(vendor, CK_FALSE, true, &slots, &count);

    if (rv != CKR_OK)
        report_add(report, FINDING_PROBLEM,
                   text_of("%s: C_GetSlotList fails: %s", path, name_of_rv(rv)),
                   strdup("is the service that the library talks to (pcscd, pkcsslotd, the HSM's) "
                          "running?"));
    else if (count == 0)
        report_add(report, FINDING_WARNING, text_of("%s: it has no slot", path),
                   strdup("plug the reader in; if it is, see what is said of pcscd"));
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        say_slot(report, vendor, slots[i], path);
    free(slots);
}

static void examine_vendor(struct report *report, struct vendor *vendor, const char *path)
{
    CK_RV rv = vendor_initialize(vendor);

    if (rv != CKR_OK) {
        report_add(report, FINDING_PROBLEM,
                   text_of("%s: C_Initialize fails: %s", path, name_of_rv(rv)),
                   strdup("is the service that the library talks to running, and its own "
                          "configuration in order? NSS wants `init_args`"));
        return;
    }
    say_info(report, vendor, path);
    say_slots(report, vendor, path);
}

static void say_not_loaded(struct report *report, const char *path, const char *error)
{
    char *word = shell_word(path);

    if (word == NULL || error == NULL)
        report->incomplete = true;
    else
        report_add(report, FINDING_PROBLEM, text_of("cannot load %s: %s", path, error),
                   advise_on_load(path, word, error));
    free(word);
}

static void examine_library(struct report *report, const struct module_settings *module)
{
    char *error = NULL;
    struct vendor *vendor;

    p11_kit_be_quiet();
    vendor = vendor_load(module, &error);
    if (vendor != NULL && vendors_is_p11gate(module->path))
        report_add(report, FINDING_PROBLEM, text_of("%s is p11gate itself", module->path),
                   strdup("let `module:` name the vendor's library"));
    else if (vendor != NULL)
        examine_vendor(report, vendor, module->path);
    else
        say_not_loaded(report, module->path, error);
    vendor_destroy(vendor);
    free(error);
}

void doctor_library(const struct doctor *doctor, size_t n, struct report *report)
{
    if (n < doctor->n_modules)
        examine_library(report, &doctor->modules[n]);
    else
        report_add(report, FINDING_PROBLEM, strdup("no known library is installed"),
                   strdup("install the vendor's (for most cards, the package opensc-pkcs11), or name "
                          "it: `p11gate init --module PATH`"));
}

void doctor_p11_kit(const struct doctor *doctor, size_t n, struct report *report)
{
    struct message_list messages = {0};

    (void)n;
    p11_kit_be_quiet();
    for (size_t i = 0; i < doctor->n_modules; i++)
        surroundings_check_p11_kit(&doctor->modules[i], &messages);
    for (size_t i = 0; i < messages.count; i++)
        report_add(
            report, FINDING_WARNING, strdup(messages.items[i].text),
            strdup("disable the library there: a file in /etc/pkcs11/modules with the name of "
                   "its own module file, and the line `enable-in:`; `p11-kit list-modules` "
                   "shows what is left"));
    if (messages.count == 0)
        report_add(report, FINDING_OK,
                   strdup("no program gets both p11gate and a library that it stands before"),
                   NULL);
    message_list_finish(&messages);
}

/* Does the file hold the name of that function of pcsclite's? */
static bool names_pcsclite(const char *path)
{
    static const char name[] = "SCardEstablishContext";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *map = MAP_FAILED;
    bool names = false;

    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0)
        map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map != MAP_FAILED) {
        names = memmem(map, (size_t)status.st_size, name, sizeof(name)) != NULL;
        munmap(map, (size_t)status.st_size);
    }
    if (fd >= 0)
        close(fd);
    return names;
}

/* The program itself has no name. */
static int look_at_loaded(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    return info->dlpi_name[0] != '\0' && names_pcsclite(info->dlpi_name) ? 1 : 0;
}

bool doctor_library_uses_pcscd(const struct module_settings *module)
{
    char *error = NULL;
    struct vendor *vendor;
    bool uses;

    p11_kit_be_quiet();
    vendor = vendor_load(module, &error);
    uses = vendor != NULL && dl_iterate_phdr(look_at_loaded, NULL) != 0;
    vendor_destroy(vendor);
    free(error);
    return uses;
}

bool doctor_any_library_uses_pcscd(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->n_modules; i++) {
        if (doctor_library_uses_pcscd(&doctor->modules[i]))
            return true;
    }
    return false;
}
