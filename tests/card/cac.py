# SPDX-License-Identifier: BSD-2-Clause
"""A PKI applet of a Common Access Card of the first kind (GSC-IS 2.1, CAC-1): one certificate in pieces, one RSA key."""

from .apdu import OK, SECURITY_STATUS, Response

_AID = bytes.fromhex("a00000007901")
_UNCOMPRESSED = b"\0"
_MORE = 0x80


class CacKey:
    """NUMBER is that of the applet, 0 to 2."""

    def __init__(self, card, number, key):
        self._card, self._aid, self._key = card, _AID + bytes([number]), key
        self._read = 0
        self._block = b""
        self.commands = {0x20: self._verify, 0x36: self._get_certificate, 0x42: self._sign}

    def answers_to(self, aid):
        return aid.startswith(self._aid)

    def select(self):
        self._read, self._block = 0, b""
        return Response()

    def _verify(self, command):
        return self._card.pin.verify(command.data) if command.data else self._card.pin.ask()

    def _get_certificate(self, command):
        content = _UNCOMPRESSED + self._key.certificate
        piece = content[self._read : self._read + command.le]
        left = len(content) - self._read - len(piece)
        self._read = self._read + len(piece) if left else 0
        return Response(piece, status=0x6300 | min(left, 0xFF) if left else OK)

    def _sign(self, command):
        if not self._card.pin.verified:
            return Response(status=SECURITY_STATUS)
        self._block += command.data
        if command.p1 & _MORE:
            return Response()
        block, self._block = self._block, b""
        return Response(self._key.use(block), operation=True)
