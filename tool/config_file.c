// SPDX-License-Identifier: BSD-2-Clause
#include "tool/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tool/describe.h"

void config_file_quoted(FILE *out, const void *text, size_t size)
{
    const char *bytes = text;

    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        if (strchr("\"\\", bytes[i]) != NULL)
            fputc('\\', out);
        if (bytes[i] == '%')
            fputc('%', out);
        fputc(bytes[i], out);
    }
    fputc('"', out);
}

static bool is_plain(const unsigned char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return true;
}

/* Any bytes but NUL (RFC 7512, 2.3). */
static void print_uri(FILE *out, const char *attribute, const unsigned char *value, size_t size)
{
    fprintf(out, "    uri: \"pkcs11:%s=", attribute);
    for (size_t i = 0; i < size; i++)
        fprintf(out, "%%%02x", value[i]);
    fputs("\"\n", out);
}

/* Naming the token is the consent to send it a PIN. */
static bool name_token(FILE *out, const struct token *token)
{
    const CK_TOKEN_INFO *info = &token->info;
    size_t size = (size_t)describe_serial_size(token);
    bool by_serial = size > 0;
    const unsigned char *value = by_serial ? info->serialNumber : info->label;

    if (!by_serial)
        size = (size_t)describe_label_size(token);
    if (size == 0 || memchr(value, '\0', size) != NULL) {
        fputs("p11gate init: a token has neither serial nor label to name it by\n", stderr);
        return false;
    }
    if (!is_plain(value, size)) {
        print_uri(out, by_serial ? "serial" : "token", value, size);
        return true;
    }
    fprintf(out, "    token: {%s: ", by_serial ? "serial" : "label");
    config_file_quoted(out, value, size);
    fputs("}\n", out);
    return true;
}

static const CK_ATTRIBUTE *first_id(const struct object *const *objects, size_t count)
{
    const CK_ATTRIBUTE *id = NULL;

    for (size_t i = 0; i < count && id == NULL; i++)
        id = attributes_find_filled(&objects[i]->attributes, CKA_ID);
    return id;
}

/* A fingerprint cannot be searched for: an id beside it spares reading the whole token. One that is seen before login comes first. */
static void print_id(FILE *out, const struct key_group *group)
{
    const CK_ATTRIBUTE *id = first_id(group->public_keys, group->n_public_keys);
    const unsigned char *bytes;

    if (id == NULL)
        id = first_id(group->certificates, group->n_certificates);
    if (id == NULL && group->private_key != NULL)
        id = first_id(&group->private_key, 1);
    if (id == NULL)
        return;
    bytes = id->pValue;
    fputs("    id: \"", out);
    for (CK_ULONG i = 0; i < id->ulValueLen; i++)
        fprintf(out, "%02x", bytes[i]);
    fputs("\"\n", out);
}

bool config_file_rule(FILE *out, const struct token *token, const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    char type[32], fingerprint[51];

    describe_type(key, type, sizeof(type));
    describe_fingerprint(key, fingerprint);
    fprintf(out, "  # %s, label \"", type);
    if (label != NULL)
        describe_text(out, label->pValue, label->ulValueLen);
    fprintf(out, "\"\n  - fingerprint: \"%s\"\n", fingerprint);
    print_id(out, key->group);
    return key->before_login || name_token(out, token);
}

static bool fail(const char *what, const char *path)
{
    fprintf(stderr, "p11gate: %s %s: %s\n", what, path, strerror(errno));
    return false;
}

static bool refuse(const char *path)
{
    fprintf(stderr, "p11gate: %s exists; --force replaces it and keeps it as %s.old\n", path, path);
    return false;
}

bool config_file_is_free(const char *path, bool force)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return true;
    if (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode))
        return force || refuse(path);
    fprintf(stderr, "p11gate: found %s to be no file, expected a file or none\n", path);
    return false;
}

static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!ok)
            return fail("cannot make the folders of", path);
    }
    return true;
}

/* A new file of a name of its own beside path; *aside is the caller's to free. */
static bool write_aside(const char *path, const char *text, char **aside)
{
    FILE *out;
    int fd;

    if (asprintf(aside, "%s.XXXXXX", path) < 0) {
        *aside = NULL;
        return fail("cannot write", path);
    }
    fd = mkostemp(*aside, O_CLOEXEC);
    out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL)
        return fail("cannot write", *aside);
    bool ok = fputs(text, out) >= 0 && fflush(out) == 0 && fsync(fd) == 0;
    ok = fclose(out) == 0 && ok;
    return ok ? true : fail("cannot write", *aside);
}

/* link(2) fails where a file is: nothing is ever overwritten by mistake. */
static bool put_in_place(const char *aside, const char *path, bool force)
{
    char *old = NULL;
    bool ok;

    if (link(aside, path) == 0) {
        unlink(aside);
        return true;
    }
    if (errno != EEXIST)
        return fail("cannot write", path);
    if (!force)
        return refuse(path);
    if (asprintf(&old, "%s.old", path) < 0)
        return fail("cannot write", path);
    unlink(old);
    ok = (link(path, old) == 0 && rename(aside, path) == 0) || fail("cannot replace", path);
    free(old);
    return ok;
}

bool config_file_write(const char *path, const char *text, bool force)
{
    char *copy = strdup(path);
    char *aside = NULL;
    bool ok = copy != NULL && make_folders(copy) && write_aside(path, text, &aside) &&
              put_in_place(aside, path, force);

    if (!ok && aside != NULL)
        unlink(aside);
    free(aside);
    free(copy);
    return ok;
}
