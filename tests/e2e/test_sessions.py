#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sessions and logins as applications see them, on SoftHSM with and without p11gate; and a vendor that has one session for everybody."""

import os
import sys

from harness import Case, main, programs, rows

# What the standard leaves no choice about. A line for each step: what was done, what it answered, the state of every session.
_STORY = """
import ctypes, sys
from harness.cryptoki import CKA_LABEL, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, Cryptoki, _Attribute
first = Cryptoki(sys.argv[1])
slots = {}
for slot in first.slots:
    try:
        session = first.sibling(slot)
    except AssertionError:
        continue  # SoftHSM's uninitialised one
    slots[session.attribute(session.objects(CKO_PUBLIC_KEY)[0], CKA_LABEL)] = slot
    first.call("C_CloseAllSessions", slot)
one, two = slots[b"user 1"], slots[b"user 2"]
reading, writing, other = first.sibling(one, 4), first.sibling(one, 6), first.sibling(two, 4)
def tell(step, *answers):
    states = [session.state() for session in (reading, writing, other)]
    print(step, *[hex(rv) if isinstance(rv, int) else rv for rv in answers], "|", *states, sep="; ")
def sign(session, key):
    try:
        return len(session.sign(key, b"text"))
    except AssertionError as error:
        return str(error).replace("0x82", "0x60")  # SoftHSM calls an invalid handle that of an object, where it is that of a key
def read(session, key):
    buffer = ctypes.create_string_buffer(64)
    return session.own("C_GetAttributeValue", key, ctypes.byref(_Attribute(CKA_LABEL, ctypes.addressof(buffer), 64)), 1)
def login(session, pin):
    return session.own("C_Login", 1, pin, len(pin))
tell("opened", len(writing.objects(CKO_PRIVATE_KEY)))
tell("logged in", login(reading, b"1111"), login(other, b"2222"), login(writing, b"1111"))
(key,), (theirs,) = writing.objects(CKO_PRIVATE_KEY), other.objects(CKO_PRIVATE_KEY)
public = writing.objects(CKO_PUBLIC_KEY)[0]
tell("signed", sign(reading, key), sign(writing, key), sign(other, theirs), read(reading, key))
tell("logged out", writing.own("C_Logout"), sign(reading, key), read(reading, key), read(reading, public))
tell("again", len(reading.objects(CKO_PRIVATE_KEY)), sign(other, theirs))
tell("logged in", login(writing, b"1111"), sign(writing, key), sign(writing, writing.objects(CKO_PRIVATE_KEY)[0]))
(key,) = writing.objects(CKO_PRIVATE_KEY)
tell("closed", reading.own("C_CloseSession"), reading.own("C_CloseSession"), sign(writing, key))
tell("closed the last", writing.own("C_CloseSession"), sign(writing, key), sign(other, theirs))
reading, writing = first.sibling(one, 4), first.sibling(one, 6)
tell("opened", sign(writing, key), len(writing.objects(CKO_PRIVATE_KEY)))
tell("logged in", login(writing, b"1111"), sign(writing, key), sign(writing, writing.objects(CKO_PRIVATE_KEY)[0]))
tell("closed all", writing.answer("C_CloseAllSessions", one), reading.own("C_CloseSession"), sign(other, theirs))
reading, writing = first.sibling(one, 4), first.sibling(one, 6)
tell("opened", len(writing.objects(CKO_PRIVATE_KEY)), sign(other, theirs))
first.close()
"""

# Fifty sessions, one of which has something begun while the others sign.
_FIFTY = """
import ctypes, sys
from harness.cryptoki import CKM_SHA256, CKO_PRIVATE_KEY, Cryptoki
module = Cryptoki(sys.argv[1], "1234")
def sign(session):
    return session.sign(session.objects(CKO_PRIVATE_KEY)[0], b"text")
sessions = [module.sibling() for _ in range(50)]
signature = sign(module)
print([sign(session) for session in sessions].count(signature), "right")
digesting, *others = sessions
def digest(session):
    return session.own("C_DigestInit", (ctypes.c_ulong * 3)(CKM_SHA256, 0, 0)) or session.own("C_DigestUpdate", b"text", 4)
def finish(session):
    return session.own("C_DigestFinal", ctypes.create_string_buffer(64), ctypes.byref(ctypes.c_ulong(64)))
print([hex(digest(session)) for session in sessions[:3]])
try:
    sign(others[0])
except AssertionError as error:
    print(error)
print(hex(finish(digesting)), [hex(digest(session) or finish(session)) for session in others].count("0x0"))
print(hex(digest(digesting)), hex(digesting.own("C_CloseSession")), [sign(session) for session in others].count(signature), "right")
module.close()
"""


class Sessions(Case):
    def client(self, story, module):
        result = self.sandbox.run(
            sys.executable, "-B", "-c", story, module,
            environment=self.sandbox.instrument.preload() | {"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))})
        self.assertEqual(0, result.rc, str(result))
        return result.stdout.splitlines()

    def test_they_end_for_the_application_as_they_do_without_p11gate(self):
        self.token("two-tokens")
        direct = self.client(_STORY, programs.VENDOR)
        self.assertEqual(12, len(direct), direct)
        self.assertEqual("closed all; 0x0; 0xb3; 0x100; |; 0xb3; 0xb3; read-only user", direct[10])
        self.assertEqual(direct, self.client(_STORY, self.gate("all")))

    def test_fifty_live_on_one_of_the_vendor_s(self):
        self.token("one", TYPE="rsa:2048")
        module = self.gate([{"id": "01"}], module=self.odd_vendor("one-session"))
        self.assertEqual([
            "50 right",
            "['0x0', '0xb1', '0xb1']",
            "C_Sign: 0xb1",
            "0x0 49",
            "0x0 0x0 49 right",
        ], self.client(_FIFTY, module))

    @rows({"TYPE": "rsa:2048"}, {"TYPE": "ec:P-256"})
    def test_ssh_and_an_agent_log_in_on_one_of_the_vendor_s(self, TYPE):
        token = self.token("one", TYPE=TYPE)
        module = self.gate([{"id": "01"}], module=self.odd_vendor("one-session"))
        server = self.server(token.public_key("user1"))
        self.assertLogin(self.login(server, module))
        agent = self.agent()
        self.add(agent, module)
        for _ in range(2):
            self.assertLogin(self.login(server, None, agent=agent))


if __name__ == "__main__":
    main()
