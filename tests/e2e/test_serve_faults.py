#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`p11gate serve` under faults: clients that lie and vanish, libraries that crash and hang, what is missing or full. Afterwards the next client is served, rightly,
and nothing is left behind."""

import collections
import concurrent.futures
import contextlib
import os
import pathlib
import random
import resource
import signal
import socket
import struct
import sys
import threading
import time

from harness import Case, comment, isolation, main, rows
from harness import raw_client as raw
from harness.daemon import Daemon
from harness.rsa import is_signed
from harness.wait import wait_for

PIN = "zebra-73502918"
CKR_HOST_MEMORY, CKR_DEVICE_ERROR, CKR_SESSION_COUNT = 0x02, 0x30, 0xB1
DEADLINE = 30  # seconds, of a call of the vendor's library


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


# Reads another process's memory.
LOOK = """
import sys
try:
    with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as memory:
        memory.seek(int(maps.readline().split("-")[0], 16))
        memory.read(1)
    print("read")
except OSError as error:
    print(error.strerror)
"""

# Lets all of its account read it.
READABLE = """
import ctypes, time
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, PR_SET_PTRACER_ANY: where Yama asks for it
print("ready", flush=True)
time.sleep(600)
"""

# Refuses memory that can be written and run, or made so, in this process and those that it starts; from Linux 6.3 on.
MDWE = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
    print("# the kernel has no PR_SET_MDWE", flush=True)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Limits(Served):
    """What the daemon and the library's process may do, and have."""

    def processes(self):
        return [self.daemon.process.pid, *self.daemon.children]

    def test_they_work_where_no_memory_may_be_written_and_run(self):
        self.sandbox.before = [sys.executable, "-c", MDWE]
        self.serve()
        self.sandbox.before = []
        for _ in range(2):
            self.assertServes()
            for pid in self.processes():
                maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
                self.assertEqual([], [line for line in maps.splitlines() if "w" in line.split()[1] and "x" in line.split()[1]])
            self.daemon.kill_vendor()  # the next one, too
            self.assertTrue(self.daemon.unlock(PIN).ok)

    def test_none_of_them_leaves_a_core_and_the_daemon_s_memory_has_a_bound(self):
        self.serve()
        for pid in self.processes():
            self.assertEqual((0, 0), resource.prlimit(pid, resource.RLIMIT_CORE))
        if "P11GATE_PRELOAD" not in os.environ:  # whose shadow counts
            self.assertEqual((256 * 2**20, 256 * 2**20), resource.prlimit(self.daemon.process.pid, resource.RLIMIT_DATA))

    def test_no_process_of_the_same_account_may_attach_to_one_of_them(self):
        if os.geteuid() == 0:  # an account like any other
            self.sandbox.before = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
        self.serve()
        said = self.sandbox.folder / "said"
        readable = self.sandbox.start(sys.executable, "-c", READABLE, log=said)
        wait_for(lambda: said.read_text(), "a process")
        for pid, what in [(readable.pid, "read\n")] + [(pid, "Permission denied\n") for pid in self.processes()]:
            result = self.sandbox.run(sys.executable, "-c", LOOK, str(pid))
            self.assertEqual(what, result.stdout, str(result))

    def test_the_library_s_process_has_no_descriptor_of_the_daemon_s(self):
        self.serve()
        for _ in range(3):
            self.session()
        self.daemon.kill_vendor()
        self.assertTrue(self.daemon.unlock(PIN).ok)
        (child,) = self.daemon.children
        links = {int(link.name): os.readlink(link) for link in pathlib.Path(f"/proc/{child}/fd").iterdir()}
        self.assertEqual("/dev/null", links.pop(0))
        self.assertEqual(links[1], links[2])
        self.assertEqual(("socket", "pipe"), (links[3].split(":")[0], links[4].split(":")[0]))
        theirs = {os.readlink(link) for link in pathlib.Path(f"/proc/{self.daemon.process.pid}/fd").iterdir()}
        self.assertEqual({links[4]}, {links[fd] for fd in links if fd > 2 and links[fd] in theirs}, str(links))


