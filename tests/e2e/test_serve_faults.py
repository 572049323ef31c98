#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`p11gate serve` under faults: clients that lie and vanish, libraries that crash and hang, what is missing or full. Afterwards the next client is served, rightly,
and nothing is left behind."""

import base64
import concurrent.futures
import contextlib
import os
import struct
import time

from harness import Case, main, rows
from harness import raw_client as raw
from harness.daemon import Daemon
from harness.wait import wait_for

PIN = "zebra-73502918"
CKR_HOST_MEMORY, CKR_DEVICE_ERROR, CKR_SESSION_COUNT = 0x02, 0x30, 0xB1
DEADLINE = 30  # seconds, of a call of the vendor's library


def is_signed(line, data, signature):
    """By the RSA key of a line of authorized_keys, with the padding of PKCS #1 v1.5."""
    blob, fields = base64.b64decode(line.split()[1]), []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        fields.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    exponent, modulus = (int.from_bytes(field, "big") for field in fields[1:])
    size = (modulus.bit_length() + 7) // 8
    found = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    return len(signature) == size and found == b"\0\1" + b"\xff" * (size - 3 - len(data)) + b"\0" + data


class Served(Case):
    def setUp(self):
        super().setUp()
        self.card = self.token("eight", PIN=PIN)

    def serve(self, **more):
        self.path = str(self.sandbox.folder / "served" / "socket")
        self.module = self.gate(more.pop("allow", [{"id": "08"}]), daemon={"socket": self.path, "use": "require"}, **more)
        self.daemon = Daemon(self.sandbox, self.path)
        result = self.daemon.unlock(PIN)
        self.assertTrue(result.ok, str(result))

    def client(self):
        client = raw.RawClient(self.path)
        self.addCleanup(client.close)
        client.initialize()
        return client

    def session(self):
        client = self.client()
        return client, client.open(client.slots()[0])

    def assertServes(self):
        """A client of its own finds the permitted key, signs, and the signature is that key's."""
        client, session = self.session()
        (key,) = client.find(session, raw.attribute(raw.CKA_CLASS, raw.u64(raw.CKO_PRIVATE_KEY)))
        digest = os.urandom(20)
        signature = client.sign(session, key, digest)
        self.assertTrue(is_signed(self.card.public_key("user8"), digest, signature))
        client.close()

    def assertRefused(self, code, client, name, body):
        with self.assertRaises(raw.Refused) as refused:
            client.call(name, body)
        self.assertEqual(code, refused.exception.args[0])


class Vendor(Served):
    """A library that crashes, leaves or hangs while it signs."""

    def setUp(self):
        super().setUp()
        self.stumble = self.sandbox.folder / "stumble"
        self.sandbox.environment["ODD_VENDOR_STUMBLE"] = str(self.stumble)
        self.serve(module=self.odd_vendor("stumbles"), login={"keep_pin": {"idle": "10m"}})

    def signer(self):
        """A client that has begun: it signs when it is called."""
        client, session = self.session()
        (key,) = client.find(session, raw.attribute(raw.CKA_CLASS, raw.u64(raw.CKO_PRIVATE_KEY)))

        def sign():
            data, begun = os.urandom(20), time.monotonic()
            try:
                good = is_signed(self.card.public_key("user8"), data, client.sign(session, key, data))
            except raw.Refused as refused:
                good = refused.args[0]
            return good, time.monotonic() - begun

        return sign

    @rows({"what": "crashes", "said": "crashed: signal 6"}, {"what": "exits", "said": "ended its process"})
    def test_one_that_ends_in_a_signature_is_started_anew_and_nobody_gets_an_error(self, what, said):
        one, other = self.signer(), self.signer()
        for _ in range(2):
            self.stumble.write_text(what)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                results = [future.result()[0] for future in (pool.submit(one), pool.submit(other))]
            self.assertFalse(self.stumble.exists())
            self.assertEqual([True, True], results)
        self.assertEqual(2, self.sandbox.log.read_text().count(said))
        self.assertServes()

    def test_one_that_hangs_in_a_signature_is_ended_after_its_time_and_the_others_go_on_at_once(self):
        one, other = self.signer(), self.signer()
        one(), other()
        self.stumble.write_text("hangs")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            hung = pool.submit(one)
            wait_for(lambda: not self.stumble.exists(), "it does not sign")
            waiting = pool.submit(other)
            (code, seconds), (good, waited) = hung.result(), waiting.result()
        self.assertEqual((CKR_DEVICE_ERROR, True), (code, good))
        self.assertGreater(seconds, DEADLINE - 1)
        self.assertLess(max(seconds, waited), DEADLINE + 10)
        self.assertEqual(1, self.sandbox.log.read_text().count("did not answer in time, and was ended"))
        self.assertEqual((True, True), (one()[0], other()[0]))


