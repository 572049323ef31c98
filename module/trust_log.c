// SPDX-License-Identifier: BSD-2-Clause
#include "module/trust_log.h"

#include <time.h>
#include "common/log.h"

/* What is to be said of one token, twice: first to see whether it is what was said the last time. */
struct saying {
    const struct token *token;
    bool aloud;
    uint64_t heard; /* the sum of all that is said, in whatever order */
};

/* FNV-1a: what is the same only by chance costs a repetition, or its lack. */
static void hear(struct saying *saying, const char *text)
{
    uint64_t sum = 0xcbf29ce484222325u;

    for (; *text != '\0'; text++)
        sum = (sum ^ (unsigned char)*text) * 0x100000001b3u;
    saying->heard += sum;
}

static void log_end(const struct trust_result *result)
{
    char text[32];
    struct tm utc;

    if (result->ends_soon && gmtime_r(&result->ends, &utc) != NULL &&
        strftime(text, sizeof(text), "%F %TZ", &utc) > 0)
        log_always("certificate: %s: ends %s", result->path, text);
}

/* Of a certificate that is hidden the log, which is the user's, says nothing. */
static bool is_shown(const struct token *token, const struct object *certificate)
{
    for (size_t i = 0; i < token->exposure.n_objects; i++) {
        if (token->exposure.objects[i].source == certificate)
            return true;
    }
    return false;
}

static void say_answer(void *data, const struct trust_answer *answer,
                       const struct object *certificate)
{
    struct saying *saying = data;
    const struct trust_result *result = &answer->result;

    if (answer->truth != TRUTH_TRUE || (result->reason[0] == '\0' && !result->ends_soon) ||
        !is_shown(saying->token, certificate))
        return;
    hear(saying, result->path);
    hear(saying, result->reason);
    if (!saying->aloud)
        return;
    if (result->reason[0] != '\0')
        log_always("certificate: %s: trusted, although %s", result->path, result->reason);
    log_end(result);
}

size_t trust_log_out_of_date(const struct token *token)
{
    time_t now = time(NULL);
    size_t count = 0;

    for (size_t i = 0; token->trust != NULL && i < token->objects.count; i++) {
        const struct certificate_content *content = token->objects.items[i]->content;

        count += content != NULL && !token->objects.items[i]->authority &&
                 (content->begins > now || content->ends < now);
    }
    return count;
}

void trust_log(struct token *token)
{
    struct saying saying = {.token = token};

    if (token->trust == NULL)
        return;
    trust_memo_each(token->trust, say_answer, &saying);
    if (saying.heard == token->trust_said)
        return;
    token->trust_said = saying.heard;
    saying.aloud = true;
    trust_memo_each(token->trust, say_answer, &saying);
}
