// SPDX-License-Identifier: BSD-2-Clause
#include "tests/remote/arguments.h"

#include <string.h>

enum { MARK = 0xa5 };

static void point(struct arguments *a)
{
    a->mechanism = (CK_MECHANISM){CKM_RSA_PKCS, NULL, 0};
    a->template[0] = (CK_ATTRIBUTE){CKA_LABEL, a->text, 2};
    a->template[1] = (CK_ATTRIBUTE){CKA_ID, a->text, 1};
    a->template_out[0] = (CK_ATTRIBUTE){CKA_LABEL, a->label.bytes, ARGUMENTS_ROOM};
    a->template_out[1] = (CK_ATTRIBUTE){CKA_CLASS, a->class.bytes, ARGUMENTS_ROOM};
    a->given = (struct call_arguments){
        .buffer = a->buffer.bytes,
        .count = 2,
        .data = a->text,
        .flag = CK_TRUE,
        .info = &a->info,
        .key = 3,
        .mechanism = &a->mechanism,
        .mechanisms_out = a->list.numbers,
        .number = 3, /* CKF_DONT_BLOCK as well; objects to be found */
        .object = 4,
        .object_out = &a->out,
        .objects_out = a->list.numbers,
        .secret = a->text,
        .session = 5,
        .session_out = &a->out,
        .size = &a->size,
        .slot_out = &a->out,
        .slots_out = a->list.numbers,
        .template = a->template,
        .template_out = a->template_out,
        .text = a->text,
    };
}

void arguments_init(struct arguments *arguments)
{
    memset(arguments, MARK, sizeof(*arguments));
    arguments->size = ARGUMENTS_ROOM;
    point(arguments);
}

CK_RV arguments_call(struct remote *remote, enum function_id function, struct arguments *arguments)
{
    arguments_init(arguments);
    if (function == FUNCTION_C_FindObjects)
        arguments->given.number = ARGUMENTS_ROOM;
    if (function == FUNCTION_C_Finalize)
        arguments->given.pointer = NULL;
    return call_function(remote_functions(remote), function, &arguments->given);
}

static int is_whole(const CK_BYTE *fence)
{
    for (size_t i = 0; i < ARGUMENTS_FENCE; i++) {
        if (fence[i] != MARK)
            return 0;
    }
    return 1;
}

int arguments_are_fenced(const struct arguments *arguments)
{
    return is_whole(arguments->buffer.fence) && is_whole(arguments->label.fence) &&
           is_whole(arguments->class.fence) && is_whole(arguments->list.fence);
}
