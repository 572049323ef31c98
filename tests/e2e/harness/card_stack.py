# SPDX-License-Identifier: BSD-2-Clause
"""The libraries that read cards, each with a virtual one in the reader of a private pcscd."""

import contextlib

from . import pcsc
from .card import Reader
from .card_case import PIN, STACKS
from .stack import Stack


class CardStack(Stack):
    """Named as in card_case.STACKS, the keys as the slots of a PIV card: 9a, 9c, 9d."""

    pin = PIN
    held = False  # is something connected with the card all the time?
    more = {}  # keys beside those that a card needs there

    def make(self):
        self._stay = contextlib.ExitStack()
        what = STACKS[self.name]
        self.module = what.library
        self._reader = Reader(self.sandbox, what.reader)
        self.card = self._reader.card(what.keys | self.more, pin=self.pin, kinds=what.kinds)
        self.card.insert()
        self.keys = self.card.keys
        if self.held:
            self._stay.enter_context(pcsc.held())

    def close(self):
        self._stay.close()
        self._reader.close()
        super().close()


class OpenSC(CardStack):
    name = "OpenSC"


class Ykcs11(CardStack):
    name = "ykcs11"


class Coolkey(CardStack):
    name = "coolkey"


class Cackey(CardStack):
    """It is not connected with the card all the time, and would find it switched off, and the login gone, a second after ssh-add."""

    name = "cackey"
    held = True
    more = {"9c": "rsa:2048"}
