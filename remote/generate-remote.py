#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the client of p11-kit's protocol from functions.def: generate-remote.py functions.def WHAT > FILE, where WHAT is remote, remote_signatures or
frame_forms. The protocol knows the functions of 2.40 alone."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[1])))
from generate import first, read


def begin(what):
    print("// SPDX-License-Identifier: BSD-2-Clause")
    print(f"// Made from functions.def by generate-remote.py ({what}).")


# As p11-kit's protocol writes arguments, by their kinds: a letter each for the signature of the request, and what puts it there. A pair of
# arguments is looked up first.
REMOTE_REQUEST = {
    ("secret", "count"): ("ay", "call_put_bytes"),
    ("data", "count"): ("ay", "call_put_bytes"),
    ("template", "count"): ("aA", "call_put_template"),
    ("template_out", "count"): ("fA", "call_put_wanted"),
    ("buffer", "size"): ("fy", "call_put_room"),
    ("buffer", "count"): ("fy", "call_put_room"),
    ("slots_out", "size"): ("fu", "call_put_list_room"),
    ("mechanisms_out", "size"): ("fu", "call_put_list_room"),
    ("objects_out", "number"): ("fu", "call_put_list_room"),
    "mechanism": ("M", "call_put_mechanism"),
    "text": ("z", "call_put_text"),
    "flag": ("y", "call_put_byte"),
    **dict.fromkeys(("session", "object", "key", "slot", "number", "user", "mechanism_type"), ("u", "call_put_ulong")),
}
REMOTE_ANSWER = {
    ("buffer", "size"): ("ay", "call_get_bytes"),
    ("buffer", "count"): ("ay", "call_get_exactly"),
    ("slots_out", "size"): ("au", "call_get_list"),
    ("mechanisms_out", "size"): ("au", "call_get_list"),
    ("objects_out", "number", "info"): ("au", "call_get_found"),
    ("template_out", "count"): ("aAu", "call_get_template"),
    **dict.fromkeys(("session_out", "object_out", "slot_out"), ("u", "call_get_ulong")),
}
REMOTE_INFO = {"CK_INFO": "vsusv", "CK_SLOT_INFO": "ssuvv", "CK_TOKEN_INFO": "ssssuuuuuuuuuuuvvs", "CK_MECHANISM_INFO": "uuu", "CK_SESSION_INFO": "uuuu",
               "CK_ULONG": "u"}
REMOTE_HERE = {"C_Initialize", "C_GetFunctionList", "C_GetFunctionStatus", "C_CancelFunction"}  # C_Initialize's own request is remote.c's
REMOTE_BY_HAND = REMOTE_HERE | {"C_Finalize", "C_GenerateRandom", "C_Login", "C_WaitForSlotEvent"}
REMOTE_INSTANCES = 8
REMOTE_GREETING = "ayyay"


def remote_numbers(functions):
    """The numbers of the protocol: from 1, in the order of the list, without what is not sent, and with the two for PINs behind those for sessions."""
    names = [f.name for f in functions if f.name not in REMOTE_HERE - {"C_Initialize"}]
    for name in ("C_InitPIN", "C_SetPIN"):
        names.remove(name)
    at = names.index("C_GetSessionInfo") + 1
    names[at:at] = ["C_InitPIN", "C_SetPIN"]
    return {name: number for number, name in enumerate(names, 1)}


def remote_parts(f, table):
    """(letters, what does it, arguments) for what the table has of the function's arguments, the longest run first."""
    parts, at = [], 0
    while at < len(f.arguments):
        for length in (3, 2, 1):
            run = f.arguments[at:at + length]
            kinds = tuple(a.kind for a in run)
            found = table.get(kinds if length > 1 else kinds[0])
            if found and len(run) == length:
                parts.append((*found, run))
                break
        at += length
    return parts


def remote_answers(f):
    """As remote_parts, with the structures that have a form of their own."""
    infos = [a for a in f.arguments if a.kind == "info"]
    if infos and not any(a.kind == "objects_out" for a in f.arguments):
        type_ = infos[0].type[:-2]
        return [(REMOTE_INFO[type_], "call_get_ulong" if type_ == "CK_ULONG" else f"call_get_{type_}", infos)]
    return remote_parts(f, REMOTE_ANSWER)


