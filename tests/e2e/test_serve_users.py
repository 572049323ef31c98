#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Three users, one daemon, one system policy: each function of PKCS#11 does for each user, with each key, what the policy gives him, and
nothing to the others. By p11gate.so and by p11-kit's own client."""

import hashlib
import itertools
import pathlib
import struct
import subprocess

from harness import comment, isolation, main, openssl, programs, rows
from harness.function_rows import (
    CKA_CLASS, CKA_ID, CKA_LABEL, CKM_ECDSA, CKM_EDDSA, DATA, HASHING, HEX, NAME_OF, PARALLEL, PIN, PRIVATE, PROTECTED, PUBLIC, RSA, SERIAL,
    SIGNING, SUPPORTED, TABLE, number, template,
)
from harness.functions import table as functions
from harness.own_machine import OwnMachine
from harness.sandbox import Sandbox
from harness.token import Token
from harness.units import Service

ALICE, BOB, CAROL = NAMES = ("p11alice", "p11bob", "p11carol")
OPS = "p11ops"  # a group, of whom BOB and CAROL are
DESCRIPTION = """token label=shared pin={pin}
{own}
key     shared ec:P-256
pair    shared id=11 label="shared"
key     edward ed25519
pair    edward id=12 label="edward"
key     old    rsa:2048
public  old    id=13 label="old" CKA_ENCRYPT=true CKA_VERIFY_RECOVER=true
private old    id=13 label="old" CKA_DECRYPT=true CKA_SIGN_RECOVER=true
"""
OWN = """key     {name} rsa:2048
public  {name} id=0{number} label="rsa-{name}" CKA_ENCRYPT=true CKA_VERIFY_RECOVER=true
private {name} id=0{number} label="rsa-{name}" CKA_DECRYPT=true CKA_SIGN_RECOVER=true"""
POLICY = {
    "version": 1,
    "module": programs.VENDOR,
    "deny": [{"label": "old"}],
    "allow": [
        {"label": "rsa-%u"},
        {"when": {"user": [ALICE, CAROL]}, "label": "shared"},
        {"when": {"group": OPS}, "label": "edward"},
        {"label": "old"},
    ],
    "daemon": {"use": "require"},
}
# Who is given which keys, beside his own.
KEYS = {ALICE: {ALICE, "shared"}, BOB: {BOB, "edward"}, CAROL: {CAROL, "shared", "edward"}}


class Person:
    """A user with a client, and what that was given: sessions, and objects by name and class."""

    def __init__(self, account, module, environment):
        self.name, self.account = account.name, account
        self.client = account.client(module, environment)
        self.begin()

    def begin(self):
        """From C_Initialize on."""
        self.client.answers("C_Initialize")
        ((self.slot,),) = self.client.answers("C_GetSlotList", 1)
        self.again()

    def open(self):
        return self.client.answers("C_OpenSession", self.slot, SERIAL)[0]

    def found(self, *wanted):
        """{(label, class): handle}"""
        self.client.answers("C_FindObjectsInit", self.session, list(wanted))
        handles, _ = self.client.answers("C_FindObjects", self.session, 64)
        self.client.answers("C_FindObjectsFinal", self.session)
        found = {}
        for handle in handles:
            label, kind = map(bytes.fromhex, self.client.answers("C_GetAttributeValue", self.session, handle, [CKA_LABEL, CKA_CLASS])[0])
            found[label.decode(), struct.unpack("@L", kind)[0]] = handle
        return found

    def sign(self, key, mechanism, data):
        self.client.answers("C_SignInit", self.session, mechanism, self.objects[key, PRIVATE])
        return bytes.fromhex(self.client.answers("C_Sign", self.session, data.hex())[0])

    def _witness(self):
        """Operations that go on while others do what they like."""
        self._digesting, self.signing, self._finding = (self.open() for _ in range(3))
        self.client.answers("C_DigestInit", self._digesting, HASHING)
        self.client.answers("C_SignInit", self.signing, SIGNING, self.objects[f"rsa-{self.name}", PRIVATE])
        self.client.answers("C_FindObjectsInit", self._finding, [])
        (self._first,), _ = self.client.answers("C_FindObjects", self._finding, 1)
        self._parts = 0

    def go_on(self):
        """Nobody has disturbed the operations so far."""
        for name, session in (("C_DigestUpdate", self._digesting), ("C_SignUpdate", self.signing)):
            self.client.answers(name, session, HEX)
        self._parts += 1

    def finish(self):
        """What they come to: the digest, the signature and all that was found."""
        digest = bytes.fromhex(self.client.answers("C_DigestFinal", self._digesting)[0])
        signature = bytes.fromhex(self.client.answers("C_SignFinal", self.signing)[0])
        rest, _ = self.client.answers("C_FindObjects", self._finding, 64)
        return digest, signature, [self._first, *rest], DATA * self._parts

    def again(self):
        """After the sessions were closed."""
        self.session = self.open()
        self.objects = self.found()
        self._witness()


