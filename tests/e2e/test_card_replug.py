#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Cards are pulled and put back while an agent lives that holds their key by p11gate, with the PIN kept.

CARD_PULLS is how often for each vendor's library (5), CARD_SEED repeats a run.
"""

import os
import random

from harness import agent_client, comment, isolation, main, openssl, programs
from harness.card_case import EACH, CardCase
from harness.pin_host import PinHost, writes_dumps
from harness.token import fingerprint

PULLS = int(os.environ.get("CARD_PULLS", "5"))
SEED = int(os.environ.get("CARD_SEED") or random.SystemRandom().randrange(1 << 32))
KEPT = {"keep_pin": {"idle": "none", "max": "none", "survive_removal": True}}
SOON = 0.02  # seconds in which a signature is refused while the card is out, the time left out that others had the processors
LATE = 0.05  # of all may take longer, and one in any case: what others have the machine do is not known that well


class Replug(CardCase):
    def hold(self, stack, allow=None):
        """A card whose key an agent holds; without rules it alone is permitted."""
        self.held = card = self.insert(stack)
        self.key = card.keys["9a"]
        self.live = self.agent()
        allow = allow or [{"fingerprint": fingerprint(self.key)}]
        self.add(self.live, self.gate(allow, module=self.stack.library, login=KEPT, log={"level": "info"}), card.pin)
        converted = self.sandbox.run(programs.SSH_KEYGEN, "-e", "-m", "PKCS8", "-f", self.sandbox.write("key.pub", self.key + "\n"))
        self.pem = converted.stdout
        return card

    def ask(self):
        """A signature is asked of the agent."""
        self.assertTrue(self.live.alive)
        return agent_client.sign(self.live.socket, self.key, b"what is signed")

    def assertSigns(self, when):
        signature = self.ask()
        self.assertTrue(signature.made, f"{when}: refused after {signature.seconds:.3f} s\n{self.said()}")
        self.assertTrue(openssl.verifies(self.pem, "sha256", b"what is signed", signature.blob), when)
        return signature.seconds

    def assertRefused(self, when):
        signature = self.ask()
        self.assertFalse(signature.made, when)
        return signature.seconds

    def assertNoTryLost(self, *others):
        for card in (self.held, *others):
            self.assertEqual((3, 0), (card.tries(), card.counts().get("verify wrong", 0)), self.said())

    def said(self):
        """The end of p11gate's log."""
        return "\n".join(self.sandbox.log.read_text().splitlines()[-30:]) if self.sandbox.log.exists() else "no log"


class AtRandom(Replug):
    @EACH
    def test_what_is_asked_while_the_card_is_in_is_signed_and_what_is_asked_while_it_is_out_is_refused_soon(self, stack):
        comment(f"CARD_SEED={SEED} CARD_PULLS={PULLS}")
        chance = random.Random(f"{SEED} {stack}")
        card = self.hold(stack)
        self.assertSigns("before the first pull")
        back, refused = [], []
        for number in range(1, PULLS + 1):
            where = f"pull {number} of {PULLS}"
            if chance.random() < 0.4:
                card.delay(operation=chance.uniform(0, 0.3))
                card.fail_next("pull")
                self.assertRefused(f"{where}, in the middle of a signature")
                card.delay()
            else:
                card.pull()
            refused += [self.assertRefused(f"{where}, while out") for _ in range(chance.randrange(1, 4))]
            card.insert()
            back.append(self.assertSigns(f"{where}, back again"))
            for _ in range(chance.randrange(3)):
                self.assertSigns(f"{where}, after that")
        self.assertNoTryLost()
        comment(f"{stack}: back again after at most {max(back):.2f} s, refused after {' '.join(f'{seconds * 1000:.1f}' for seconds in refused)} ms")
        late = [seconds for seconds in refused if seconds >= SOON]
        self.assertLessEqual(len(late), max(1, LATE * len(refused)), late)


class InItsPlace(Replug):
    @EACH
    def test_another_card_in_its_place_gets_no_PIN_and_the_first_one_signs_again(self, stack):
        card = self.hold(stack)
        self.replace(card, self.another())

    @EACH
    def test_nor_does_another_card_of_the_same_holder_whose_keys_are_permitted_too(self, stack):
        card = self.hold(stack, allow=[{"key": {"sign": "true"}}])
        self.replace(card, self.another(holder=card.holder))

    def replace(self, card, other):
        self.assertSigns("at first")
        for _ in range(2):
            card.swap(other)
            for _ in range(3):
                self.assertRefused("the other card is in")
            counts = other.counts()
            self.assertEqual((0, 0), (counts.get("verify right", 0), counts.get("verify wrong", 0)), self.said())
            other.swap(card)
            self.assertSigns("the first one is back")
        self.assertNoTryLost(other)


class OfThePIN(CardCase):
    """The program wipes its own copy; a library of a vendor's has one with p11gate as without."""

    VENDORS = {"OpenSC": 1, "ykcs11": 1, "coolkey": 1, "cackey": 0}

    @EACH
    def test_no_PIN_is_left_in_dump_or_log_after_it_was_sent_again_to_a_card_that_was_out(self, stack):
        card = self.insert(stack, pin="73502918")  # which stands nowhere by chance
        log = {"file": str(self.sandbox.folder / "p11gate.log"), "level": "debug", "trace": True, "audit": str(self.sandbox.folder / "audit")}
        rules = [{"fingerprint": fingerprint(card.keys["9a"])}]
        host = PinHost(self.sandbox, self.gate(rules, module=self.stack.library, login=KEPT, log=log))
        self.assertNotEqual(0, host.ask("login 46018273"))
        self.assertEqual(0, host.ask(f"login {card.pin}"))
        self.assertEqual(0, host.ask("sign"))
        card.pull()
        self.assertNotEqual(0, host.ask("sign"))
        self.assertLessEqual(host.finds(card.pin, "dumped"), self.VENDORS[stack])
        card.insert()
        self.assertEqual(0, host.ask("sign"))
        self.assertGreaterEqual(card.counts().get("verify right", 0), 2)  # coolkey sends its own copy as well
        self.assertLessEqual(host.finds(card.pin, "dumped"), self.VENDORS[stack])
        self.assertEqual(0, host.finds("46018273"))
        if writes_dumps():
            self.assertLessEqual(host.crash(card.pin)[0], self.VENDORS[stack])
        for name in ("p11gate.log", "audit"):
            text = (self.sandbox.folder / name).read_text()
            self.assertNotIn(card.pin, text)
            self.assertNotIn("46018273", text)


if __name__ == "__main__":
    isolation.enter()
    main()
