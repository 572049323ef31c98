#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes C from functions.def: generate.py functions.def WHAT > FILE, where WHAT is ids, table, header, entry, served, door, pass, direct, trace, complete, remote,
remote_signatures, frame_forms, caller_header or caller."""
import re
import sys

TYPES = {
    "session": "CK_SESSION_HANDLE",
    "session_out": "CK_SESSION_HANDLE_PTR",
    "object": "CK_OBJECT_HANDLE",
    "key": "CK_OBJECT_HANDLE",
    "object_out": "CK_OBJECT_HANDLE_PTR",
    "objects_out": "CK_OBJECT_HANDLE_PTR",
    "slot": "CK_SLOT_ID",
    "slot_out": "CK_SLOT_ID_PTR",
    "slots_out": "CK_SLOT_ID_PTR",
    "mechanism": "CK_MECHANISM_PTR",
    "mechanism_type": "CK_MECHANISM_TYPE",
    "mechanisms_out": "CK_MECHANISM_TYPE_PTR",
    "template": "CK_ATTRIBUTE_PTR",
    "template_out": "CK_ATTRIBUTE_PTR",
    "count": "CK_ULONG",
    "size": "CK_ULONG_PTR",
    "secret": "CK_UTF8CHAR_PTR",
    "text": "CK_UTF8CHAR_PTR",
    "data": "CK_BYTE_PTR",
    "buffer": "CK_BYTE_PTR",
    "user": "CK_USER_TYPE",
    "number": "CK_ULONG",
    "flag": "CK_BBOOL",
    "pointer": "CK_VOID_PTR",
    "callback": "CK_NOTIFY",
}
HOWS = {"entry", "own", "pass", "continue", "own+pass", "own+continue", "refuse", "protect", "parallel"}
PRESETS = ("ssh", "read_only")  # a column each
REFUSALS = {"refuse": "CKR_FUNCTION_NOT_SUPPORTED", "protect": "CKR_TOKEN_WRITE_PROTECTED", "parallel": "CKR_FUNCTION_NOT_PARALLEL"}


class Argument:
    def __init__(self, word):
        kind, self.name = word.split(":")
        info = re.fullmatch(r"info\((\w+)\)", kind)
        self.kind = "info" if info else kind
        self.type = info[1] + " *" if info else TYPES[kind] + " "

    @property
    def declared(self):
        return self.type + self.name


class Function:
    def __init__(self, line):
        self.name, self.group, *words = line.split()
        self.how = dict(zip(PRESETS, words))
        if not HOWS.issuperset(self.how.values()):
            raise SystemExit(f"{self.name}: unknown in {self.how}")
        self.arguments = [Argument(word) for word in words[len(PRESETS):]]

    def has(self, *parts):
        """Is one of them the function's lot, or a part of it, under some preset?"""
        return any(part in how.split("+") for part in parts for how in self.how.values())

    @property
    def names(self):
        return ", ".join(a.name for a in self.arguments)

    @property
    def declared(self):
        return ", ".join(a.declared for a in self.arguments)

    @property
    def layered(self):
        """Parameters of the function as a layer has it."""
        return "struct layer *self, " + self.declared


def read(path):
    lines = open(path, encoding="utf-8").read().splitlines()
    return [Function(line) for line in lines if line and not line.startswith("#")]


def begin(what):
    print("// SPDX-License-Identifier: BSD-2-Clause")
    print(f"// Made from functions.def by generate.py ({what}).")


def make_ids(functions):
    begin("ids")
    print("#pragma once\n\nenum function_id {")
    for f in functions:
        print(f"    FUNCTION_{f.name},")
    print("    FUNCTION_COUNT\n};\n")
    print("enum function_group { " + ", ".join(sorted({"GROUP_" + f.group for f in functions})) + " };")