class Faults(Served):
    """One fault after the other, of all kinds, while a client works."""

    COUNT = int(os.environ.get("SERVE_FAULTS_COUNT", "25"))
    SEED = int(os.environ.get("SERVE_FAULTS_SEED") or random.randrange(10**9))
    LONG_HANGS = 3  # of as many faults as there are, in a long run: each takes the library's whole deadline
    SETTLED = 8 * 1024  # KiB that the memory may have grown by in the end

    def setUp(self):
        super().setUp()
        self.full = self.sandbox.folder / "full"
        self.full.mkdir()
        isolation.mount_tmpfs(self.full, "size=16m")
        self.serve(
            login={"keep_pin": {"idle": "10m"}},
            log={"audit": str(self.full / "audit"), "audit_required": True, "file": str(self.full / "log")},
        )
        self.random = random.Random(self.SEED)
        self.wrong = []

    def sign_once(self, most=None):
        """What a client does; how many bytes it sent. A wrong signature is kept, whatever becomes of the client."""
        with raw.RawClient(self.path, most=most) as client:
            client.initialize()
            session = client.open(client.slots()[0])
            (key,) = client.find(session, raw.attribute(raw.CKA_CLASS, raw.u64(raw.CKO_PRIVATE_KEY)))
            for _ in range(2):
                data = os.urandom(20)
                signature = client.sign(session, key, data)
                if not is_signed(self.card.public_key("user8"), data, signature):
                    self.wrong.append((data, signature))
            client.call("C_Finalize")
            return client.sent

    @contextlib.contextmanager
    def worker(self):
        """A client that goes on and on; what it is refused, or that it finds nobody, is its fate."""
        done = threading.Event()

        def work():
            while not done.is_set():
                with contextlib.suppress(OSError, raw.Refused, IndexError, ValueError):
                    self.sign_once()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def client_vanishes(self):
        with self.assertRaises(raw.Vanished):
            self.sign_once(self.random.randrange(1, self.whole))

    def daemon_is_killed(self):
        self.daemon.kill()
        self.daemon.start()
        self.assertTrue(self.daemon.unlock(PIN).ok)

    def vendor_is_killed(self):
        time.sleep(self.random.random() / 10)
        self.daemon.kill_vendor()

    def vendor_stops_and_goes_on(self):
        (child,) = self.daemon.children
        os.kill(child, signal.SIGSTOP)
        time.sleep(self.random.random() / 2)
        os.kill(child, signal.SIGCONT)

    def vendor_hangs(self):
        self.daemon.kill_vendor(signal.SIGSTOP)
        begun = time.monotonic()
        with contextlib.suppress(raw.Refused, ConnectionError):
            self.sign_once()
        self.assertLess(time.monotonic() - begun, DEADLINE * 2 + 20)

    def socket_is_removed(self):
        names = self.random.choice((("",), (".control",), ("", ".control"), ("", ".control", ".lock")))
        for name in names:
            pathlib.Path(self.path + name).unlink(missing_ok=name == ".lock")
        wait_for(lambda: os.path.exists(self.path) and os.path.exists(self.path + ".control"), "the socket is not made anew", 30)

    def disk_is_full(self):
        filler = self.full / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", 0) as file:
            while True:
                file.write(bytes(2**16))
        client, session = self.session()
        (key,) = client.find(session, raw.attribute(raw.CKA_CLASS, raw.u64(raw.CKO_PRIVATE_KEY)))
        with self.assertRaises(raw.Refused):
            for _ in range(50):  # there may be room for some lines more
                client.sign(session, key, b"data")
        client.close()
        filler.unlink()

    def descriptors_run_out(self):
        pid = self.daemon.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (self.daemon.descriptors + self.random.randrange(9), limits[1]))
        with contextlib.ExitStack() as stack:
            for _ in range(12):
                client = stack.enter_context(socket.socket(socket.AF_UNIX))
                client.connect(self.path)
                with contextlib.suppress(OSError):  # it is turned away at once
                    client.send(b"\0")
            time.sleep(0.1)
        if self.random.random() < 0.5:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
            return
        wait_for(lambda: self.daemon.threads == self.base[0], "its threads")  # under the limit as well
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)

    def measured(self):
        return self.daemon.threads, self.daemon.descriptors, len(self.daemon.children)

    def assertNothingIsLeft(self, fault):
        with contextlib.suppress(AssertionError):
            wait_for(lambda: self.measured() == self.base, "an end", 30)
        self.assertEqual(self.base, self.measured(), fault)

    def faults(self):
        kinds = [
            self.client_vanishes,
            self.daemon_is_killed,
            self.vendor_is_killed,
            self.vendor_stops_and_goes_on,
            self.socket_is_removed,
            self.disk_is_full,
            self.descriptors_run_out,
        ]
        chosen = kinds + [self.random.choice(kinds) for _ in range(self.COUNT - len(kinds))]
        if self.COUNT >= 100:
            chosen[-self.LONG_HANGS :] = [self.vendor_hangs] * self.LONG_HANGS
        self.random.shuffle(chosen)
        return chosen

    def test_after_each_of_many_faults_the_next_client_is_served_and_nothing_is_left(self):
        comment(f"SERVE_FAULTS_SEED={self.SEED} SERVE_FAULTS_COUNT={self.COUNT}")
        self.whole = self.sign_once()
        self.assertServes()
        time.sleep(1)  # for the clients to be gone
        self.base = self.measured()
        counts = collections.Counter()
        memory = None
        for fault in self.faults():
            counts[fault.__name__] += 1
            with self.worker():
                fault()
            try:
                self.assertServes()
            except (raw.Refused, OSError, ValueError) as error:
                self.fail(f"after {fault.__name__}: {error!r}\n{self.daemon.log.read_text()[-3000:]}")
            self.assertNothingIsLeft(fault.__name__)
            (self.full / "audit").write_bytes(b"")
            if memory is None or fault == self.daemon_is_killed:
                memory = self.daemon.memory()
        self.assertEqual([], self.wrong)
        comment(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
        comment(f"memory: {memory} KiB, in the end {self.daemon.memory()} KiB")
        if "P11GATE_PRELOAD" not in os.environ:
            self.assertLess(self.daemon.memory() - memory, self.SETTLED)
        self.daemon.close()
        self.assertFalse(os.path.exists(self.path) or os.path.exists(self.path + ".control"))


if __name__ == "__main__":
    isolation.enter()
    main()
