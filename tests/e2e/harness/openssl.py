# SPDX-License-Identifier: BSD-2-Clause
"""OpenSSL's libcrypto as a judge of signatures: its command is in another package than the library."""

import ctypes
import ctypes.util

_crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
for _name in ("BIO_new_mem_buf", "PEM_read_bio_PUBKEY", "EVP_MD_CTX_new", "EVP_get_digestbyname"):
    getattr(_crypto, _name).restype = ctypes.c_void_p


def verifies(pem, digest, data, signature, salted=False):
    """Whether SIGNATURE (RSA PKCS #1 1.5 or, salted, PSS; ECDSA in DER; Ed25519 with digest None) of DATA was made by the
    key whose public half is PEM."""
    bio = ctypes.c_void_p(_crypto.BIO_new_mem_buf(pem.encode(), -1))
    key = ctypes.c_void_p(_crypto.PEM_read_bio_PUBKEY(bio, None, None, None))
    context, key_context = ctypes.c_void_p(_crypto.EVP_MD_CTX_new()), ctypes.c_void_p()
    method = ctypes.c_void_p(_crypto.EVP_get_digestbyname(digest.encode()) if digest else None)
    assert key and (method or not digest), (pem, digest)
    assert _crypto.EVP_DigestVerifyInit(context, ctypes.byref(key_context), method, None, key) == 1
    if salted:
        assert _crypto.EVP_PKEY_CTX_ctrl_str(key_context, b"rsa_padding_mode", b"pss") == 1
    size, length = ctypes.c_size_t(len(signature)), ctypes.c_size_t(len(data))
    answer = _crypto.EVP_DigestVerify(context, signature, size, data, length)
    _crypto.EVP_MD_CTX_free(context)
    _crypto.EVP_PKEY_free(key)
    _crypto.BIO_free(bio)
    return answer == 1