def make_header(functions):
    begin("header")
    print('#pragma once\n\n#include <stdbool.h>\n#include <p11-kit/pkcs11.h>\n#include "common/function_ids.gen.h"\n')
    print("/* One layer of the module: every function with the layer itself as first argument. */")
    print("struct layer {\n    struct layer *lower;\n    bool takes_no_lock; /* its calls run at the same time */")
    for f in functions:
        if not f.has("entry"):
            print(f"    CK_RV (*{f.name})({f.layered});")
    print("};\n")
    print("/* Written by hand. */")
    for f in functions:
        if f.has("own"):
            print(f"CK_RV gate_{f.name}({f.layered});")
    print("\n/* Made, to be called by those. */")
    for f in functions:
        if f.has("own") and f.has("pass", "continue"):
            print(f"CK_RV pass_{f.name}({f.layered});")


def make_table(functions):
    begin("table")
    print('#include "common/functions.h"\n')
    print("const struct function functions[FUNCTION_COUNT] = {")
    for f in functions:
        answered = ", ".join("false" if how in ("refuse", "protect") else "true" for how in f.how.values())
        print(f'    {{"{f.name}", GROUP_{f.group}, {{{answered}}}}},')
    print("};")


ENTRY_BY_HAND = {"C_WaitForSlotEvent"}


def make_entry_functions(functions, prefix, by_hand):
    """The functions of a list, that find out whose layer is theirs."""
    for f in functions:
        if f.has("entry") or f.name in by_hand:
            continue
        print(f"""static CK_RV {prefix}_{f.name}({f.declared})
{{
    struct layer *top;
    CK_RV rv = {prefix}_begin(FUNCTION_{f.name}, &top);

    if (rv == CKR_OK)
        rv = {prefix}_end(top, top->{f.name}(top, {f.names}));
    return rv;
}}
""")
    print(f"CK_FUNCTION_LIST {prefix}_functions = {{\n    .version = {{2, 40}},")
    for f in functions:
        print(f"    .{f.name} = {'' if prefix == 'entry' and f.name == 'C_GetFunctionList' else prefix + '_'}{f.name},")
    print("};")


def make_entry(functions):
    begin("entry")
    print('#include "module/entry.h"\n#include "module/slot_wait.h"\n')
    make_entry_functions(functions, "entry", ENTRY_BY_HAND)


SERVED_BY_HAND = {"C_OpenSession", "C_Login", "C_Logout", "C_WaitForSlotEvent"}


def make_served(functions):
    begin("served")
    print('#include "daemon/served.h"\n')
    make_entry_functions(functions, "served", SERVED_BY_HAND)


def use_of_private_key(f):
    """Is it one, or a part of one? "part", "end" or None. C_SignInit is remembered, and no more, but those of the others reach the library."""
    if f.name in ("C_UnwrapKey", "C_DeriveKey"):
        return "end"
    if not re.match(r"C_(Sign|Decrypt)", f.name) or f.name == "C_SignInit":
        return None
    return "part" if f.name.endswith(("Update", "Init")) else "end"


def make_door(functions):
    begin("door")
    print('#include "daemon/door.h"\n\n#include "daemon/trunk.h"\n')
    uses = [f for f in functions if use_of_private_key(f)]
    for f in uses:
        session = next(a.name for a in f.arguments if a.kind == "session")
        room = next((a.name for a in f.arguments if a.kind == "buffer"), None)  # without it, a size is asked for
        ends = "false" if use_of_private_key(f) == "part" else f"{room} != NULL" if room else "true"
        print(f"""static CK_RV door_{f.name}({f.declared})
{{
    CK_SLOT_ID slot;
    CK_RV rv = door_begin_use({session}, &slot);

    if (rv != CKR_OK)
        return rv;
    return door_end_use({session}, slot, trunk()->{f.name}({f.names}), {ends});
}}
""")
    print("void door_set_uses(CK_FUNCTION_LIST *list)\n{")
    for f in uses:
        print(f"    list->{f.name} = door_{f.name};")
    print("}")


