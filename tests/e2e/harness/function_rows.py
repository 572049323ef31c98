# SPDX-License-Identifier: BSD-2-Clause
"""How each function of PKCS#11 is called, and what it answers to a user for a key that the policy gives him."""

import struct
import typing

PIN, OTHER_PIN = "zebra-73502918", "otter-46018273"
RV = {
    "OK": 0x0, "GENERAL_ERROR": 0x5, "FUNCTION_FAILED": 0x6, "ARGUMENTS_BAD": 0x7, "NO_EVENT": 0x8, "DATA_LEN_RANGE": 0x21,
    "DEVICE_ERROR": 0x30, "FUNCTION_NOT_PARALLEL": 0x51, "FUNCTION_NOT_SUPPORTED": 0x54, "KEY_HANDLE_INVALID": 0x60, "KEY_TYPE_INCONSISTENT": 0x63, "KEY_FUNCTION_NOT_PERMITTED": 0x68,
    "MECHANISM_INVALID": 0x70, "OBJECT_HANDLE_INVALID": 0x82, "OPERATION_NOT_INITIALIZED": 0x91, "PIN_INCORRECT": 0xA0,
    "SESSION_HANDLE_INVALID": 0xB3, "SIGNATURE_INVALID": 0xC0, "TOKEN_WRITE_PROTECTED": 0xE2, "USER_ALREADY_LOGGED_IN": 0x100,
    "USER_NOT_LOGGED_IN": 0x101, "RANDOM_SEED_NOT_SUPPORTED": 0x120, "CRYPTOKI_ALREADY_INITIALIZED": 0x191, "FUNCTION_REJECTED": 0x200,
}
NAME_OF = {number: name for name, number in RV.items()}
SUPPORTED, PROTECTED, PARALLEL = "FUNCTION_NOT_SUPPORTED", "TOKEN_WRITE_PROTECTED", "FUNCTION_NOT_PARALLEL"
CKM_RSA_PKCS, CKM_RSA_KEY_PAIR, CKM_SHA256_RSA, CKM_SHA256, CKM_ECDSA, CKM_EDDSA, CKM_AES_KEY = 0x1, 0x0, 0x40, 0x250, 0x1041, 0x1057, 0x1080
CKA_CLASS, CKA_TOKEN, CKA_LABEL, CKA_ID = 0x0, 0x1, 0x3, 0x102
PUBLIC, PRIVATE = 2, 3
DATA = b"what is signed, digested and decrypted"
SERIAL = 4  # CKF_SERIAL_SESSION


class Row(typing.NamedTuple):
    """A function: its arguments, where names in braces stand for what the user has, and what it answers for a permitted key under each preset.
    SoftHSM itself does not recover data from signatures."""

    arguments: tuple
    ssh: str
    read_only: str
    before: tuple = ()  # (function, arguments): what has to go before


def template(**attributes):
    names = {"label": CKA_LABEL, "kind": CKA_CLASS, "token": CKA_TOKEN}
    return [[names[name], value.hex()] for name, value in attributes.items()]


def number(value):
    return struct.pack("@L", value)


