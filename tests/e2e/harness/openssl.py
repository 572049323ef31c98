# SPDX-License-Identifier: BSD-2-Clause
"""OpenSSL's libcrypto as a judge of signatures: its command is in another package than the library."""

import ctypes
import ctypes.util

_crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
for _name in ("BIO_new_mem_buf", "PEM_read_bio_PUBKEY", "EVP_MD_CTX_new", "EVP_get_digestbyname", "EVP_PKEY_CTX_new"):
    getattr(_crypto, _name).restype = ctypes.c_void_p


def _public_key(pem):
    text = pem.encode()
    bio = ctypes.c_void_p(_crypto.BIO_new_mem_buf(text, -1))
    key = ctypes.c_void_p(_crypto.PEM_read_bio_PUBKEY(bio, None, None, None))
    _crypto.BIO_free(bio)
    assert key, pem
    return key


def verifies(pem, digest, data, signature, salted=False):
    """Whether SIGNATURE (RSA PKCS #1 1.5 or, salted, PSS; ECDSA in DER; Ed25519 with digest None) of DATA was made by the
    key whose public half is PEM."""
    key = _public_key(pem)
    context, key_context = ctypes.c_void_p(_crypto.EVP_MD_CTX_new()), ctypes.c_void_p()
    method = ctypes.c_void_p(_crypto.EVP_get_digestbyname(digest.encode()) if digest else None)
    assert method or not digest, digest
    assert _crypto.EVP_DigestVerifyInit(context, ctypes.byref(key_context), method, None, key) == 1
    if salted:
        assert _crypto.EVP_PKEY_CTX_ctrl_str(key_context, b"rsa_padding_mode", b"pss") == 1
    size, length = ctypes.c_size_t(len(signature)), ctypes.c_size_t(len(data))
    answer = _crypto.EVP_DigestVerify(context, signature, size, data, length)
    _crypto.EVP_MD_CTX_free(context)
    _crypto.EVP_PKEY_free(key)
    return answer == 1


def encrypted(pem, data):
    """By RSA PKCS #1 1.5, for the key whose public half is PEM."""
    key = _public_key(pem)
    context = ctypes.c_void_p(_crypto.EVP_PKEY_CTX_new(key, None))
    size = ctypes.c_size_t(1024)
    out = ctypes.create_string_buffer(size.value)
    assert _crypto.EVP_PKEY_encrypt_init(context) == 1
    assert _crypto.EVP_PKEY_encrypt(context, out, ctypes.byref(size), data, ctypes.c_size_t(len(data))) == 1
    _crypto.EVP_PKEY_CTX_free(context)
    _crypto.EVP_PKEY_free(key)
    return out.raw[: size.value]


def ecdsa(signature):
    """PKCS#11's r and s, side by side, as DER."""
    half = len(signature) // 2
    parts = b"".join(_der(2, number) for number in (signature[:half], signature[half:]))
    return b"\x30" + bytes([len(parts)]) + parts


def _der(tag, number):
    number = number.lstrip(b"\0")
    number = b"\0" * (not number or number[0] >= 0x80) + number
    return bytes([tag, len(number)]) + number
