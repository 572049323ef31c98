#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes C from functions.def: generate.py functions.def WHAT > FILE, where WHAT is ids, table, lists, header, entry, served, door, clean, refuse, pass, direct, trace,
complete, caller_header or caller."""
import copy
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
    "parameter": "CK_VOID_PTR",
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
    def __init__(self, line, version):
        self.name, self.group, *words = line.split()
        self.version = version  # of the first list that has it
        self.listed = self.name  # what the lists call it
        self.list = version  # in which a vendor's function is called
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
    def place(self):
        """Where the longest list has it, which begins as that of 2.40."""
        return self.listed if self.version != FIRST else f"v2_40.{self.listed}"

    @property
    def layered(self):
        """Parameters of the function as a layer has it."""
        return "struct layer *self, " + self.declared


FIRST = "2.40"
# What vendors answer differently by the list in which it was called: C_GetInfo's cryptokiVersion, and the flags of mechanisms.
TOLD_BY_LIST = ("C_GetInfo", "C_GetMechanismInfo")


def read(path):
    """Those of all versions, in the order of the lists."""
    functions, version = [], None
    for line in open(path, encoding="utf-8").read().splitlines():
        if line.startswith("version "):
            version = line.split()[1]
        elif line and not line.startswith("#"):
            functions.append(Function(line, version))
    return functions


def first(functions):
    """Those of 2.40: p11-kit's protocol knows no others."""
    return [f for f in functions if f.version == FIRST]


def added(functions):
    return [f for f in functions if f.version != FIRST]


def later_versions(functions):
    """From the oldest on; each has a list, which is longer than the one before."""
    return list(dict.fromkeys(f.version for f in added(functions)))


def listed_in(functions, version):
    versions = [FIRST, *later_versions(functions)]
    return [f for f in functions if versions.index(f.version) <= versions.index(version)]


def suffix(version):
    return "_" + version.replace(".", "_")


def braces(version):
    return "{" + version.replace(".", ", ") + "}"


def twins(functions, version=None):
    """The functions of TOLD_BY_LIST, as they are called in a later list: in each, or in that of a version."""
    made = []
    for later in [version] if version else later_versions(functions):
        for f in functions:
            if f.name in TOLD_BY_LIST:
                made.append(copy.copy(f))
                made[-1].name, made[-1].list = f.name + suffix(later), later
    return made


def layered(functions):
    """What a layer has: all that is not answered before any."""
    return [f for f in functions if not f.has("entry")] + twins(functions)


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


def make_lists(functions):
    begin("lists")
    versions = later_versions(functions)
    print("#pragma once\n\n/* The lists of later versions than 2.40. */\nenum list_version {")
    for version in versions:
        print(f"    LIST{suffix(version)},")
    print("    LIST_VERSIONS\n};\n\n/* As long as the longest of them (CK_FUNCTION_LIST_3_0 and so on of the standard): each begins as the one before. */")
    print("struct function_list {\n    CK_FUNCTION_LIST v2_40;")
    for f in added(functions):
        print(f"    CK_RV (*{f.name})({f.declared});")
    print("};\n\nstruct list_form {\n    CK_VERSION version;\n    size_t size; /* bytes */\n};\n")
    print("extern const struct list_form list_forms[LIST_VERSIONS];")


def make_header(functions):
    begin("header")
    print('#pragma once\n\n#include <stdbool.h>\n#include "common/function_ids.gen.h"\n#include "common/pkcs11_3.h"\n')
    print("/* One layer of the module: every function with the layer itself as first argument. */")
    print("struct layer {\n    struct layer *lower;\n    bool takes_no_lock; /* its calls run at the same time */")
    for f in layered(functions):
        print(f"    CK_RV (*{f.name})({f.layered});")
    print("};\n")
    print("/* Written by hand. */")
    for f in layered(functions):
        if f.has("own"):
            print(f"CK_RV gate_{f.name}({f.layered});")
    print("\n/* Made: the refusals, for the layers. */")
    for f, how in refusals(functions):
        print(f"CK_RV {how}_{f.name}({f.layered});")
    print("\n/* Made, to be called by those that are written by hand. */")
    for f in layered(functions):
        if f.has("own") and f.has("pass", "continue"):
            print(f"CK_RV pass_{f.name}({f.layered});")


