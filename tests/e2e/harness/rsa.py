# SPDX-License-Identifier: BSD-2-Clause
"""RSA signatures, verified by nothing but Python."""

import base64


def is_signed(line, data, signature):
    """By the RSA key of a line of authorized_keys, with the padding of PKCS #1 v1.5."""
    blob, fields = base64.b64decode(line.split()[1]), []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        fields.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    exponent, modulus = (int.from_bytes(field, "big") for field in fields[1:])
    size = (modulus.bit_length() + 7) // 8
    found = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    return len(signature) == size and found == b"\0\1" + b"\xff" * (size - 3 - len(data)) + b"\0" + data