def translate(argument):
    """The C that turns an argument of the application into one of the vendor's; None where it stays."""
    if argument.kind in ("session", "object", "key", "slot"):
        return f"call_{argument.kind}(&call, &{argument.name})"
    if argument.kind == "mechanism":
        return f"call_mechanism(&call, {argument.name})"
    return None


def operation(f):
    """What the function begins, goes on with or ends at the vendor, as enum vendor_operation has it; None: nothing."""
    found = re.fullmatch(r"C_(Digest|Encrypt|Decrypt|Sign|Verify)(Recover)?(Init|Update|Final)?", f.name)
    return found and "OPERATION_" + "_".join(word.upper() for word in found.groups()[:2] if word)


def make_pass_function(f):
    goes_on = f", .operation = {operation(f)}" if operation(f) else ""
    if f.has("continue"):
        goes_on += ", .goes_on = true" + ("" if f.name.endswith("Update") else ", .ends = true")
    goes_on += "".join(f", .asks_size = {a.name} == NULL" for a in f.arguments if a.kind == "buffer")
    print(f"{'' if f.has('own') else 'static '}CK_RV pass_{f.name}({f.layered})\n{{")
    print(f"    struct call call = {{.gate = gate_of(self), .function = FUNCTION_{f.name}{goes_on}}};")
    taken = [a for a in f.arguments if a.kind in ("session", "object", "key", "slot")]
    for a in taken:
        print(f"    const {a.type}given_{a.name} = {a.name};")
    print("    CK_RV rv;\n\n    do {")
    for a in taken:
        print(f"        {a.name} = given_{a.name};")
    steps = [t for t in map(translate, f.arguments) if t]
    sessions = [a.name for a in f.arguments if a.kind == "session"]
    steps += [f"call_open(&call, &{name})" for name in sessions]  # last: nothing reaches the vendor before all is checked
    print(f"        rv = {steps[0]};")
    for step in steps[1:]:
        print(f"        if (rv == CKR_OK)\n            rv = {step};")
    print(f"        if (rv == CKR_OK)\n            rv = call.vendor->{f.name}({f.names});")
    print("    } while (call_again(&call, rv));")
    print("    return call_end(&call, rv);\n}\n")


def make_refusal(f, how):
    print(f"static CK_RV {how}_{f.name}({f.layered})\n{{")
    for name in ["self"] + [a.name for a in f.arguments]:
        print(f"    (void){name};")
    print(f"    return {REFUSALS[how]};\n}}\n")


def make_layer(functions, name, chosen):
    print(f"const struct layer {name}_layer = {{")
    for f in functions:
        print(f"    .{f.name} = {chosen(f)}_{f.name},")
    print("};\n")


def make_pass(functions):
    begin("pass")
    print('#include <stddef.h>\n#include "module/call.h"\n')
    functions = [f for f in functions if not f.has("entry")]
    for f in functions:
        if f.has("pass", "continue"):
            make_pass_function(f)
        for how in REFUSALS:
            if how == "refuse" or f.has(how):
                make_refusal(f, how)
    prefix = {"own": "gate", "pass": "pass", "continue": "pass"}
    for preset in PRESETS:
        make_layer(functions, preset, lambda f: prefix.get(f.how[preset].split("+")[0], f.how[preset]))
    make_layer(functions, "refusing", lambda f: "refuse")
    print("const size_t layer_places[FUNCTION_COUNT] = {")
    for f in functions:
        print(f"    [FUNCTION_{f.name}] = offsetof(struct layer, {f.name}),")
    print("};")


DIRECT_BY_HAND = {"C_GetInfo"}
FILTER_BY_HAND = {"C_GetSlotList", "C_InitToken", "C_OpenSession", "C_FindObjects", "C_WaitForSlotEvent"}
FILTERED_GROUPS = {"admin", "login", "create", "modify"}


