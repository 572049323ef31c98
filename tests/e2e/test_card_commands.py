#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What reaches a card: its commands are counted, with the vendor's library alone and with p11gate before it."""

import shutil

from harness import comment, cryptoki, isolation, main
from harness.card_case import EACH, CardCase
from harness.token import fingerprint

COOLKEY_MEMORY = "/var/cache/coolkey"  # in the namespace of the test


class Commands(CardCase):
    def counted(self, card, run):
        shutil.rmtree(COOLKEY_MEMORY, ignore_errors=True)
        card.clear()
        run()
        return card.counts()

    @EACH
    def test_a_login_from_cold_costs_the_card_no_more_than_without_p11gate(self, stack):
        card = self.insert(stack)
        server = self.server(card.keys["9a"], tries=100)
        direct = self.counted(card, lambda: self.assertLogin(self.login(server, self.stack.library)))
        module = self.gate([{"fingerprint": fingerprint(card.keys["9a"])}], module=self.stack.library)
        through = self.counted(card, lambda: self.assertLogin(self.login(server, module)))
        comment(f"{stack} direct: {direct}")
        comment(f"{stack} through p11gate: {through}")
        self.assertLessEqual(through["all"], direct["all"])
        self.assertEqual(direct["verify right"], through["verify right"])

    @EACH
    def test_a_login_in_an_agent_costs_what_a_signature_alone_does(self, stack):
        card = self.insert(stack)
        with cryptoki.opened(self.stack.library, {}, card.pin) as client:
            key = client.objects(cryptoki.CKO_PRIVATE_KEY)[0]
            client.sign(key, b"the first may read more")
            alone = self.counted(card, lambda: client.sign(key, b"text"))
        server = self.server(card.keys["9a"])
        agent = self.agent()
        self.add(agent, self.gate([{"fingerprint": fingerprint(card.keys["9a"])}], module=self.stack.library), card.pin)
        first = self.counted(card, lambda: self.assertLogin(self.login(server, agent=agent)))
        second = self.counted(card, lambda: self.assertLogin(self.login(server, agent=agent)))
        comment(f"{stack} alone: {alone}, first login: {first}")
        self.assertEqual((alone, alone), (first, second))


if __name__ == "__main__":
    isolation.enter()
    main()
