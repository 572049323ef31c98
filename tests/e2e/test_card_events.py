#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Cards that are pulled and put in, as pcscd tells p11gate of it: with the vendors' libraries on a virtual card."""

import concurrent.futures
import contextlib
import time

from harness import comment, cryptoki, isolation, main, rows
from harness.card_case import STACKS, CardCase
from harness.token import fingerprint
from harness.wait import wait_for

EACH = rows(*[{"stack": stack} for stack in STACKS])
AGAIN = rows(*[{"stack": stack} for stack in STACKS if stack != "cackey"])
SOON = 20  # seconds; a library may take some to know a card


class Events(CardCase):
    @contextlib.contextmanager
    def opened(self, card, pin=None):
        """p11gate, with the key of slot 9A permitted."""
        log = {"file": str(self.sandbox.folder / "log"), "level": "debug"}
        module = self.gate([{"fingerprint": fingerprint(card.keys["9a"])}], module=self.stack.library, log=log)
        with cryptoki.opened(module, self.sandbox.environment, pin) as client:
            yield client

    def log(self):
        return (self.sandbox.folder / "log").read_text()

    def waiting(self, client):
        """The slot of the next event, of a thread that waits for it by now."""
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        future = pool.submit(client.wait)
        time.sleep(0.5)
        self.assertFalse(future.done(), "nothing has happened yet")
        return future

    @EACH
    def test_pulled_it_is_gone_before_the_vendor_fails_put_in_it_is_back_and_who_waits_is_told(self, stack):
        card = self.insert(stack)
        with self.opened(card, card.pin) as client:  # once: cackey has no card after a second C_Initialize
            slot, = client.listed()
            self.assertEqual(1, len(client.objects(cryptoki.CKO_PRIVATE_KEY)))
            card.pull()
            self.assertEqual(([], []), (client.objects(cryptoki.CKO_PRIVATE_KEY), client.listed()))
            self.assertNotIn("recovering", self.log())
            self.assertEqual(slot, client.wait(blocks=False))
            for change in (card.insert, card.pull):
                event = self.waiting(client)
                change()
                begun = time.monotonic()
                self.assertEqual(slot, event.result(SOON))
                comment(f"{stack}: told {time.monotonic() - begun:.2f} s after pcscd knew of {change.__name__}")
                self.assertEqual([slot] if change == card.insert else [], client.listed())

    @AGAIN
    def test_a_hidden_card_is_no_event(self, stack):
        card = self.insert(stack)
        other = self.another()
        with self.opened(card) as client:
            slot, = client.listed()
            card.pull()
            self.assertEqual(slot, client.wait(blocks=False))
            event = self.waiting(client)
            for change in (other.insert, other.pull):
                change()
                time.sleep(1)
                self.assertFalse(event.done())
            card.insert()
            self.assertEqual(slot, event.result(SOON))

    @AGAIN
    def test_finalising_ends_the_waiting(self, stack):
        card = self.insert(stack)
        with self.opened(card) as client:
            event = self.waiting(client)
            begun = time.monotonic()
        with self.assertRaisesRegex(AssertionError, "0x190"):
            event.result(SOON)
        self.assertLess(time.monotonic() - begun, 3)

    def test_who_waits_outlives_a_pcscd_that_is_killed_and_started_again(self):
        card = self.insert("OpenSC")
        with self.opened(card) as client:
            slot, = client.listed()
            event = self.waiting(client)
            self.reader.pcscd.kill()
            time.sleep(1)
            self.reader.pcscd.start()
            self.assertEqual(slot, event.result(SOON))
            wait_for(lambda: client.listed() == [slot], "the card", SOON)


if __name__ == "__main__":
    isolation.enter()
    main()