def make_table(functions):
    begin("table")
    print('#include "common/functions.h"\n\n#include <stddef.h>\n#include "common/pkcs11_3.h"\n')
    print("const struct function functions[FUNCTION_COUNT] = {")
    for f in functions:
        answered = ", ".join("false" if how in ("refuse", "protect") else "true" for how in f.how.values())
        print(f'    {{"{f.name}", GROUP_{f.group}, {{{answered}}}}},')
    print("};\n\nconst struct list_form list_forms[LIST_VERSIONS] = {")
    for version in later_versions(functions):
        last = listed_in(functions, version)[-1]
        print(f"    [LIST{suffix(version)}] = {{{braces(version)}, offsetof(struct function_list, {last.place}) + sizeof(void *)}},")
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
    CK_RV rv = {prefix}_begin(FUNCTION_{f.listed}, &top);

    if (rv == CKR_OK)
        rv = {prefix}_end(top, top->{f.name}(top, {f.names}));
    return rv;
}}
""")


ENTRY_EXPORTED = {"C_GetFunctionList", "C_GetInterfaceList", "C_GetInterface"}


def make_entry(functions):
    begin("entry")
    print('#include "module/entry.h"\n#include "module/slot_wait.h"\n')
    make_entry_functions(functions + twins(functions), "entry", ENTRY_BY_HAND)
    entries = {f.name: f"{'' if f.name in ENTRY_EXPORTED else 'entry_'}{f.name}" for f in functions}
    print("CK_FUNCTION_LIST entry_functions = {\n    .version = {2, 40},")
    for f in first(functions):
        print(f"    .{f.name} = {entries[f.name]},")
    print("};\n")
    versions = later_versions(functions)
    for version in versions:
        own = entries | {f.listed: f"entry_{f.name}" for f in twins(functions, version)}
        print(f"static const struct function_list entry_functions{suffix(version)} = {{\n    .v2_40.version = {braces(version)},")
        for f in listed_in(functions, version):
            print(f"    .{f.place} = {own[f.name]},")
        print("};\n")
    print("CK_INTERFACE entry_interfaces[LIST_VERSIONS + 1] = {")
    for i, version in enumerate(reversed(versions)):
        print(f'    [{i}] = {{(void *)"PKCS 11", (void *)&entry_functions{suffix(version)}, 0}},')
    print('    [LIST_VERSIONS] = {(void *)"PKCS 11", &entry_functions, 0},\n};')


SERVED_BY_HAND = {"C_OpenSession", "C_Login", "C_Logout", "C_WaitForSlotEvent"}


def make_served(functions):
    begin("served")
    print('#include "daemon/served.h"\n')
    make_entry_functions(first(functions), "served", SERVED_BY_HAND)
    print("CK_FUNCTION_LIST served_functions = {\n    .version = {2, 40},")
    for f in first(functions):
        print(f"    .{f.name} = served_{f.name},")
    print("};")


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
    uses = [f for f in first(functions) if use_of_private_key(f)]
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


def make_clean(functions):
    begin("clean")
    print('#include "daemon/clean.h"\n\n#include "module/vendor.h"\n\nstatic const struct vendor *cleaned;\n')
    called = [f for f in first(functions) if f.name != "C_GetFunctionList"]
    for f in called:
        print(f"static CK_RV clean_{f.name}({f.declared})\n{{\n    return vendor_functions(cleaned)->{f.name}({f.names});\n}}\n")
    print("void clean_set_functions(CK_FUNCTION_LIST *list, const struct vendor *vendor)\n{\n    cleaned = vendor;\n    *list = *vendor_functions(vendor);")
    for f in called:
        print(f"    list->{f.name} = clean_{f.name};")
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
    print(f"        if (rv == CKR_OK)\n            rv = vendor_functions(call.vendor)->{f.name}({f.names});")
    print("    } while (call_again(&call, rv));")
    print("    return call_end(&call, rv);\n}\n")


def make_refusal(f, how):
    print(f"CK_RV {how}_{f.name}({f.layered})\n{{")
    for name in ["self"] + [a.name for a in f.arguments]:
        print(f"    (void){name};")
    print(f"    return {REFUSALS[how]};\n}}\n")


def refusals(functions):
    return [(f, how) for f in layered(functions) for how in REFUSALS if how == "refuse" or f.has(how)]


def make_refuse(functions):
    begin("refuse")
    print('#include "module/functions.h"\n')
    for f, how in refusals(functions):
        make_refusal(f, how)


def make_layer(functions, name, chosen):
    print(f"const struct layer {name}_layer = {{")
    for f in functions:
        print(f"    .{f.name} = {chosen(f)}_{f.name},")
    print("};\n")


def make_pass(functions):
    begin("pass")
    print('#include <stddef.h>\n#include "module/call.h"\n')
    functions = [f for f in functions if not f.has("entry")]
    for f in layered(functions):
        if f.has("pass", "continue"):
            make_pass_function(f)
    prefix = {"own": "gate", "pass": "pass", "continue": "pass"}
    for preset in PRESETS:
        make_layer(layered(functions), preset, lambda f: prefix.get(f.how[preset].split("+")[0], f.how[preset]))
    make_layer(layered(functions), "refusing", lambda f: "refuse")
    print("const size_t layer_places[FUNCTION_COUNT] = {")
    for f in functions:
        print(f"    [FUNCTION_{f.name}] = offsetof(struct layer, {f.name}),")
    print("};")


DIRECT_BY_HAND = {"C_GetInfo"}
FILTER_BY_HAND = {"C_GetSlotList", "C_InitToken", "C_OpenSession", "C_FindObjects", "C_WaitForSlotEvent"}
FILTERED_GROUPS = {"admin", "login", "create", "modify"}


def direct_vendor(f, clean):
    """The vendor's function, by the list in which the application called it. clean: on a stack without what we have left there before."""
    word = "_clean" if clean else ""
    if f.list == FIRST:
        return f"direct{word}_vendor(self)->{f.name}"
    return f"direct{word}_list(self, LIST{suffix(f.list)})->{f.place}"


