# SPDX-License-Identifier: BSD-2-Clause
"""Commands to a card and its responses (ISO/IEC 7816-3, 12.1)."""

import dataclasses

OK = 0x9000
WRONG_LENGTH, NOT_ALLOWED, SECURITY_STATUS, PIN_BLOCKED = 0x6700, 0x6985, 0x6982, 0x6983
WRONG_DATA, NOT_FOUND, WRONG_P1P2, NO_REFERENCE, WRONG_INSTRUCTION, FAILED = 0x6A80, 0x6A82, 0x6A86, 0x6A88, 0x6D00, 0x6F00


@dataclasses.dataclass
class Command:
    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int  # how many bytes the response may have

    @classmethod
    def parse(cls, raw):
        """Raises ValueError where the lengths do not fit."""
        if len(raw) < 4:
            raise ValueError("no header")
        data, le = _body(raw[4:])
        return cls(*raw[:4], data, le)


def _body(body):
    """(data, Le), of short or extended length."""
    if len(body) <= 1:
        return b"", (body[0] if body else 0) or 256
    if body[0]:
        size, rest = body[0], body[1:]
        width, most = 1, 256
    elif len(body) == 3:
        return b"", int.from_bytes(body[1:], "big") or 65536
    else:
        size, rest = int.from_bytes(body[1:3], "big"), body[3:]
        width, most = 2, 65536
    tail = rest[size:]
    if len(rest) < size or len(tail) not in (0, width):
        raise ValueError("the length does not fit the data")
    return rest[:size], int.from_bytes(tail, "big") or most


@dataclasses.dataclass
class Response:
    data: bytes = b""
    status: int = OK
    operation: bool = False  # a private key was used for it

    def encode(self):
        return self.data + self.status.to_bytes(2, "big")
