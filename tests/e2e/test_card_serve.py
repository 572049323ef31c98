#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`p11gate serve` before a card: what it spares, and that a card that is out takes its login along."""

import concurrent.futures
import contextlib
import os
import pathlib
import random
import signal
import sys
import threading
import time

from harness import comment, isolation, main, programs
from harness import raw_client as raw
from harness.card_case import EACH, PIN, CardCase
from harness.daemon import Daemon
from harness.rsa import is_signed
from harness.token import fingerprint
from harness.wait import wait_for

BATCH = {"BatchMode": "yes"}
HARNESS = str(pathlib.Path(__file__).parent)
SIGNER = """
import sys
sys.path.insert(0, sys.argv[1])
from harness.cryptoki import CKA_ID, CKO_PRIVATE_KEY, Cryptoki
client = Cryptoki(sys.argv[2])
key, = (key for key in client.objects(CKO_PRIVATE_KEY) if client.attribute(key, CKA_ID).hex() == sys.argv[3])
for _ in range(10):
    client.sign(key, bytes(35), *sys.argv[4:])
"""
SLOW = 0.12  # seconds for each command: OpenSC then takes for a listing what it does with a real card, some four


class Served(CardCase):
    def serve(self, stack, keys=None, **more):
        self.card = self.insert(stack, *([keys] if keys else []))
        self.path = str(self.sandbox.folder / "served" / "socket")
        self.module = self.gate(
            [{"fingerprint": [fingerprint(self.card.keys[slot]) for slot in keys or ["9a"]]}],
            module=self.stack.library,
            daemon={"socket": self.path, "use": "require"},
            **more,
        )
        self.daemon = Daemon(self.sandbox, self.path)
        self.host = self.server(next(iter(self.card.keys.values())))

    def unlock(self):
        result = self.daemon.unlock(PIN)
        self.assertTrue(result.ok, str(result))

    def batch(self):
        return self.login(self.host, self.module, askpass=None, options=BATCH)

    def state(self):
        return self.daemon.status("--quiet").rc

    def seconds(self, module, times):
        return min(self.listing(module)[1].seconds for _ in range(times))

    @EACH
    def test_a_login_asks_the_card_for_a_signature_and_a_listing_for_nothing(self, stack):
        self.serve(stack, login={"keep_pin": {"idle": "10m"}})  # cackey lets its card be switched off, and the login with it
        self.unlock()
        self.assertLogin(self.batch())
        if stack != "cackey":  # it does not tell which reader a slot is, so that pcscd's word is not enough
            self.card.wait_until_quiet()
            self.card.clear()
        for _ in range(3):
            keys, _ = self.listing(self.module)
            self.assertEqual(1, len(keys))
        if stack != "cackey":
            self.assertEqual({}, self.card.counts())
        self.card.clear()
        self.assertLogin(self.batch())
        counts = self.card.counts()
        comment(f"{stack}: {counts}")
        self.assertEqual(1, counts["sign"], str(counts))
        self.assertEqual(stack == "cackey", "verify right" in counts, str(counts))

    @EACH
    def test_a_card_that_is_pulled_is_locked_when_it_comes_back(self, stack):
        self.serve(stack, login={"keep_pin": {"idle": "10m"}})
        self.unlock()
        self.assertEqual(0, self.state())
        self.card.pull()
        wait_for(lambda: self.state() == 2, "it is still there", 20)
        login = self.batch()
        self.assertNoLogin(login)
        self.assertEqual(255, login.rc)
        self.card.insert()
        wait_for(lambda: self.state() == 1, "it is not seen", 20)
        self.assertNoLogin(self.batch())
        self.assertEqual(3, self.card.tries())
        self.unlock()
        self.assertLogin(self.batch())

    @EACH
    def test_with_survive_removal_it_goes_on_when_it_comes_back(self, stack):
        self.serve(stack, login={"keep_pin": {"idle": "none", "max": "none", "survive_removal": True}})
        self.unlock()
        self.assertLogin(self.batch())
        for _ in range(2):
            self.card.pull()
            self.assertNoLogin(self.batch())
            self.card.insert()
            wait_for(lambda: self.state() == 0, "it is not there", 20)
            self.assertLogin(self.batch())
        self.assertEqual(3, self.card.tries())

    def sign_once(self):
        """Was the signature right? None: there was no key."""
        with raw.RawClient(self.path) as client:
            client.initialize()
            session = client.open(client.slots()[0])
            (key,) = client.find(session, raw.attribute(raw.CKA_CLASS, raw.u64(raw.CKO_PRIVATE_KEY)))
            data = os.urandom(20)
            return is_signed(self.card.keys["9a"], data, client.sign(session, key, data))

    def test_pulled_at_random_while_clients_sign_it_gives_no_wrong_signature_and_goes_on_when_it_is_back(self):
        seed = int(os.environ.get("CARD_SEED") or random.randrange(10**9))
        chance, results, done = random.Random(seed), [], threading.Event()
        comment(f"CARD_SEED={seed}")
        self.serve("OpenSC", login={"keep_pin": {"idle": "none", "max": "none", "survive_removal": True}})
        self.unlock()
        self.assertTrue(self.sign_once())
        time.sleep(3)  # for the client to be gone, and the daemon to listen to pcscd
        before = self.daemon.descriptors + 1  # to pcscd, if it is late

        def work():
            while not done.is_set():
                with contextlib.suppress(raw.Refused, ConnectionError, IndexError, ValueError):
                    results.append(self.sign_once())

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        try:
            for _ in range(int(os.environ.get("CARD_PULLS", "5"))):
                time.sleep(chance.random())
                self.card.pull()
                time.sleep(chance.random() / 2)
                self.card.insert()
                wait_for(lambda: self.state() == 0, "it is not there", 30)
        finally:
            done.set()
            for worker in workers:
                worker.join()
        self.assertTrue(self.sign_once())
        comment(f"{len(results)} signatures")
        self.assertEqual({True}, set(results))
        with contextlib.suppress(AssertionError):
            wait_for(lambda: self.daemon.descriptors <= before, "its descriptors", 30)
        links = sorted(os.readlink(f"/proc/{self.daemon.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{self.daemon.process.pid}/fd"))
        self.assertLessEqual(len(links), before, str(links))
        self.assertEqual(3, self.card.tries())

    def test_a_listing_of_a_slow_card_takes_a_fiftieth_of_the_time(self):
        self.serve("OpenSC")
        self.unlock()
        self.listing(self.module)
        through = self.seconds(self.module, 30)
        self.daemon.close()
        self.card.delay(apdu=SLOW)
        direct = self.seconds(self.stack.library, 1)
        comment(f"ssh-keygen -D: direct {direct:.2f} s, through the daemon {through:.3f} s, {direct / through:.0f} times")
        self.assertGreater(direct, 50 * through)

    def test_logins_of_several_clients_for_one_signature_each_do_not_meet(self):
        """The key 9C wants the PIN for each: what another client does between PIN and signature would take it away. 9A does not, and is used beside it."""
        self.serve("OpenSC", keys={"9a": "rsa:2048", "9c": "rsa:2048"})
        self.unlock()
        self.listing(self.module)
        self.card.clear()
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            runs = list(pool.map(lambda words: self.sandbox.run(sys.executable, "-c", SIGNER, HARNESS, self.module, *words), [("02", PIN), ("01",)] * 2 + [("02", PIN)]))
        for run in runs:
            self.assertTrue(run.ok, str(run))
        counts = self.card.counts()
        comment(str(counts))
        self.assertEqual((50, 30, 3), (counts["sign"], counts["verify right"], self.card.tries()))

    def test_a_library_that_hangs_unnoticed_does_not_keep_the_daemon_from_ending(self):
        """pcscd tells of the cards: nobody asks the library."""
        self.serve("OpenSC")
        self.unlock()
        self.card.wait_until_quiet()
        self.daemon.kill_vendor(signal.SIGSTOP)
        self.daemon.process.terminate()
        try:
            self.assertEqual(0, self.daemon.process.wait(25))  # a call would be waited for 30 seconds
        finally:
            self.daemon.kill_vendor()

    def test_a_daemon_s_library_that_is_killed_comes_back_with_the_kept_PIN(self):
        self.serve("OpenSC", login={"keep_pin": {"idle": "10m"}})
        self.unlock()
        self.assertLogin(self.batch())
        self.daemon.kill_vendor()
        self.assertLogin(self.batch())
        self.assertEqual(3, self.card.tries())


if __name__ == "__main__":
    isolation.enter()
    main()