def begins_use(f):
    """Does it begin to use objects, or take a PIN? A changed configuration is read before."""
    return f.name == "C_FindObjectsInit" or any(a.kind in ("key", "secret", "parameter") for a in f.arguments)


def make_direct_function(f):
    print(f"static CK_RV direct_{f.name}({f.layered})\n{{")
    print(f"    return {direct_vendor(f, begins_use(f))}({f.names});\n}}\n")


def leads_somewhere(f):
    """Has it an argument to look at, or may it change what is there?"""
    kinds = {a.kind for a in f.arguments}
    return bool(kinds & {"slot", "object", "key", "mechanism", "parameter"}) or f.name.startswith("C_Message") or f.group in FILTERED_GROUPS or f.name == "C_CloseSession"


def is_filtered(f):
    """What is neither looked at nor ever refused needs no function of its own; but C_FindObjectsFinal, which comes after questions of ours."""
    return leads_somewhere(f) or f.group not in ("base", "find", "login") or f.name == "C_FindObjectsFinal"


def make_filter_function(f):
    kinds = ("session", "slot", "mechanism", "object", "key")
    checks = [f"filter_{a.kind}(&call, {a.name})" for kind in kinds for a in f.arguments if a.kind == kind]
    checks += ["filter_message(&call)" for a in f.arguments if a.kind == "parameter"]
    print(f"static CK_RV filter_{f.name}({f.layered})\n{{")
    print(f"    struct filter_call call = {{.direct = direct_of(self), .function = FUNCTION_{f.listed}}};")
    print("    CK_RV rv = filter_function(&call);\n")
    for check in checks if leads_somewhere(f) else []:
        print(f"    if (rv == CKR_OK)\n        rv = {check};")
    print(f"    if (rv == CKR_OK)\n        rv = {direct_vendor(f, True)}({f.names});")
    print("    return filter_end(&call, rv);\n}\n")


def make_direct(functions):
    begin("direct")
    print('#include "module/direct.h"\n#include "module/filter.h"\n')
    functions = layered(functions)
    for f in functions:
        if f.listed not in DIRECT_BY_HAND:
            make_direct_function(f)
    for f in functions:
        if is_filtered(f) and f.name not in FILTER_BY_HAND:
            make_filter_function(f)
    print("const bool direct_begins_use[FUNCTION_COUNT] = {")
    for f in functions:
        if begins_use(f):
            print(f"    [FUNCTION_{f.name}] = true,")
    print("};\n")
    make_layer(functions, "direct", lambda f: "direct")
    make_layer(functions, "filter", lambda f: "filter" if is_filtered(f) or f.name in FILTER_BY_HAND else "direct")