class Users(OwnMachine):
    """Three users with a client each before the system's service."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pems = {}
        own = "\n".join(OWN.format(name=name, number=i) for i, name in enumerate(NAMES, 1))
        shared = Sandbox()
        cls.addClassCleanup(shared.close)
        cls.made = Token(str(shared.write("shared.token", DESCRIPTION.format(pin=PIN, own=own))))
        cls.addClassCleanup(cls.made.close)

    def serve(self, preset, client):
        subprocess.run(["groupadd", "--force", OPS], check=True)
        accounts = [self.account(name, [OPS] if name != ALICE else []) for name in NAMES]
        self.enforce({**POLICY, "preset": preset})
        self.service = Service(self.sandbox, self.tool_path)
        self.addCleanup(self.service.close)
        self.hsm(self.made, self.service.account)
        self.service.start()
        unlocked = accounts[0].run(self.tool_path, "unlock", "--stdin", stdin=PIN + "\n")
        self.assertTrue(unlocked.ok, str(unlocked))
        environment = {"P11_KIT_SERVER_ADDRESS": f"unix:path={self.service.socket}"} if client == "stock" else {}
        self.people = [Person(account, programs.P11KIT_CLIENT if client == "stock" else self.module, environment) for account in accounts]
        for person in self.people:
            self.addCleanup(person.client.close)
        self.preset, self.stock = preset, client == "stock"

    def stored(self):
        """What the token's files hold."""
        files = sorted(path for path in pathlib.Path("/var/lib/softhsm/tokens").rglob("*") if path.is_file())
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def pem(self, name):
        """The public key."""
        if name not in self.pems:
            result = self.sandbox.run(programs.OPENSSL, "pkey", "-pubout", "-in", self.made.folder / "keys" / f"{name}.pem")
            self.assertTrue(result.ok, str(result))
            self.pems[name] = result.stdout
        return self.pems[name]

    def others(self, person):
        return [other for other in self.people if other is not person]


