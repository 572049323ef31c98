#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Virtual cards (tests/card) without p11gate: what vendors' libraries take for a card behaves like one."""

from harness import comment, cryptoki, isolation, main, programs
from harness.card_case import EACH, CardCase
from harness.ssh import bare
from harness.wait import wait_for

WRONG = "654321"


class Direct(CardCase):
    def log_in(self, card, pin=None, **options):
        server = self.server(card.keys["9a"], tries=100)  # cackey offers 38 authorities' keys as well
        return self.login(server, self.stack.library, askpass=self.askpass(pin or card.pin), **options)

    def listed(self):
        return self.listing(self.stack.library)[0]

    @EACH
    def test_ssh_keygen_D_lists_the_keys(self, stack):
        card = self.insert(stack)
        self.assertLessEqual(set(map(bare, card.keys.values())), set(self.listed()))

    @EACH
    def test_ssh_logs_in_and_the_PIN_is_verified(self, stack):
        card = self.insert(stack)
        self.assertLogin(self.log_in(card))
        counts = card.counts()
        comment(f"{stack}: {counts}")
        self.assertEqual((3, True, False), (card.tries(), counts["verify right"] > 0, "verify wrong" in counts))

    @EACH
    def test_a_wrong_PIN_costs_tries_which_only_the_right_one_gives_back(self, stack):
        card = self.insert(stack)
        self.assertNoLogin(self.log_in(card, WRONG))
        wrong = card.counts()["verify wrong"]
        self.assertEqual(3 - wrong, card.tries())
        card.pull()
        card.insert()
        self.assertEqual((True, 3 - wrong), (wrong > 0, card.tries()))
        if card.tries():
            self.assertLogin(self.log_in(card))
            self.assertEqual(3, card.tries())

    @EACH
    def test_a_card_that_is_out_shows_nothing_and_another_in_its_place_its_own_keys(self, stack):
        card = self.insert(stack)
        card.pull()
        self.assertEqual(set(), set(map(bare, card.keys.values())) & set(self.listed()))
        card.insert()
        self.assertLessEqual(set(map(bare, card.keys.values())), set(self.listed()))
        other = self.another()
        card.swap(other)
        self.assertLessEqual(set(map(bare, other.keys.values())), set(self.listed()))
        self.assertEqual((False, True), (card.is_in, other.is_in))

    @EACH
    def test_it_is_pulled_in_the_middle_of_a_signature(self, stack):
        card = self.insert(stack)
        card.fail_next("pull")
        self.assertNoLogin(self.log_in(card))
        self.assertFalse(card.is_in)
        card.insert()
        self.assertLogin(self.log_in(card))


class OnOpenSC(CardCase):
    def sign(self, number, timeout=20):
        """pkcs11-tool's signature with the key of that id."""
        self.sandbox.write("data", "x" * 32)
        words = ["--module", programs.OPENSC, "--login", "--pin", "123456", "--sign", "--id", number, "-m", "ECDSA"]
        return self.sandbox.run(programs.PKCS11_TOOL, *words, "-i", "data", "-o", "signature", timeout=timeout)

    def test_the_key_of_9C_wants_the_PIN_before_each_signature(self):
        card = self.insert("OpenSC", {"9c": "rsa:2048"})
        with cryptoki.opened(programs.OPENSC, {}, card.pin) as client:
            key, = client.objects(cryptoki.CKO_PRIVATE_KEY)
            for _ in range(2):
                self.assertEqual(256, len(client.sign(key, b"text", card.pin)))
            with self.assertRaises(AssertionError):
                client.sign(key, b"text")
        counts = card.counts()
        self.assertEqual((2, 3, True), (counts["sign"], counts["verify right"], counts["sign refused"] > 0))

    def test_signatures_take_the_time_that_they_are_told_to(self):
        card = self.insert("OpenSC", {"9a": "ec:P-256"})
        quick = self.sign("01").seconds
        card.delay(operation=0.7)
        self.assertGreaterEqual(self.sign("01").seconds, 0.7)
        card.delay(apdu=0.02)
        card.clear()
        slow = self.sign("01").seconds
        comment(f"{quick:.2f} s, with 20 ms for each of {card.counts()['all']} commands {slow:.2f} s")
        self.assertGreaterEqual(slow, 0.02 * card.counts()["all"])

    def test_signatures_fail_as_often_as_they_are_told_to(self):
        card = self.insert("OpenSC", {"9a": "ec:P-256"})
        card.fail_next("error", times=5)
        while not self.sign("01").ok:
            self.assertLessEqual(card.counts()["sign"], 5)
        self.assertEqual(6, card.counts()["sign"])

    def test_a_card_that_hangs_is_freed_by_pulling_it(self):
        card = self.insert("OpenSC", {"9a": "ec:P-256"})
        card.fail_next("hang")
        self.assertIsNone(self.sign("01", timeout=1).rc)
        self.assertTrue(card.is_busy)
        card.pull()
        card.insert()
        self.assertTrue(self.sign("01").ok)

    def test_pcscd_started_again_finds_the_card(self):
        card = self.insert("OpenSC", {"9a": "ec:P-256"})
        for end in (self.reader.pcscd.stop, self.reader.pcscd.kill):
            end()
            self.assertEqual([], self.listing(programs.OPENSC)[0])
            self.reader.pcscd.start()
            wait_for(lambda: bare(card.keys["9a"]) in self.listing(programs.OPENSC)[0], "the card")


if __name__ == "__main__":
    isolation.enter()
    main()