# How trace_begin() writes an argument down, by its kind, so that no secret and no data ever is.
TRACED = {
    **dict.fromkeys(("session", "object", "key", "number"), "x"),
    **dict.fromkeys(("slot", "count", "user", "flag"), "u"),
    **dict.fromkeys(("secret", "data", "text"), "h"),
}
TRACED_WITHOUT_NAME = {"mechanism": "m", "mechanism_type": "t", "template": "a", "template_out": "a"}


def trace_argument(a, before):
    """Its place in the format, and what is given for it."""
    number, pointer = f"(CK_ULONG){a.name}", f"(const void *)(uintptr_t){a.name}"
    if a.kind in TRACED_WITHOUT_NAME:
        given = {"m": pointer, "t": number, "a": f"{pointer}, (CK_ULONG){before.get(a.name)}"}[TRACED_WITHOUT_NAME[a.kind]]
        return f" %{TRACED_WITHOUT_NAME[a.kind]}", given
    how = TRACED.get(a.kind, "p")
    return f" {a.name}=%{how}", number if how in "xu" else pointer


def trace_result(a):
    if a.kind in ("session_out", "object_out", "slot_out", "size"):
        return f'trace_out(&line, "{a.name}", {a.name});'
    if a.kind == "info" and a.type == "CK_ULONG *":
        return f'trace_out(&line, "{a.name}", {a.name});'
    return None


def make_trace(functions):
    begin("trace")
    print('#include <stdint.h>\n#include "module/trace.h"\n')
    for f in layered(functions):
        counts = {a.name: b.name for a, b in zip(f.arguments, f.arguments[1:])}
        print(f"static CK_RV trace_{f.name}({f.layered})\n{{")
        places, given = zip(*(trace_argument(a, counts) for a in f.arguments))
        print("    struct trace_line line;\n    CK_RV rv;\n")
        print(f'    trace_begin(&line, "{f.listed}{"".join(places)}", {", ".join(given)});')
        print(f"    rv = self->lower->{f.name}(self->lower, {f.names});")
        for result in filter(None, map(trace_result, f.arguments)):
            print(f"    if (rv == CKR_OK)\n        {result}")
        print("    trace_end(&line, rv);\n    return rv;\n}\n")
    make_layer(layered(functions), "trace", lambda f: "trace")


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
    last = first(functions)[-1]
    for f in first(functions):
        print(f"    list->{f.name} = {'complete_has_last(given) && ' if f is last else ''}given->{f.name} != NULL"
              f" ? given->{f.name} : absent_{f.name};")
    print("}\n")
    print("void complete_list(struct function_list *list, const struct function_list *given, size_t size)\n{")
    print("    complete_functions(&list->v2_40, &given->v2_40);")
    for f in added(functions):
        print(f"    list->{f.name} = size > offsetof(struct function_list, {f.name}) && given->{f.name} != NULL ? given->{f.name} : absent_{f.name};")
    print("}")


def make_caller_header(functions):
    begin("caller_header")
    print('#pragma once\n\n#include "common/function_ids.gen.h"\n#include "common/pkcs11_3.h"\n')
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
    print("\n/* CKR_FUNCTION_NOT_SUPPORTED for one that the list is too old for. */")
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
    print("    const struct function_list *longer = (const struct function_list *)list;\n")
    for version in later_versions(functions):
        major, minor = version.split(".")
        newer = next(f for f in functions if f.version == version)
        older = f"list->version.major < {major}" + (f" || (list->version.major == {major} && list->version.minor < {minor})" if minor != "0" else "")
        print(f"    if (function >= FUNCTION_{newer.name} && ({older}))")
        print("        return CKR_FUNCTION_NOT_SUPPORTED;")
    print("    switch (function) {")
    for f in functions:
        passed = ", ".join(f"arguments->{a.kind}" for a in f.arguments)
        print(f"    case FUNCTION_{f.name}:\n        return {'list' if f.version == FIRST else 'longer'}->{f.name}({passed});")
    print("    case FUNCTION_COUNT:\n        break;\n    }\n    return CKR_GENERAL_ERROR;\n}")


def main():
    functions = read(sys.argv[1])
    globals()["make_" + sys.argv[2]](functions)


if __name__ == "__main__":
    main()