class Functions(Users):
    @rows(*[{"preset": preset, "client": client} for preset in ("ssh", "read-only") for client in ("p11gate", "stock")])
    def test_each_does_for_each_user_what_the_policy_gives_and_nothing_to_the_others(self, preset, client):
        self.serve(preset, client)
        before, self.calls = self.stored(), 0
        for name, person in itertools.product(TABLE, self.people):
            self.try_own(person, name)
            self.try_foreign(person, name)
            for other in self.others(person):
                other.go_on()
        for person in self.people:
            digest, signature, found, data = person.finish()
            self.assertEqual(hashlib.sha256(data).digest(), digest)
            self.assertTrue(openssl.verifies(self.pem(person.name), "SHA256", data, signature))
            self.assertEqual(sorted(person.objects.values()), sorted(found))
            self.assertEqual(0, person.account.run(self.tool_path, "status", "--quiet").rc)
        self.assertEqual(before, self.stored(), "the token has changed")
        comment(f"{len(TABLE)} functions, {len(self.people)} users, {self.calls} calls")

    def test_a_function_without_a_row_fails_this_test(self):
        self.assertEqual(list(functions()), list(TABLE))

    def expected(self, name):
        return getattr(TABLE[name], self.preset.replace("-", "_"))

    def given(self, person, arguments):
        """The arguments with what the user has in them."""
        rsa = f"rsa-{person.name}"
        values = {
            "{session}": lambda: person.session,
            "{slot}": lambda: person.slot,
            "{private}": lambda: person.objects[rsa, PRIVATE],
            "{public}": lambda: person.objects[rsa, PUBLIC],
            "{secret}": lambda: openssl.encrypted(self.pem(person.name), DATA).hex(),
            "{signature}": lambda: person.sign(rsa, RSA, DATA).hex(),
        }
        return [values[word]() if isinstance(word, str) and word in values else word for word in arguments]

    def call(self, person, name, arguments):
        self.calls += 1
        rv, answers = person.client.call(name, *arguments)
        return NAME_OF.get(rv, hex(rv)), answers

    def begin(self, person, name):
        """What has to go before, in a session without leftovers."""
        person.session = person.open()
        arguments = self.given(person, TABLE[name].arguments)
        if TABLE[name].before:
            first, words = TABLE[name].before
            self.assertEqual(self.expected(first), self.call(person, first, self.given(person, words))[0], first)
        return arguments

    def end(self, person, name):
        if name == "C_Finalize":
            person.begin()
        elif name in ("C_CloseAllSessions", "C_Logout"):
            person.again()
        elif name != "C_CloseSession":
            person.client.answers("C_CloseSession", person.session)

    def try_own(self, person, name):
        rv, answers = self.call(person, name, self.begin(person, name))
        self.assertEqual(self.expected(name), rv, f"{name} of {person.name}")
        if rv == "OK" and hasattr(self, f"check_{name}"):
            getattr(self, f"check_{name}")(person, *answers)
        self.end(person, name)

    def try_foreign(self, person, name):
        """What the others have, and what might be guessed, in the place of each handle."""
        kinds = [kind for kind in functions()[name] if kind not in ("count", "buffer", "size") and not kind.endswith("_out")]
        for place, kind in enumerate(kinds):
            handles = self.foreign(person, kind)
            if not handles:
                continue
            arguments = self.begin(person, name)
            for handle in handles:
                arguments[place] = handle
                rv, _ = self.call(person, name, arguments)
                refusals = {self.expected(name)} & {SUPPORTED, PROTECTED, PARALLEL} | {f"{kind.upper()}_HANDLE_INVALID"}
                self.assertIn(rv, refusals, f"{name} of {person.name} with a {kind} of another's")
            person.client.answers("C_CloseSession", person.session)

    def foreign(self, person, kind):
        if kind == "session":
            theirs = [other.signing for other in self.others(person)]
        elif kind in ("object", "key"):
            theirs = [other.objects[f"rsa-{other.name}", PRIVATE] for other in self.others(person)]
        else:
            return []
        return [*theirs, 1, theirs[0] + 1]

    def check_C_FindObjects(self, person, handles, _):
        self.assertEqual(sorted(person.objects.values()), sorted(handles))
        labels = {f"rsa-{key}" if key in NAMES else key for key in KEYS[person.name]}
        self.assertEqual(set(itertools.product(labels, (PUBLIC, PRIVATE))), set(person.objects))

    def check_C_Sign(self, person, signature):
        self.assertEqual(person.sign(f"rsa-{person.name}", RSA, DATA).hex(), signature, "it is no signature of these data")

    def check_C_Decrypt(self, person, plain):
        self.assertEqual(HEX, plain)

    def check_C_GetAttributeValue(self, person, values):
        self.assertEqual(f"rsa-{person.name}".encode().hex(), values[0])


ALL_KEYS = (*(f"rsa-{name}" for name in NAMES), "shared", "edward", "old")


