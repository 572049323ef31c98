// SPDX-License-Identifier: BSD-2-Clause
// Reads days of the week and times of the day. One value says days, or a time from one minute to a
// later one, or both in this order.
#include "config/time_windows.h"

#include <stdlib.h>
#include <string.h>
#include "config/selectors.h"
#include "config/values.h"

enum { DAYS = 7 };

/* Moves behind what is at the front of the text. False: it begins otherwise. */
static bool take(const char **text, const char *front)
{
    size_t length = strlen(front);

    if (strncmp(*text, front, length) != 0)
        return false;
    *text += length;
    return true;
}

static bool take_day(const char **text, size_t *day)
{
    static const char *const names[DAYS] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

    for (*day = 0; *day < DAYS; ++*day)
        if (take(text, names[*day]))
            return true;
    return false;
}

/* One day, or all from one to another, over the end of the week if need be. */
static bool take_days(const char **text, struct time_window *window)
{
    size_t day;
    size_t last;

    if (!take_day(text, &day))
        return false;
    last = day;
    if (take(text, "-") && !take_day(text, &last))
        return false;
    for (; day != last; day = (day + 1) % DAYS)
        window->days[day] = true;
    window->days[last] = true;
    return true;
}

static bool take_two_digits(const char **text, unsigned *number)
{
    static const char digits[] = "0123456789";

    if (strspn(*text, digits) != 2)
        return false;
    *number = (unsigned)((*text)[0] - '0') * 10 + (unsigned)((*text)[1] - '0');
    *text += 2;
    return true;
}

static bool take_minute(const char **text, unsigned *minute)
{
    unsigned hours;
    unsigned minutes;

    if (!take_two_digits(text, &hours) || !take(text, ":") || !take_two_digits(text, &minutes) ||
        minutes >= 60)
        return false;
    *minute = hours * 60 + minutes;
    return *minute <= MINUTES_A_DAY;
}

static bool take_hours(const char **text, struct time_window *window)
{
    return take_minute(text, &window->from) && take(text, "-") && take_minute(text, &window->to) &&
           window->from < window->to;
}

static bool parse_window(const char *text, struct time_window *window)
{
    *window = (struct time_window){.to = MINUTES_A_DAY};
    if (text[0] >= '0' && text[0] <= '9') {
        memset(window->days, true, sizeof(window->days));
        return take_hours(&text, window) && *text == '\0';
    }
    if (!take_days(&text, window))
        return false;
    if (*text == '\0')
        return true;
    return take(&text, " ") && take_hours(&text, window) && *text == '\0';
}

static const char expected[] = "days and a time, such as \"Mon-Fri 08:00-18:00\", \"Sat\" or "
                               "\"20:00-24:00\" (two values for a "
                               "time over midnight)";

static void read_window(struct reader *reader, const struct node *node, void *target)
{
    const char *text = value_text(reader, node, expected);
    struct selector *selector = target;
    struct time_window *windows;

    if (text == NULL)
        return;
    windows = reallocarray(selector->windows, selector->n_windows + 1, sizeof(*windows));
    if (windows == NULL) {
        reader_no_memory(reader);
        return;
    }
    selector->windows = windows;
    if (parse_window(text, &windows[selector->n_windows]))
        selector->n_windows++;
    else
        reader_expected(reader, node, expected);
}

void selector_read_time(struct reader *reader, const struct field *field, void *target)
{
    struct selector child = {.kind = SELECTOR_WHEN_TIME, .position = field->key->position};

    value_each(reader, field->value, expected, read_window, &child);
    selector_adopt(reader, target, &child);
}
