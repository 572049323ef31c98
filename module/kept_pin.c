// SPDX-License-Identifier: BSD-2-Clause
#include "module/kept_pin.h"

#include <limits.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* keyctl_setperm(3): whoever possesses the key may do everything, and of the user's other processes
 * and threads, which do not, the threads have to read it. Without the page it says nothing. */
enum { KEY_RIGHTS = 0x3f030000 };

struct kept_page {
    unsigned char kept[PIN_SIZE_MAX]; /* masked, or the PIN itself */
    unsigned char open[PIN_SIZE_MAX]; /* the PIN, between open and close */
    size_t size;                      /* 0: none, as in a child */
};

void kept_pin_prepare(void)
{
    syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1);
}

long kept_pin_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

/* Asked of the kernel itself: sanitizers have an mlock(3) that does nothing. */
static bool lock(void *page, size_t size)
{
    return syscall(SYS_mlock, page, size) == 0;
}

static void *make_page(void)
{
    void *page = mmap(NULL, sizeof(struct kept_page), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return NULL;
    if (lock(page, sizeof(struct kept_page)) &&
        madvise(page, sizeof(struct kept_page), MADV_DONTDUMP) == 0 &&
        madvise(page, sizeof(struct kept_page), MADV_WIPEONFORK) == 0)
        return page;
    munmap(page, sizeof(struct kept_page));
    return NULL;
}

/* The seconds from now until the first limit; 0: there is none; below: it is past. */
static long seconds_left(const struct kept_pin *kept, long now)
{
    long left = LONG_MAX;

    if (kept->idle > 0)
        left = kept->used_at + (long)kept->idle * 1000 - now;
    if (kept->max > 0 && kept->kept_at + (long)kept->max * 1000 - now < left)
        left = kept->kept_at + (long)kept->max * 1000 - now;
    if (left == LONG_MAX)
        return 0;
    return left > 0 ? (left + 999) / 1000 : -1;
}

/* The kernel counts whole seconds of its own: one more, so that it is not early. */
static bool set_timeout(const struct kept_pin *kept, long now)
{
    long left = seconds_left(kept, now);

    return left == 0 ||
           syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, kept->mask, (unsigned)(left + 1)) == 0;
}

static void drop_mask(struct kept_pin *kept)
{
    if (kept->mask != 0)
        syscall(SYS_keyctl, KEYCTL_INVALIDATE, kept->mask);
    kept->mask = 0;
}

/* Gives the mask to the kernel, for as long as the PIN is kept. The process's keyring is nobody
 * else's, and no child's. */
static bool hand_over_mask(struct kept_pin *kept, const unsigned char *mask, size_t size, long now)
{
    char name[48];

    snprintf(name, sizeof(name), "p11gate:%p", (void *)kept->page);
    kept->mask = syscall(SYS_add_key, "user", name, mask, size, KEY_SPEC_PROCESS_KEYRING);
    if (kept->mask <= 0) {
        kept->mask = 0;
        return false;
    }
    syscall(SYS_keyctl, KEYCTL_SETPERM, kept->mask, (unsigned)KEY_RIGHTS);
    if (set_timeout(kept, now))
        return true;
    drop_mask(kept);
    return false;
}

static void apply(unsigned char *out, const unsigned char *in, const unsigned char *mask,
                  size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = in[i] ^ mask[i];
}

/* All of the page is masked, so that it does not tell how long the PIN is. */
static bool keep_masked(struct kept_pin *kept, const unsigned char *pin, size_t size, long now)
{
    struct kept_page *page = kept->page;
    unsigned char mask[PIN_SIZE_MAX];
    bool done = getrandom(mask, sizeof(mask), 0) == sizeof(mask) &&
                hand_over_mask(kept, mask, sizeof(mask), now);

    if (done) {
        memcpy(page->kept, mask, sizeof(mask));
        apply(page->kept, pin, mask, size);
    }
    explicit_bzero(mask, sizeof(mask));
    return done;
}

enum kept_form kept_pin_keep(struct kept_pin *kept, const unsigned char *pin, size_t size,
                             unsigned long idle, unsigned long max, long now)
{
    struct kept_page *page = NULL;
    enum kept_form form = KEPT_MASKED;

    kept_pin_drop(kept);
    if (size > 0 && size <= PIN_SIZE_MAX)
        page = make_page();
    if (page == NULL)
        return KEPT_NOT;
    *kept =
        (struct kept_pin){.page = page, .idle = idle, .max = max, .kept_at = now, .used_at = now};
    if (!keep_masked(kept, pin, size, now)) {
        memcpy(page->kept, pin, size);
        form = KEPT_PLAIN;
    }
    page->size = size;
    return form;
}

bool kept_pin_is_there(const struct kept_pin *kept, long now)
{
    return kept->page != NULL && kept->page->size > 0 && seconds_left(kept, now) >= 0;
}

/* False: the kernel has forgotten the mask, or tells this thread nothing. */
static bool unmask(struct kept_page *page, long key)
{
    unsigned char mask[PIN_SIZE_MAX];
    bool read = syscall(SYS_keyctl, KEYCTL_READ, key, mask, sizeof(mask)) == (long)sizeof(mask);

    if (read)
        apply(page->open, page->kept, mask, page->size);
    explicit_bzero(mask, sizeof(mask));
    return read;
}

const unsigned char *kept_pin_open(struct kept_pin *kept, long now, size_t *size)
{
    kept_pin_expire(kept, now);
    if (!kept_pin_is_there(kept, now))
        return NULL;
    if (kept->mask == 0) {
        memcpy(kept->page->open, kept->page->kept, kept->page->size);
    } else if (!unmask(kept->page, kept->mask)) {
        kept_pin_drop(kept);
        return NULL;
    }
    kept_pin_touch(kept, now);
    *size = kept->page->size;
    return kept->page->open;
}

void kept_pin_close(struct kept_pin *kept)
{
    if (kept->page != NULL)
        explicit_bzero(kept->page->open, sizeof(kept->page->open));
}

void kept_pin_touch(struct kept_pin *kept, long now)
{
    if (!kept_pin_is_there(kept, now) || kept->idle == 0)
        return;
    kept->used_at = now;
    if (kept->mask != 0)
        set_timeout(kept, now);
}

void kept_pin_expire(struct kept_pin *kept, long now)
{
    if (kept->page != NULL && seconds_left(kept, now) < 0)
        kept_pin_drop(kept);
}

void kept_pin_drop(struct kept_pin *kept)
{
    if (kept->page != NULL) {
        explicit_bzero(kept->page, sizeof(*kept->page));
        munmap(kept->page, sizeof(*kept->page));
    }
    drop_mask(kept);
    *kept = (struct kept_pin){0};
}
