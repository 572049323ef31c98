#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""encrypt.py MODULE ID MECHANISM DATA OUT: encrypts a file with a public key, for which pkcs11-tool has no word."""

import pathlib
import sys

import cryptoki

MECHANISMS = {"RSA-PKCS": (1, []), "RSA-X-509": (3, []), "RSA-PKCS-OAEP": (9, [0x220, 1, 1, 0, 0])}  # SHA-1 and its mask


def main(module, wanted, mechanism, data, out):
    client = cryptoki.Cryptoki(module)
    for key in client.objects(cryptoki.CKO_PUBLIC_KEY):
        if client.attribute(key, cryptoki.CKA_ID) == bytes.fromhex(wanted):
            pathlib.Path(out).write_bytes(client.encrypt(key, *MECHANISMS[mechanism], pathlib.Path(data).read_bytes()))
            break
    else:
        raise SystemExit("no such key")
    client.close()


main(*sys.argv[1:])