def make_direct_function(f):
    print(f"static CK_RV direct_{f.name}({f.layered})\n{{")
    print(f"    return direct_vendor(self)->{f.name}({f.names});\n}}\n")


def leads_somewhere(f):
    """Has it an argument to look at, or may it change what is there?"""
    kinds = {a.kind for a in f.arguments}
    return bool(kinds & {"slot", "object", "key", "mechanism"}) or f.group in FILTERED_GROUPS or f.name == "C_CloseSession"


def is_filtered(f):
    """What is neither looked at nor ever refused needs no function of its own."""
    return leads_somewhere(f) or f.group not in ("base", "find", "login")


def make_filter_function(f):
    kinds = ("session", "slot", "mechanism", "object", "key")
    checks = [f"filter_{a.kind}(&call, {a.name})" for kind in kinds for a in f.arguments if a.kind == kind]
    print(f"static CK_RV filter_{f.name}({f.layered})\n{{")
    print(f"    struct filter_call call = {{.direct = direct_of(self), .function = FUNCTION_{f.name}}};")
    print("    CK_RV rv = filter_function(&call);\n")
    for check in checks if leads_somewhere(f) else []:
        print(f"    if (rv == CKR_OK)\n        rv = {check};")
    print(f"    if (rv == CKR_OK)\n        rv = direct_vendor(self)->{f.name}({f.names});")
    print("    return filter_end(&call, rv);\n}\n")


def make_direct(functions):
    begin("direct")
    print('#include "module/direct.h"\n#include "module/filter.h"\n')
    functions = [f for f in functions if not f.has("entry")]
    for f in functions:
        if f.name not in DIRECT_BY_HAND:
            make_direct_function(f)
    for f in functions:
        if is_filtered(f) and f.name not in FILTER_BY_HAND:
            make_filter_function(f)
    print("const bool direct_begins_use[FUNCTION_COUNT] = {")
    for f in functions:
        if f.name == "C_FindObjectsInit" or any(a.kind in ("key", "secret") for a in f.arguments):
            print(f"    [FUNCTION_{f.name}] = true,")
    print("};\n")
    make_layer(functions, "direct", lambda f: "direct")
    make_layer(functions, "filter", lambda f: "filter" if is_filtered(f) or f.name in FILTER_BY_HAND else "direct")


def trace_argument(a, before):
    """How an argument is written down: by its kind, so that no secret and no data ever is."""
    handles = {"session": "%#lx", "object": "%#lx", "key": "%#lx", "slot": "%lu", "count": "%lu", "number": "%#lx"}
    if a.kind in handles:
        return f'trace_number(&line, "{a.name}", "{handles[a.kind]}", {a.name});'
    if a.kind in ("user", "flag"):
        return f'trace_number(&line, "{a.name}", "%lu", {a.name});'
    if a.kind == "mechanism":
        return f"trace_mechanism(&line, {a.name});"
    if a.kind == "mechanism_type":
        return f"trace_mechanism_type(&line, {a.name});"
    if a.kind in ("template", "template_out"):
        return f"trace_template(&line, {a.name}, {before[a.name]});"
    if a.kind in ("secret", "data", "text"):
        return f'trace_hidden(&line, "{a.name}", {a.name});'
    return f'trace_pointer(&line, "{a.name}", (const void *)(uintptr_t){a.name});'


def trace_result(a):
    if a.kind in ("session_out", "object_out", "slot_out", "size"):
        return f'trace_out(&line, "{a.name}", {a.name});'
    if a.kind == "info" and a.type == "CK_ULONG *":
        return f'trace_out(&line, "{a.name}", {a.name});'
    return None


