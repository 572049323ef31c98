# SPDX-License-Identifier: BSD-2-Clause
"""The libraries that read cards, each with a virtual one in the reader of a private pcscd."""

from .card import Reader
from .card_case import PIN, STACKS
from .stack import Stack


class CardStack(Stack):
    """Named as in card_case.STACKS, the keys as the slots of a PIV card: 9a, 9c, 9d."""

    pin = PIN
    more = {}  # keys beside those that a card needs there

    def make(self):
        what = STACKS[self.name]
        self.module = what.library
        self._reader = Reader(self.sandbox, what.reader)
        card = self._reader.card(what.keys | self.more, pin=self.pin, kinds=what.kinds)
        card.insert()
        self.keys = card.keys

    def close(self):
        self._reader.close()
        super().close()


class OpenSC(CardStack):
    name = "OpenSC"


class Ykcs11(CardStack):
    name = "ykcs11"


class Coolkey(CardStack):
    name = "coolkey"


class Cackey(CardStack):
    name = "cackey"
    more = {"9c": "rsa:2048"}