def make_remote_function(f, number):
    requests, answers = remote_parts(f, REMOTE_REQUEST), remote_answers(f)
    signature = ["".join(letters for letters, _, _ in parts) for parts in (requests, answers)]
    sized = {a.name for _, _, run in requests for a in run if a.kind == "size"}
    print(f"{'' if f.name in REMOTE_BY_HAND else 'static '}CK_RV send_{f.name}(struct remote *remote, {f.declared})\n{{")
    print(f'    struct call call;\n\n    call_begin(&call, remote, {number}, "{signature[0]}", "{signature[1]}");')
    for a in f.arguments:
        if a.kind in ("pointer", "callback"):
            print(f"    (void){a.name};")
    needed = [a for _, _, run in answers for a in run if a.kind in ("size", "info", "session_out", "object_out", "slot_out", "objects_out")
              or (a.kind == "buffer" and run[1].kind == "count")]
    for a in needed:
        print(f"    call_need(&call, {a.name});")
    for _, put, run in requests:
        words = [f"{a.name} != NULL ? *{a.name} : 0" if a.name in sized else a.name for a in run]
        print(f"    {put}(&call, {', '.join(words)});")
    print("    if (call_run(&call)) {" if answers else "    call_run(&call);")
    for _, get, run in answers:
        print(f"        {get}(&call, {', '.join(a.name for a in run)});")
    if answers:
        print("    }")
    print("    return call_close(&call);\n}\n")


def make_remote_signatures(functions):
    begin("remote_signatures")
    print('#pragma once\n\n#include "common/function_ids.gen.h"\n')
    print("/* For tests: how the protocol numbers the functions (0: it does not), and the letters of their answers. */")
    print("static const struct {\n    unsigned number;\n    const char *answer;\n} remote_signatures[FUNCTION_COUNT] = {")
    numbers = remote_numbers(functions)
    for f in functions:
        if f.name not in REMOTE_HERE:
            answer = "".join(letters for letters, _, _ in remote_answers(f))
            print(f'    [FUNCTION_{f.name}] = {{{numbers[f.name]}, "{answer}"}},')
    print("};")


def make_frame_forms(functions):
    begin("frame_forms")
    print('#include "daemon/frame_forms.h"\n')
    print("const struct frame_form frame_forms[] = {")
    for name, number in remote_numbers(functions).items():
        (function,) = (f for f in functions if f.name == name)
        request = "".join(letters for letters, _, _ in remote_parts(function, REMOTE_REQUEST))
        print(f'    [{number}] = {{FUNCTION_{name}, "{REMOTE_GREETING if name in REMOTE_HERE else request}"}},')
    print("};")
    print("const size_t n_frame_forms = sizeof(frame_forms) / sizeof(frame_forms[0]);")


def make_remote_instance(functions, instance):
    for f in functions:
        calls = "remote" if f.name in REMOTE_BY_HAND else "send"
        print(f"static CK_RV {f.name}_{instance}({f.declared})\n{{")
        print(f"    return {calls}_{f.name}(&remote_instances[{instance}], {f.names});\n}}\n")


def make_remote(functions):
    begin("remote")
    print('#include "remote/call.h"\n#include "remote/instance.h"\n')
    print(f"_Static_assert(REMOTE_INSTANCES == 1 || REMOTE_INSTANCES == {REMOTE_INSTANCES}, \"one or all\");")
    print(f"_Static_assert(REMOTE_MOST == {REMOTE_INSTANCES}, \"as many lists as instances\");\n")
    print("const size_t remote_most = REMOTE_INSTANCES;\n")
    numbers = remote_numbers(functions)
    for f in functions:
        if f.name not in REMOTE_HERE:
            make_remote_function(f, numbers[f.name])
    for instance in range(REMOTE_INSTANCES):
        if instance == 1:
            print("#if REMOTE_INSTANCES > 1")
        make_remote_instance(functions, instance)
    print("#endif\n\nCK_FUNCTION_LIST remote_lists[REMOTE_INSTANCES] = {")
    for instance in range(REMOTE_INSTANCES):
        if instance == 1:
            print("#if REMOTE_INSTANCES > 1")
        print("    {.version = {2, 40},")
        for f in functions:
            print(f"     .{f.name} = {f.name}_{instance},")
        print("    },")
    print("#endif\n};")


globals()["make_" + sys.argv[2]](first(read(sys.argv[1])))
