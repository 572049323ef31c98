#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logins through `p11gate serve` before a slow card take as long as the card does for its signatures, be they one or many at the same time.

The card's own time for a signature is what one takes by the vendor's library alone, logged in and warm. What ssh itself takes is what the same logins
take with a key in a file.
"""

import concurrent.futures
import os
import statistics
import time

from harness import comment, cryptoki, isolation, main, programs
from harness.card_case import PIN, CardCase
from harness.daemon import Daemon
from harness.token import fingerprint
from harness.wait import wait_for

BATCH = {"BatchMode": "yes"}
COMMAND, OPERATION = 0.01, 0.1  # seconds for a command, and for the use of a private key more
ROUNDS = 5
SIGNER = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from harness.cryptoki import CKO_PRIVATE_KEY, Cryptoki
client = Cryptoki(sys.argv[2])
(key,) = client.objects(CKO_PRIVATE_KEY)
print("ready", flush=True)
while not os.path.exists(sys.argv[3]):
    time.sleep(0.01)
client.sign(key, bytes(35))
"""
MARGIN = 1.5  # of the card's time: other programs of the machine disturb one run and not the next
MORE = 0.3  # what, in seconds, a login through the daemon may take beside signature and ssh


class Slow(CardCase):
    def setUp(self):
        super().setUp()
        self.card = self.insert("OpenSC")
        self.card.delay(apdu=COMMAND, operation=OPERATION)
        self.before = self.measure_signature()
        path = str(self.sandbox.folder / "served" / "socket")
        self.module = self.gate(
            [{"fingerprint": fingerprint(self.card.keys["9a"])}], module=self.stack.library, daemon={"socket": path, "use": "require"},
            login={"keep_pin": {"idle": "1h"}})
        self.daemon = Daemon(self.sandbox, path)
        self.assertTrue(self.daemon.unlock(PIN).ok)
        self.file = self.sandbox.folder / "key"
        made = self.sandbox.run(programs.SSH_KEYGEN, "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", self.file)
        self.assertTrue(made.ok, str(made))
        self.host = self.server(self.card.keys["9a"], self.file.with_suffix(".pub").read_text().strip())
        self.assertLogin(self.by_daemon())  # the first one may read more
        self.card.wait_until_quiet()

    def measure_signature(self):
        """What one takes: seconds, of which it returns the mean, and commands of the card by kind."""
        with cryptoki.opened(self.stack.library, {}, PIN) as client:
            key = client.objects(cryptoki.CKO_PRIVATE_KEY)[0]
            client.sign(key, b"the first may read more")
            self.card.clear()
            start = time.monotonic()
            for _ in range(ROUNDS):
                client.sign(key, b"text")
            seconds = (time.monotonic() - start) / ROUNDS
        self.commands = {kind: count // ROUNDS for kind, count in self.card.counts().items()}
        return seconds

    def measure_after(self):
        """The same without the daemon, as other programs of the machine may have disturbed the one before."""
        self.daemon.close()
        return self.measure_signature()

    def by_daemon(self):
        return self.login(self.host, self.module, askpass=None, options=BATCH)

    def by_file(self):
        return self.login(self.host, askpass=None, options=BATCH | {"IdentityFile": self.file, "IdentitiesOnly": "yes"})

    def by_library(self):
        return self.login(self.host, self.stack.library)

    def assertSignaturesAlone(self, logins):
        self.assertEqual({kind: logins * count for kind, count in self.commands.items()}, self.card.counts())

    def together(self, how, logins):
        """Seconds until the last one is in."""
        with concurrent.futures.ThreadPoolExecutor(logins) as pool:
            start = time.monotonic()
            for login in list(pool.map(lambda _: how(), range(logins))):
                self.assertLogin(login)
        return time.monotonic() - start


class One(Slow):
    def test_a_login_takes_the_card_s_signature_and_little_more(self):
        direct = self.by_library()
        self.assertLogin(direct)
        self.card.clear()
        daemon, file = [], []
        for _ in range(ROUNDS):
            for how, times in ((self.by_daemon, daemon), (self.by_file, file)):
                login = how()
                self.assertLogin(login)
                times.append(login.seconds)
        self.assertSignaturesAlone(ROUNDS)
        signature = min(self.before, self.measure_after())
        more = min(daemon) - min(file) - signature
        comment(f"the card's signature: {signature:.3f} s, {self.commands}")
        for name, times in (("through the daemon", daemon), ("with a key in a file", file), ("with the library alone", [direct.seconds])):
            comment(f"a login {name:22}: {min(times):.3f} s at least, {statistics.median(times):.3f} s as a rule, {min(times) / signature:5.2f} signatures")
        comment(f"through the daemon it takes {more:.3f} s more than the signature and the login with a file")
        self.assertLess(more, MORE)


class Many(Slow):
    def measure(self, logins):
        """Seconds of so many at the same time, through the daemon and with a key in a file."""
        file = self.together(self.by_file, logins)
        self.card.clear()
        daemon = self.together(self.by_daemon, logins)
        self.assertSignaturesAlone(logins)
        return daemon, file

    def test_4_and_16_and_64_at_the_same_time_take_as_many_signatures_and_little_more(self):
        measured = {logins: self.measure(logins) for logins in (4, 16, 64)}
        signature = max(self.before, self.measure_after())
        for logins, (daemon, file) in measured.items():
            comment(
                f"{logins:2} logins: {daemon:5.2f} s through the daemon, {file:5.2f} s with a key in a file, {logins * signature:5.2f} s of signatures; "
                f"{logins / daemon:4.2f} logins a second, where the card can make {1 / signature:4.2f} signatures"
            )
            self.assertLess(daemon, MARGIN * logins * signature + file + MORE)

    def signer(self, name):
        """A process that has found its key, and signs when there is a file of that name."""
        log = self.sandbox.folder / f"{name}.log"
        process = self.sandbox.start(
            "/usr/bin/python3", "-B", "-c", SIGNER, os.path.dirname(os.path.abspath(__file__)), self.module, self.sandbox.folder / name, log=log)
        wait_for(lambda: "ready" in log.read_text(), f"{name}: it found no key")
        return process

    def test_a_client_that_is_gone_when_its_turn_comes_gets_no_signature(self):
        names = ("first", "second", "third", "fourth", "fifth")
        first, *others = [self.signer(name) for name in names]
        self.card.delay(apdu=COMMAND, operation=1.5)
        self.card.clear()
        self.sandbox.write("first", "")
        wait_for(lambda: self.card.counts().get("chained") == 1, "the first one's signature")
        for name in names[1:]:
            self.sandbox.write(name, "")
        self.assertEqual(0, first.wait())
        wait_for(lambda: self.card.counts().get("chained") == 3, "two more")
        for process in others:  # of which one has its signature, one is at the card, and the others wait
            process.kill()
            process.wait()
        self.assertLogin(self.by_daemon())
        self.assertSignaturesAlone(4)


if __name__ == "__main__":
    isolation.enter()
    main()
