# SPDX-License-Identifier: BSD-2-Clause
"""The PIV application (SP 800-73-4, part 2): what a host needs that reads certificates and signs."""

from . import tlv
from .apdu import NO_REFERENCE, NOT_FOUND, SECURITY_STATUS, WRONG_DATA, WRONG_P1P2, Response

_AID = bytes.fromhex("a000000308")
_VERSION = bytes.fromhex("000010000100")
_RETIRED = range(0x82, 0x96)
_CERTIFICATES = {0x9A: "5fc105", 0x9C: "5fc10a", 0x9D: "5fc10b", 0x9E: "5fc101"} | {slot: f"5fc1{slot - 0x75:02x}" for slot in _RETIRED}
_ALWAYS, _NEVER, _MANAGEMENT, _PIN = 0x9C, 0x9E, 0x9B, 0x80
_NON_FEDERAL = "d4e739da739ced39ce739d836858210842108421c84210c3eb"  # a FASC-N of agency 9999: readers go by the GUID


class Piv:
    def __init__(self, card):
        self._card = card
        self._objects = self._read_only_objects()
        self.commands = {0xCB: self._get_data, 0x20: self._verify, 0x87: self._authenticate}

    def answers_to(self, aid):
        return len(aid) >= len(_AID) and aid.startswith(_AID)

    def select(self):
        self._card.pin.forget()
        return Response(tlv.encode("61", tlv.encode("4f", _VERSION), tlv.encode("79", tlv.encode("4f", _AID))))

    def _get_data(self, command):
        if (command.p1, command.p2) != (0x3F, 0xFF):
            return Response(status=WRONG_P1P2)
        found = self._objects.get(tlv.decode(command.data).get("5c", b"").hex())
        return Response(found) if found else Response(status=NOT_FOUND)

    def _verify(self, command):
        pin = self._card.pin
        if command.p2 != _PIN:
            return Response(status=NO_REFERENCE)
        if command.p1 == 0xFF:
            pin.forget()
            return Response()
        return pin.verify(command.data) if command.data else pin.ask()

    def _authenticate(self, command):
        slot = command.p2
        key = self._card.keys.get(slot)
        if not key:
            return Response(status=SECURITY_STATUS if slot == _MANAGEMENT else NO_REFERENCE)
        if command.p1 != key.algorithm:
            return Response(status=WRONG_P1P2)
        if slot != _NEVER and not self._card.pin.verified or slot == _ALWAYS and not self._card.pin.fresh:
            return Response(status=SECURITY_STATUS)
        wanted = tlv.decode(tlv.decode(command.data).get("7c", b"")).get("81")
        if wanted is None:
            return Response(status=WRONG_DATA)
        return Response(tlv.encode("7c", tlv.encode("82", key.use(wanted))), operation=True)

    def _read_only_objects(self):
        empty = [tlv.encode(tag) for tag in ("f3", "f6", "f7", "fa", "fb", "fc", "fd", "fe")]
        guid = bytes.fromhex("00112233445566778899aabb") + self._card.serial.to_bytes(4, "big")
        identifier = tlv.encode("30", bytes.fromhex(_NON_FEDERAL)) + tlv.encode("34", guid) + tlv.encode("35", b"20401231")
        container = tlv.encode("f0", bytes.fromhex("a000000116ff02") + guid[2:]) + tlv.encode("f1", b"\x21") + tlv.encode("f2", b"\x21")
        objects = {
            "5fc102": tlv.encode("53", identifier, tlv.encode("3e"), tlv.encode("fe")),
            "5fc107": tlv.encode("53", container, tlv.encode("f4", b"\0"), tlv.encode("f5", b"\x10"), *empty),
            "7e": tlv.encode("7e", tlv.encode("4f", _AID + _VERSION), tlv.encode("5f2f", b"\x40\0")),
        }
        retired = [slot for slot in self._card.keys if slot in _RETIRED]
        if retired:
            objects["5fc10c"] = tlv.encode("53", tlv.encode("c1", bytes([len(retired)])), tlv.encode("c2", b"\0"), tlv.encode("fe"))
        for slot, key in self._card.keys.items():
            objects[_CERTIFICATES[slot]] = tlv.encode("53", tlv.encode("70", key.certificate), tlv.encode("71", b"\0"), tlv.encode("fe"))
        return objects
