#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the mock vendor's entry points from functions.def: generate-mock.py functions.def WHAT > FILE, where WHAT is header or entry."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[1])))
from generate import first, read

WRITTEN = """
    C_Initialize C_Finalize C_GetInfo C_GetSlotList C_GetSlotInfo C_GetTokenInfo C_GetMechanismList C_GetMechanismInfo
    C_OpenSession C_CloseSession C_CloseAllSessions C_GetSessionInfo C_Login C_Logout
    C_FindObjectsInit C_FindObjects C_FindObjectsFinal C_GetAttributeValue
    C_DigestInit C_DigestUpdate C_DigestFinal
    C_SignInit C_Sign C_SignUpdate C_SignFinal C_GenerateRandom C_WaitForSlotEvent
    C_SessionCancel C_MessageSignInit C_SignMessage C_MessageSignFinal
""".split()


def begin(what):
    print("// SPDX-License-Identifier: BSD-2-Clause")
    print(f"// Made from functions.def by generate-mock.py ({what}).")


def make_header(functions):
    begin("header")
    print("#pragma once\n\n#include \"functions.gen.h\"\n")
    print("extern const char *const mock_names[FUNCTION_COUNT];")
    print("extern CK_FUNCTION_LIST mock_functions;\nextern struct function_list mock_functions_3_0;\n")
    print("/* Written by hand: what the call does after it was recorded. */")
    for f in functions:
        if f.name in WRITTEN:
            print(f"CK_RV mock_{f.name}({f.declared});")


NEEDED = {"info", "session_out", "object_out", "slot_out", "size", "mechanism"}
COUNTED = {"data", "secret", "template", "template_out", "objects_out", "buffer"}  # by the argument behind


def missing(f):
    """When an argument that the call reads or writes is NULL; the others may be."""
    pairs = zip(f.arguments, f.arguments[1:])
    return [f"{a.name} == NULL" for a in f.arguments if a.kind in NEEDED] + [f"({a.name} == NULL && {b.name} > 0)" for a, b in pairs
                                                                                    if a.kind in COUNTED and b.kind != "size"]


def make_entry_point(f):
    print(f"static CK_RV entry_{f.name}({f.declared})\n{{")
    print(f"    CK_RV rv = record_begin(FUNCTION_{f.name});\n")
    if f.name in WRITTEN:
        if missing(f) and f.name != "C_MessageSignInit":  # which ends without a mechanism
            print(f"    if (rv == CKR_OK && ({' || '.join(missing(f))}))\n        rv = CKR_ARGUMENTS_BAD;")
        print(f"    if (rv == CKR_OK) {{\n        mock_lock();\n        rv = mock_{f.name}({f.names});\n        mock_unlock();\n    }}")
    else:
        for argument in f.arguments:
            print(f"    (void){argument.name};")
        print("    if (rv == CKR_OK)\n        rv = settings.obliging ? CKR_OK : CKR_FUNCTION_NOT_SUPPORTED;")
    if f.name in ("C_Login", "C_LoginUser"):
        print("    record_login(userType, pPin, ulPinLen, rv);")
    print(f"    return record_end(FUNCTION_{f.name}, rv);\n}}\n")


def make_entry(functions):
    begin("entry")
    print('#include "tests/mock/internal.h"\n')
    print("const char *const mock_names[FUNCTION_COUNT] = {")
    for f in functions:
        print(f'    "{f.name}",')
    print("};\n")
    exported = ("C_GetFunctionList", "C_GetInterface", "C_GetInterfaceList")
    for f in functions:
        if f.name not in exported:
            make_entry_point(f)
    entries = {f.name: f"{'' if f.name in exported else 'entry_'}{f.name}" for f in functions}
    print("CK_FUNCTION_LIST mock_functions = {\n    .version = {2, 40},")
    for f in first(functions):
        print(f"    .{f.name} = {entries[f.name]},")
    print("};\n")
    print("struct function_list mock_functions_3_0 = {\n    .v2_40.version = {3, 0},")
    for f in functions:
        print(f"    .{f.place} = {entries[f.name]},")
    print("};")


globals()["make_" + sys.argv[2]](read(sys.argv[1]))
