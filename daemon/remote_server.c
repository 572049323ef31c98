// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/remote_server.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#define P11_KIT_FUTURE_UNSTABLE_API 1
#include <p11-kit/remote.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

enum { VERSION_SIZE = 1, HEADER_SIZE = 12, WIPED_AT_ONCE = 4096, KEPT = 64 << 10 };

void remote_server_run(CK_FUNCTION_LIST *functions, int fd)
{
    p11_kit_remote_serve_module(functions, fd, fd);
}

/* Kernels before 6.3 do not know the flag. */
static int open_file(void)
{
    int fd = memfd_create("p11gate", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

    return fd < 0 && errno == EINVAL ? memfd_create("p11gate", MFD_CLOEXEC) : fd;
}

bool remote_server_open(struct remote_server *server, CK_FUNCTION_LIST *functions)
{
    *server = (struct remote_server){.functions = functions, .answers = -1, .requests = open_file()};
    if (server->requests >= 0)
        server->answers = open_file();
    if (server->answers >= 0)
        return true;
    remote_server_close(server);
    return false;
}

void remote_server_close(struct remote_server *server)
{
    if (server->requests >= 0)
        close(server->requests);
    if (server->answers >= 0)
        close(server->answers);
    server->requests = server->answers = -1;
}

/* What a file gives up is not overwritten by the kernel until somebody else gets it. A small one keeps its place: it is wanted again at once. */
static bool wipe(int fd, size_t size)
{
    static const char zeros[WIPED_AT_ONCE];
    bool wiped = true;

    for (size_t at = 0; at < size; at += sizeof(zeros)) {
        size_t part = size - at < sizeof(zeros) ? size - at : sizeof(zeros);
        wiped = pwrite(fd, zeros, part, (off_t)at) == (ssize_t)part && wiped;
    }
    return wiped && (size <= KEPT || ftruncate(fd, 0) == 0);
}

/* The server reads to the end of the one file, and writes the other. The size of that; 0: it has not begun. */
static size_t serve(const struct remote_server *server)
{
    off_t size;

    lseek(server->requests, 0, SEEK_SET);
    lseek(server->answers, 0, SEEK_SET);
    p11_kit_remote_serve_module(server->functions, server->requests, server->answers);
    size = lseek(server->answers, 0, SEEK_CUR);
    return size > 0 ? (size_t)size : 0;
}

static bool is_spoken(struct remote_server *server, uint8_t version)
{
    return pwrite(server->requests, &version, VERSION_SIZE, 0) == VERSION_SIZE && serve(server) == VERSION_SIZE &&
           pread(server->answers, &server->version, VERSION_SIZE, 0) == VERSION_SIZE && server->version <= version;
}

/* Before 0.24.1 a server knows no other version than 0, and says nothing to another. */
bool remote_server_agree(struct remote_server *server, uint8_t version)
{
    return is_spoken(server, version) || (version > 0 && is_spoken(server, 0));
}

static void put_u32(uint8_t *to, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * (3 - i)));
}

/* Behind the last byte the file ends. */
static bool put_request(const struct remote_server *server, uint32_t code, const struct wire *request, size_t size)
{
    uint8_t header[VERSION_SIZE + HEADER_SIZE] = {server->version}; /* without options, which nobody reads */
    const struct iovec parts[] = {{header, sizeof(header)}, {request->bytes, request->size}};

    put_u32(header + VERSION_SIZE, code);
    put_u32(header + VERSION_SIZE + 8, (uint32_t)request->size);
    return pwritev(server->requests, parts, sizeof(parts) / sizeof(parts[0]), 0) == (ssize_t)size &&
           ftruncate(server->requests, (off_t)size) == 0;
}

static bool get_answer(const struct remote_server *server, struct wire *answer, size_t size)
{
    uint8_t *to = size > VERSION_SIZE + HEADER_SIZE ? wire_append(answer, size - VERSION_SIZE) : NULL;

    return to != NULL && pread(server->answers, to, size - VERSION_SIZE, VERSION_SIZE) == (ssize_t)(size - VERSION_SIZE);
}

bool remote_server_answer(struct remote_server *server, uint32_t code, const struct wire *request, struct wire *answer)
{
    const size_t size = VERSION_SIZE + HEADER_SIZE + request->size;
    size_t answered = 0;
    bool ok = put_request(server, code, request, size);

    if (ok) {
        answered = serve(server);
        ok = get_answer(server, answer, answered);
    }
    ok = wipe(server->requests, size) && ok;
    return wipe(server->answers, answered) && ok;
}
