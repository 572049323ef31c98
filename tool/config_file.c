// SPDX-License-Identifier: BSD-2-Clause
#include "tool/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tool/describe.h"

void config_file_quoted(FILE *out, const void *bytes, size_t size)
{
    const unsigned char *text = bytes;

    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
        size--;
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\')
            fputc('\\', out);
        if (text[i] < ' ' || text[i] == 0x7f)
            fprintf(out, "\\x%02x", text[i]);
        else
            fputc(text[i], out);
    }
    fputc('"', out);
}

void config_file_rule(FILE *out, const struct token *token, const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    const CK_TOKEN_INFO *info = &token->info;
    char type[32], fingerprint[51];

    describe_type(key, type, sizeof(type));
    describe_fingerprint(key, fingerprint);
    fprintf(out, "  # %s, label ", type);
    config_file_quoted(out, label != NULL ? label->pValue : "",
                       label != NULL ? label->ulValueLen : 0);
    fprintf(out, "\n  - fingerprint: \"%s\"\n", fingerprint);
    if (!key->before_login) {
        fputs("    token: {serial: ", out); /* naming the token is the consent to send it a PIN */
        config_file_quoted(out, info->serialNumber, sizeof(info->serialNumber));
        fputs("}\n", out);
    }
}

static bool fail(const char *what, const char *path)
{
    fprintf(stderr, "p11gate: %s %s: %s\n", what, path, strerror(errno));
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
    if (!force) {
        fprintf(stderr, "p11gate: %s exists; --force replaces it and keeps it as %s.old\n", path,
                path);
        return false;
    }
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