class Lies(Served):
    """What no honest client sends: memory is not taken for it, nobody else notices, and who does not speak the protocol is cut off."""

    def assertCutOff(self, client, reason):
        self.assertTrue(client.is_closed())
        wait_for(lambda: f"process {os.getpid()} of user {os.getuid()} is cut off: {reason}" in self.sandbox.log.read_text(), "the log's line")

    @rows({"call": "C_FindObjectsInit", "code": 0x12}, {"call": "C_CreateObject", "code": 0x54}, {"call": "C_DeriveKey", "code": 0x54})
    def test_templates_within_templates_are_refused_however_deep(self, call, code):
        self.serve()
        client, session = self.session()
        before = raw.u32(1) + raw.u32(0xFFFFFFFF) + raw.u64(7) if call == "C_DeriveKey" else b""
        for depth in (1, 100000):
            self.assertRefused(code, client, call, raw.u64(session) + before + raw.nested(depth))
        client.call("C_GetInfo")
        self.assertServes()

    def test_data_that_looks_like_such_a_template_is_signed(self):
        self.serve()
        client, session = self.session()
        (key,) = client.find(session, raw.attribute(raw.CKA_CLASS, raw.u64(raw.CKO_PRIVATE_KEY)))
        data = raw.nested(9)
        self.assertTrue(is_signed(self.card.public_key("user8"), data, client.sign(session, key, data)))

    @rows({"size": 2**32 - 1}, {"size": 4 * 2**20 + 1}, {"size": 0, "options": 2**32 - 16})
    def test_a_length_beyond_all_bounds_is_cut_off(self, size, options=0):
        self.serve()
        client = self.client()
        client.send(struct.pack(">III", 9, options, size))
        self.assertCutOff(client, "its request is too large")
        self.assertServes()

    def test_what_is_no_request_is_cut_off_and_what_is_none_yet_is_refused(self):
        self.serve()
        self.assertRefusedAsked(0x54, 99, "u", b"")
        for number, signature, body in ((3, "u", raw.u64(1)), (3, "", b"x"), (11, "u", b"1234567"), (43, "uayfy", raw.u64(1) + b"\1" + raw.u32(9999))):
            client = self.client()
            with self.assertRaises(ConnectionError):
                client.ask(number, signature, body)
            self.assertCutOff(client, "its request is malformed")
        self.assertServes()

    def assertRefusedAsked(self, code, number, signature, body):
        with self.assertRaises(raw.Refused) as refused:
            self.client().ask(number, signature, body)
        self.assertEqual(code, refused.exception.args[0])

    def test_room_that_nobody_needs_is_refused_and_no_memory_taken(self):
        self.serve()
        client, session = self.session()
        handle = raw.u64(session)
        before = self.daemon.memory("VmHWM")
        for call, body in (
            ("C_GetSlotList", b"\1" + raw.u32(2**32 - 1)),
            ("C_FindObjects", handle + raw.u32(2**27)),
            ("C_Sign", handle + raw.there(b"data") + raw.u32(2**31 - 16)),
            ("C_GenerateRandom", handle + raw.u32(2**20 + 1)),
            ("C_SeedRandom", handle + raw.there(bytes(2**16))),
            ("C_GetAttributeValue", handle + raw.u64(1) + raw.u32(2) + 2 * (raw.u32(raw.CKA_ID) + raw.u32(2**20 + 1))),
        ):
            self.assertRefused(CKR_HOST_MEMORY, client, call, body)
        self.assertRefused(0x07, client, "C_GetAttributeValue", handle + raw.u64(1) + raw.u32(2**32 - 1))
        self.assertRefused(0x07, client, "C_FindObjectsInit", handle + raw.u32(2**32 - 1))
        self.assertEqual(2**20, len(client.call("C_GenerateRandom", handle + raw.u32(2**20))) - 5)
        if "P11GATE_PRELOAD" not in os.environ:  # AddressSanitizer keeps what was freed
            self.assertLess(self.daemon.memory("VmHWM") - before, 16 * 1024)
        self.assertServes()

    def test_large_requests_of_one_user_take_turns_and_small_ones_do_not_wait(self):
        self.serve()
        before = self.daemon.memory()
        waiting = [self.client() for _ in range(40)]
        for client in waiting:
            client.send(struct.pack(">III", 9, 0, 4 * 2**20))
            client.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                client.send(bytes(2**20))
        self.assertServes()
        if "P11GATE_PRELOAD" not in os.environ:
            self.assertLess(self.daemon.memory() - before, 48 * 1024)
        client, session = self.session()
        random = raw.u64(session) + raw.u32(2**20)
        client.socket.settimeout(1)
        with self.assertRaises(TimeoutError):
            client.call("C_GenerateRandom", random)
        for other in waiting:
            other.close()
        client.socket.settimeout(60)
        client.receive(12 + 15 + 2**20)
        self.assertServes()

    def test_sessions_of_a_client_are_limited_and_another_has_its_own(self):
        self.serve()
        client, session = self.session()
        slot = client.slots()[0]
        for _ in range(255):
            client.open(slot)
        self.assertRefused(CKR_SESSION_COUNT, client, "C_OpenSession", raw.u64(slot) + raw.u64(4))
        self.assertServes()
        client.call("C_CloseSession", raw.u64(session))
        client.open(slot)

    def test_a_PIN_that_passed_is_left_in_no_file_and_nowhere_in_memory(self):
        self.serve()
        client, session = self.session()
        pin = b"otter-46018273-" + os.urandom(8).hex().encode()
        with self.assertRaises(raw.Refused):
            client.ask(15, "uayay", raw.u64(session) + raw.there(PIN.encode()) + raw.there(pin))
        self.assertRefused(0xA0, client, "C_Login", raw.u64(session) + raw.u64(1) + raw.there(pin))
        self.assertEqual([], [place for place, text in self.daemon.contents() if pin in text])
        client.call("C_GetInfo")

    def test_a_version_that_is_newer_than_all_is_answered_with_one_that_is_known(self):
        self.serve()
        for version in (1, 255):
            with raw.RawClient(self.path, version) as client:
                self.assertLessEqual(client.version, 2)
                client.initialize()


if __name__ == "__main__":
    main()
