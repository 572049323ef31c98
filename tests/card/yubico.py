# SPDX-License-Identifier: BSD-2-Clause
"""What a YubiKey answers beyond PIV: version, serial number and metadata, and the applet that tells the serial number of old ones."""

from . import tlv
from .apdu import NO_REFERENCE, Response
from .pin import TRIES
from .piv import Piv

_VERSION = bytes.fromhex("050403")
_OTP = bytes.fromhex("a000000527200101")
_PIN, _MANAGEMENT, _ALWAYS = 0x80, 0x9B, 0x9C
_GENERATED = b"\x01"


class YubicoPiv(Piv):
    def __init__(self, card):
        super().__init__(card)
        self.commands |= {0xFD: self._version, 0xF8: self._serial, 0xF7: self._metadata}

    def _version(self, _):
        return Response(_VERSION)

    def _serial(self, _):
        return Response(self._card.serial.to_bytes(4, "big"))

    def _metadata(self, command):
        reference = command.p2
        if reference == _MANAGEMENT:
            return Response(bytes.fromhex("01010302020001050101"))
        if reference == _PIN:
            return Response(bytes.fromhex("0101ff050100") + tlv.encode("06", bytes([TRIES, self._card.pin.tries])))
        key = self._card.keys.get(reference)
        if not key:
            return Response(status=NO_REFERENCE)
        policy = bytes([3 if reference == _ALWAYS else 2, 1])  # PIN always or once; touch never
        return Response(
            tlv.encode("01", bytes([key.algorithm])) + tlv.encode("02", policy) + tlv.encode("03", _GENERATED) + tlv.encode("04", key.public())
        )


class Otp:
    commands = {}

    def answers_to(self, aid):
        return aid == _OTP

    def select(self):
        return Response(_VERSION + bytes.fromhex("010500000000"))
