# SPDX-License-Identifier: BSD-2-Clause
"""A card: keys, a PIN and applications; what it was asked is counted."""

import collections

from .apdu import NOT_ALLOWED, NOT_FOUND, OK, WRONG_DATA, WRONG_INSTRUCTION, WRONG_LENGTH, Command, Response
from .cac import CacKey
from .keys import Key
from .pin import Pin
from .piv import Piv
from .yubico import Otp, YubicoPiv

_SELECT, _GET_RESPONSE, _VERIFY, _SIGN, _CHAINED = 0xA4, 0xC0, 0x20, (0x87, 0x42), 0x10
_KINDS = {
    _SELECT: "select", _GET_RESPONSE: "get response", 0xCB: "get data", 0x36: "get certificate",
    0xFD: "yubico", 0xF8: "yubico", 0xF7: "yubico",
}


class Card:
    """SERIAL is a number, KEYS a map of slots in hexadecimal to kinds of keys; KINDS may name "yubico" and "cac". The certificates are
    the HOLDER's: coolkey and cackey make the token's label from the first one's name, and have no serial number."""

    def __init__(self, serial, keys, pin, holder, kinds=()):
        self.serial = serial
        self.keys = {int(slot, 16): Key(kind, f"{holder} {slot}") for slot, kind in keys.items()}
        self.pin = Pin(pin)
        self.counts = collections.Counter()
        self._applications = [YubicoPiv(self), Otp()] if "yubico" in kinds else [Piv(self)]
        if "cac" in kinds:
            self._applications += [CacKey(self, number, key) for number, key in enumerate(self.keys.values())]
        self.reset()

    def reset(self):
        """Power was off: all is forgotten but the tries."""
        self.pin.forget()
        self._selected = None
        self._chain = b""
        self._rest = b""

    def transmit(self, raw):
        try:
            command = Command.parse(raw)
        except ValueError:
            return Response(status=WRONG_LENGTH)
        try:
            answer = self._perform(command)
        except (IndexError, ValueError):
            answer = Response(status=WRONG_DATA)
        self._count(command, answer)
        return answer

    def _perform(self, command):
        if command.ins == _GET_RESPONSE:
            rest, self._rest = self._rest, b""
            return self._cut(Response(rest), command.le) if rest else Response(status=NOT_ALLOWED)
        self._rest = b""
        self._chain += command.data
        if command.cla & _CHAINED:
            return Response()
        command.data, self._chain = self._chain, b""
        if command.ins == _SELECT and command.p1 == 4:
            return self._cut(self._select(command.data), command.le)
        perform = self._selected.commands.get(command.ins) if self._selected else None
        answer = self._cut(perform(command), command.le) if perform else Response(status=WRONG_INSTRUCTION)
        if command.ins != _VERIFY:
            self.pin.fresh = False
        return answer

    def _select(self, aid):
        for application in self._applications:
            if application.answers_to(aid):
                self._selected = application
                return application.select()
        return Response(status=NOT_FOUND)

    def _cut(self, answer, size):
        """What does not fit is fetched by GET RESPONSE."""
        if len(answer.data) <= size:
            return answer
        self._rest = answer.data[size:]
        left = len(self._rest)
        return Response(answer.data[:size], 0x6100 | (left if left < 0x100 else 0), answer.operation)

    def _count(self, command, answer):
        self.counts["all"] += 1
        self.counts[self._kind(command, answer)] += 1

    def _kind(self, command, answer):
        if answer.operation:
            return "sign"
        if command.cla & _CHAINED or command.ins in _SIGN and answer.status == OK:
            return "chained"
        if command.ins in _SIGN:
            return "sign refused"
        if command.ins == _VERIFY:
            return "verify asked" if not command.data else "verify right" if answer.status == OK else "verify wrong"
        return _KINDS.get(command.ins, "other")
