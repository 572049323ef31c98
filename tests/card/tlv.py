# SPDX-License-Identifier: BSD-2-Clause
"""BER-TLV as cards use it (ISO/IEC 7816-4, 5.2): tags are text in hexadecimal, values bytes."""


def encode(tag, *values):
    value = b"".join(values)
    size = len(value)
    length = bytes([size]) if size < 0x80 else bytes([0x81, size]) if size < 0x100 else b"\x82" + size.to_bytes(2, "big")
    return bytes.fromhex(tag) + length + value


def decode(data):
    """The values of one level by their tags; IndexError if the data ends too early."""
    found = {}
    at = 0
    while at < len(data):
        end = at + 1
        if data[at] & 0x1F == 0x1F:
            while data[end] & 0x80:
                end += 1
            end += 1
        tag = data[at:end].hex()
        size, at = data[end], end + 1
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise IndexError(tag)
        found[tag] = data[at : at + size]
        at += size
    return found