class Keys(Users):
    @rows({"client": "p11gate"}, {"client": "stock"})
    def test_each_signs_and_decrypts_for_those_alone_who_are_given_it(self, client):
        self.serve("read-only", client)
        for person, label in itertools.product(self.people, ALL_KEYS):
            with self.subTest(user=person.name, key=label):
                key = label.removeprefix("rsa-")
                self.assertEqual({(label, PUBLIC), (label, PRIVATE)} if key in KEYS[person.name] else set(), set(self.found(person, label)))
                if key in KEYS[person.name]:
                    self.use(person, label, key)

    def found(self, person, label):
        """By its label, by its identifier and as one of all private keys: each finds the same."""
        identifier = bytes.fromhex({"shared": "11", "edward": "12", "old": "13"}.get(label) or f"0{NAMES.index(label[4:]) + 1}")
        found = person.found(*template(label=label.encode()))
        self.assertEqual(found, person.found([CKA_ID, identifier.hex()]))
        private = {place: handle for place, handle in person.found(*template(kind=number(PRIVATE))).items() if place[0] == label}
        self.assertEqual({place: handle for place, handle in found.items() if place[1] == PRIVATE}, private)
        return found

    def use(self, person, label, key):
        if label == "edward":
            if not self.stock:  # p11-kit-client.so 0.24 does not know the mechanism
                self.assertTrue(openssl.verifies(self.pem(key), None, DATA, person.sign(label, [CKM_EDDSA, ""], DATA)))
        elif label == "shared":
            signature = person.sign(label, [CKM_ECDSA, ""], hashlib.sha256(DATA).digest())
            self.assertTrue(openssl.verifies(self.pem(key), "SHA256", DATA, openssl.ecdsa(signature)))
        else:
            self.assertTrue(openssl.verifies(self.pem(key), "SHA256", DATA, person.sign(label, SIGNING, DATA)))
            person.client.answers("C_DecryptInit", person.session, RSA, person.objects[label, PRIVATE])
            (plain,) = person.client.answers("C_Decrypt", person.session, openssl.encrypted(self.pem(key), DATA).hex())
            self.assertEqual(HEX, plain)


class Commands(Users):
    def setUp(self):
        super().setUp()
        self.serve("ssh", "p11gate")
        self.alice, self.bob, self.stranger = self.people[0].account, self.people[1].account, self.account("p11dave")

    def ask(self, user, *words, stdin=""):
        result = user.run(self.tool_path, *words, stdin=stdin)
        return result.rc, result.stderr.strip()

    def test_who_did_not_unlock_it_does_not_lock_it(self):
        self.assertEqual((1, "p11gate: the token was unlocked by somebody else, who alone may lock it"), self.ask(self.bob, "lock"))
        self.assertEqual((0, ""), self.ask(self.alice, "status", "--quiet"))
        self.assertEqual((0, ""), self.ask(self.alice, "lock"))
        self.assertEqual((1, ""), self.ask(self.bob, "status", "--quiet"))

    def test_root_locks_it(self):
        self.assertTrue(self.tool("lock").ok)
        self.assertEqual((1, ""), self.ask(self.alice, "status", "--quiet"))

    def test_no_user_has_the_tokens_read_anew(self):
        self.assertEqual((1, "p11gate: only root and the daemon's own account may have the tokens read anew"), self.ask(self.alice, "refresh"))

    @rows({"words": ("status", "--quiet")}, {"words": ("unlock", "--stdin")}, {"words": ("lock",)},
        {"words": ("unlock", "--stdin", "--token", "shared")}, {"words": ("lock", "--token", "shared")})
    def test_who_is_given_no_key_has_no_token(self, words):
        self.assertEqual(2, self.ask(self.stranger, *words, stdin=PIN + "\n")[0])
        self.assertEqual((0, ""), self.ask(self.alice, "status", "--quiet"))

    def test_a_key_is_refused_to_a_group_s_former_member_from_the_next_client_on(self):
        subprocess.run(["gpasswd", "--delete", BOB, OPS], check=True, capture_output=True)
        client = self.bob.client(self.module)
        self.addCleanup(client.close)
        client.answers("C_Initialize")
        ((slot,),) = client.answers("C_GetSlotList", 1)
        (session,) = client.answers("C_OpenSession", slot, SERIAL)
        client.answers("C_FindObjectsInit", session, [])
        handles, _ = client.answers("C_FindObjects", session, 64)
        self.assertEqual(2, len(handles), "a private key and a public one, both his own")


del Users

if __name__ == "__main__":
    isolation.enter("/home", "/var/lib", etc=True)
    main()