HEX, RSA, HASHING, SIGNING = DATA.hex(), [CKM_RSA_PKCS, ""], [CKM_SHA256, ""], [CKM_SHA256_RSA, ""]
OBJECT = template(kind=number(0), label=b"mine")
BEGUN = {
    "find": ("C_FindObjectsInit", ("{session}", [])),
    "encrypt": ("C_EncryptInit", ("{session}", RSA, "{public}")),
    "decrypt": ("C_DecryptInit", ("{session}", RSA, "{private}")),
    "digest": ("C_DigestInit", ("{session}", HASHING)),
    "sign": ("C_SignInit", ("{session}", RSA, "{private}")),
    "sign in parts": ("C_SignInit", ("{session}", SIGNING, "{private}")),
    "verify": ("C_VerifyInit", ("{session}", RSA, "{public}")),
    "verify in parts": ("C_VerifyInit", ("{session}", SIGNING, "{public}")),
}
TABLE = {
    "C_Initialize": Row((), "CRYPTOKI_ALREADY_INITIALIZED", "CRYPTOKI_ALREADY_INITIALIZED"),
    "C_Finalize": Row((), "OK", "OK"),
    "C_GetInfo": Row((), "OK", "OK"),
    "C_GetFunctionList": Row((), "OK", "OK"),
    "C_GetSlotList": Row((1,), "OK", "OK"),
    "C_GetSlotInfo": Row(("{slot}",), "OK", "OK"),
    "C_GetTokenInfo": Row(("{slot}",), "OK", "OK"),
    "C_GetMechanismList": Row(("{slot}",), "OK", "OK"),
    "C_GetMechanismInfo": Row(("{slot}", CKM_RSA_PKCS), "OK", "OK"),
    "C_InitToken": Row(("{slot}", b"12345678".hex(), b"gone".ljust(32).hex()), SUPPORTED, PROTECTED),
    "C_InitPIN": Row(("{session}", OTHER_PIN.encode().hex()), SUPPORTED, PROTECTED),
    "C_SetPIN": Row(("{session}", PIN.encode().hex(), OTHER_PIN.encode().hex()), SUPPORTED, PROTECTED),
    "C_OpenSession": Row(("{slot}", SERIAL), "OK", "OK"),
    "C_CloseSession": Row(("{session}",), "OK", "OK"),
    "C_CloseAllSessions": Row(("{slot}",), "OK", "OK"),
    "C_GetSessionInfo": Row(("{session}",), "OK", "OK"),
    "C_GetOperationState": Row(("{session}",), SUPPORTED, SUPPORTED, BEGUN["digest"]),
    "C_SetOperationState": Row(("{session}", HEX, "{private}", "{private}"), SUPPORTED, SUPPORTED),
    "C_Login": Row(("{session}", 1, PIN.encode().hex()), "OK", "OK"),
    "C_Logout": Row(("{session}",), "OK", "OK"),
    "C_CreateObject": Row(("{session}", OBJECT), SUPPORTED, PROTECTED),
    "C_CopyObject": Row(("{session}", "{public}", template(label=b"mine")), SUPPORTED, PROTECTED),
    "C_DestroyObject": Row(("{session}", "{private}"), SUPPORTED, PROTECTED),
    "C_GetObjectSize": Row(("{session}", "{private}"), "OK", "OK"),
    "C_GetAttributeValue": Row(("{session}", "{private}", [CKA_LABEL, CKA_ID]), "OK", "OK"),
    "C_SetAttributeValue": Row(("{session}", "{private}", template(label=b"mine")), SUPPORTED, PROTECTED),
    "C_FindObjectsInit": Row(("{session}", []), "OK", "OK"),
    "C_FindObjects": Row(("{session}", 64), "OK", "OK", BEGUN["find"]),
    "C_FindObjectsFinal": Row(("{session}",), "OK", "OK", BEGUN["find"]),
    "C_EncryptInit": Row(("{session}", RSA, "{public}"), SUPPORTED, "OK"),
    "C_Encrypt": Row(("{session}", HEX), SUPPORTED, "OK", BEGUN["encrypt"]),
    "C_EncryptUpdate": Row(("{session}", HEX), SUPPORTED, SUPPORTED, BEGUN["encrypt"]),
    "C_EncryptFinal": Row(("{session}",), SUPPORTED, SUPPORTED, BEGUN["encrypt"]),
    "C_DecryptInit": Row(("{session}", RSA, "{private}"), SUPPORTED, "OK"),
    "C_Decrypt": Row(("{session}", "{secret}"), SUPPORTED, "OK", BEGUN["decrypt"]),
    "C_DecryptUpdate": Row(("{session}", "{secret}"), SUPPORTED, SUPPORTED, BEGUN["decrypt"]),
    "C_DecryptFinal": Row(("{session}",), SUPPORTED, SUPPORTED, BEGUN["decrypt"]),
    "C_DigestInit": Row(("{session}", HASHING), "OK", "OK"),
    "C_Digest": Row(("{session}", HEX), "OK", "OK", BEGUN["digest"]),
    "C_DigestUpdate": Row(("{session}", HEX), "OK", "OK", BEGUN["digest"]),
    "C_DigestKey": Row(("{session}", "{private}"), SUPPORTED, SUPPORTED, BEGUN["digest"]),
    "C_DigestFinal": Row(("{session}",), "OK", "OK", BEGUN["digest"]),
    "C_SignInit": Row(("{session}", RSA, "{private}"), "OK", "OK"),
    "C_Sign": Row(("{session}", HEX), "OK", "OK", BEGUN["sign"]),
    "C_SignUpdate": Row(("{session}", HEX), "OK", "OK", BEGUN["sign in parts"]),
    "C_SignFinal": Row(("{session}",), "OK", "OK", BEGUN["sign in parts"]),
    "C_SignRecoverInit": Row(("{session}", RSA, "{private}"), SUPPORTED, SUPPORTED),
    "C_SignRecover": Row(("{session}", HEX), SUPPORTED, "OPERATION_NOT_INITIALIZED"),
    "C_VerifyInit": Row(("{session}", RSA, "{public}"), "OK", "OK"),
    "C_Verify": Row(("{session}", HEX, "{signature}"), "OK", "OK", BEGUN["verify"]),
    "C_VerifyUpdate": Row(("{session}", HEX), "OK", "OK", BEGUN["verify in parts"]),
    "C_VerifyFinal": Row(("{session}", "{signature}"), "OPERATION_NOT_INITIALIZED", "OPERATION_NOT_INITIALIZED"),
    "C_VerifyRecoverInit": Row(("{session}", RSA, "{public}"), SUPPORTED, SUPPORTED),
    "C_VerifyRecover": Row(("{session}", "{signature}"), "OPERATION_NOT_INITIALIZED", "OPERATION_NOT_INITIALIZED"),
    "C_DigestEncryptUpdate": Row(("{session}", HEX), SUPPORTED, SUPPORTED, BEGUN["digest"]),
    "C_DecryptDigestUpdate": Row(("{session}", HEX), SUPPORTED, SUPPORTED, BEGUN["digest"]),
    "C_SignEncryptUpdate": Row(("{session}", HEX), SUPPORTED, SUPPORTED, BEGUN["sign in parts"]),
    "C_DecryptVerifyUpdate": Row(("{session}", HEX), SUPPORTED, SUPPORTED, BEGUN["verify in parts"]),
    "C_GenerateKey": Row(("{session}", [CKM_AES_KEY, ""], template(token=b"\1")), SUPPORTED, PROTECTED),
    "C_GenerateKeyPair": Row(("{session}", [CKM_RSA_KEY_PAIR, ""], template(token=b"\1"), template(token=b"\1")), SUPPORTED, PROTECTED),
    "C_WrapKey": Row(("{session}", RSA, "{public}", "{private}"), SUPPORTED, SUPPORTED),
    "C_UnwrapKey": Row(("{session}", RSA, "{private}", HEX, template(token=b"\1")), SUPPORTED, PROTECTED),
    "C_DeriveKey": Row(("{session}", [CKM_ECDSA, ""], "{private}", template(token=b"\1")), SUPPORTED, PROTECTED),
    "C_SeedRandom": Row(("{session}", HEX), "OK", "OK"),
    "C_GenerateRandom": Row(("{session}",), "OK", "OK"),
    "C_GetFunctionStatus": Row(("{session}",), PARALLEL, PARALLEL),
    "C_CancelFunction": Row(("{session}",), PARALLEL, PARALLEL),
    "C_WaitForSlotEvent": Row((1,), "NO_EVENT", "NO_EVENT"),
}
