#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The key of a PIV card's slot 9C, which wants the PIN before each signature: p11gate sends the PIN that it keeps."""

from harness import comment, isolation, main, rows
from harness.card_case import CardCase
from harness.token import fingerprint


class AlwaysAuthenticate(CardCase):
    NINE_C = rows(*[{"stack": stack, "kind": kind} for stack in ("OpenSC", "ykcs11") for kind in ("rsa:2048", "ec:P-256")])

    def permitted(self, stack, kind):
        """The card, its one key and the module."""
        card = self.insert(stack, {"9c": kind})
        key = card.keys["9c"]
        login = {"keep_pin": {"idle": "10m", "max": "8h"}}
        return card, key, self.gate([{"fingerprint": fingerprint(key)}], module=self.stack.library, login=login)

    @NINE_C
    def test_ssh_logs_in_with_it_by_one_PIN(self, stack, kind):
        card, key, module = self.permitted(stack, kind)
        for _ in range(3):
            self.assertLogin(self.login(self.server(key), module), [fingerprint(key)])
        self.assertEqual((3, 3), (card.counts()["sign"], card.tries()))

    @NINE_C
    def test_an_agent_logs_in_with_it_again_and_again_by_one_PIN(self, stack, kind):
        card, key, module = self.permitted(stack, kind)
        agent = self.agent()
        self.add(agent, module, card.pin)
        for _ in range(4):
            self.assertLogin(self.login(self.server(key), agent=agent, askpass=None), [fingerprint(key)])
        counts = card.counts()
        comment(f"{stack} {kind}: {counts}")
        self.assertEqual((4, 0, 3), (counts["sign"], counts.get("verify wrong", 0), card.tries()))


if __name__ == "__main__":
    isolation.enter()
    main()