def make_trace(functions):
    begin("trace")
    print('#include <stdint.h>\n#include "module/trace.h"\n')
    for f in functions:
        if f.has("entry"):
            continue
        counts = {a.name: b.name for a, b in zip(f.arguments, f.arguments[1:])}
        print(f"static CK_RV trace_{f.name}({f.layered})\n{{")
        print(f'    struct trace_line line;\n    CK_RV rv;\n\n    trace_begin(&line, "{f.name}");')
        for a in f.arguments:
            print(f"    {trace_argument(a, counts)}")
        print(f"    rv = self->lower->{f.name}(self->lower, {f.names});")
        for result in filter(None, map(trace_result, f.arguments)):
            print(f"    if (rv == CKR_OK)\n        {result}")
        print("    trace_end(&line, rv);\n    return rv;\n}\n")
    print("const struct layer trace_layer = {")
    for f in functions:
        if not f.has("entry"):
            print(f"    .{f.name} = trace_{f.name},")
    print("};")


def make_complete(functions):
    begin("complete")
    print('#include "module/complete.h"\n')
    functions = [f for f in functions if f.name != "C_GetFunctionList"]
    for f in functions:
        print(f"static CK_RV absent_{f.name}({f.declared})\n{{")
        for a in f.arguments:
            print(f"    (void){a.name};")
        print("    return CKR_FUNCTION_NOT_SUPPORTED;\n}\n")
    print("void complete_functions(CK_FUNCTION_LIST *list, const CK_FUNCTION_LIST *given)\n{")
    print("    *list = (CK_FUNCTION_LIST){.version = given->version, .C_GetFunctionList = given->C_GetFunctionList};")
    for f in functions:
        print(f"    list->{f.name} = {'complete_has_last(given) && ' if f is functions[-1] else ''}given->{f.name} != NULL"
              f" ? given->{f.name} : absent_{f.name};")
    print("}")


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


def make_caller_header(functions):
    begin("caller_header")
    print('#pragma once\n\n#include <p11-kit/pkcs11.h>\n#include "common/function_ids.gen.h"\n')
    print("/* What call_function() passes, by the kind of each argument. */\nstruct call_arguments {")
    kinds = {}
    for f in functions:
        for a in f.arguments:
            kinds.setdefault(a.kind, a.type)
    for kind, type_ in sorted(kinds.items()):
        print(f"    {'void *' if kind == 'info' else type_}{kind};")
    print("};\n")
    print("/* Which kinds of arguments a function takes: one bit for each KIND_. */\nenum {")
    for i, kind in enumerate(sorted(kinds)):
        print(f"    KIND_{kind} = 1 << {i},")
    print("};\n\nstruct function_kinds {\n    const char *name;\n    const char *group;")
    print(f"    const char *how[{len(PRESETS)}]; /* by enum preset */\n    unsigned kinds;\n}};\n")
    print("extern const struct function_kinds function_kinds[FUNCTION_COUNT];")
    print("CK_RV call_function(CK_FUNCTION_LIST *list, enum function_id function, struct call_arguments *arguments);")


def make_caller(functions):
    begin("caller")
    print('#include "caller.gen.h"\n')
    print("const struct function_kinds function_kinds[FUNCTION_COUNT] = {")
    for f in functions:
        kinds = " | ".join(sorted({f"KIND_{a.kind}" for a in f.arguments}))
        hows = ", ".join(f'"{how}"' for how in f.how.values())
        print(f'    {{"{f.name}", "{f.group}", {{{hows}}}, {kinds}}},')
    print("};\n")
    print("CK_RV call_function(CK_FUNCTION_LIST *list, enum function_id function, struct call_arguments *arguments)\n{")
    print("    switch (function) {")
    for f in functions:
        passed = ", ".join(f"arguments->{a.kind}" for a in f.arguments)
        print(f"    case FUNCTION_{f.name}:\n        return list->{f.name}({passed});")
    print("    case FUNCTION_COUNT:\n        break;\n    }\n    return CKR_GENERAL_ERROR;\n}")


def main():
    functions = read(sys.argv[1])
    globals()["make_" + sys.argv[2]](functions)


if __name__ == "__main__":
    main()
