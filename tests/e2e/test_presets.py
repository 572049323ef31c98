#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Public keys of p11gate's making against SoftHSM's private ones; preset: read-only; functions, mechanisms and digests narrowed."""

import pathlib
import re
import sys

from harness import main, programs, rows
from test_clients import EC, LOGIN, RSA, Client

ENCRYPT = pathlib.Path(__file__).parent / "harness" / "encrypt.py"
READ_ONLY = {"preset": "read-only"}
PSS = ("--hash-algorithm", "SHA256", "--mgf", "MGF1-SHA256")


class Presets(Client):
    def setUp(self):
        super().setUp()
        self.data, self.out = self.sandbox.folder / "data", self.sandbox.folder / "out"

    def sign(self, data, mechanism, *words, module=programs.MODULE):
        """A signature by SoftHSM's private key, in a file."""
        self.data.write_bytes(data)
        return self.client(*LOGIN, "--sign", "-m", mechanism, "-i", self.data, "-o", self.out, *words, module=module)

    def encrypt(self, secret, mechanism, id="01"):
        """By a program of its own, as it may be watched for errors of memory."""
        self.data.write_bytes(secret)
        words = (ENCRYPT, programs.MODULE, id, mechanism, self.data, self.out)
        result = self.sandbox.run(sys.executable, *words, environment=self.sandbox.instrument.preload())
        self.assertTrue(result.ok, str(result))

    def decrypted(self, mechanism, *words, module=programs.MODULE):
        again = self.sandbox.folder / "again"
        self.output(*LOGIN, "--decrypt", "-m", mechanism, "-i", self.out, "-o", again, *words, module=module)
        return again.read_bytes()

    def verify(self, mechanism, *words):
        words = ("-m", mechanism, "-i", self.data, "--signature-file", self.out, "--id", "01", *words)
        return self.client("--verify", *words)


class MadeKeys(Presets):
    """Token A has no public key object: p11gate makes it of the certificate."""

    @rows(
        {"TYPE": RSA, "mechanism": "RSA-PKCS", "size": 51, "words": []},
        {"TYPE": RSA, "mechanism": "SHA1-RSA-PKCS", "size": 3, "words": []},
        {"TYPE": RSA, "mechanism": "SHA256-RSA-PKCS", "size": 100000, "words": []},
        {"TYPE": RSA, "mechanism": "SHA512-RSA-PKCS", "size": 3, "words": []},
        {"TYPE": RSA, "mechanism": "SHA256-RSA-PKCS-PSS", "size": 100000, "words": ["--salt-len=-1"]},
        {"TYPE": RSA, "mechanism": "RSA-PKCS-PSS", "size": 32, "words": [*PSS, "--salt-len=20"]},
        {"TYPE": EC, "mechanism": "ECDSA", "size": 32, "words": []},
        {"TYPE": "ec:P-384", "mechanism": "ECDSA", "size": 48, "words": []},
        {"TYPE": "ec:P-521", "mechanism": "ECDSA", "size": 64, "words": []},
        {"TYPE": "ed25519", "mechanism": "EDDSA", "size": 40, "words": []},
        {"TYPE": "ed448", "mechanism": "EDDSA", "size": 40, "words": []},
    )
    def test_a_made_public_key_verifies_the_token_s_signature_and_no_other(self, TYPE, mechanism, size, words):
        self.token("A", TYPE=TYPE)
        self.gate("all")
        signed = self.sign(b"x" * size, mechanism, *words)
        self.assertTrue(signed.ok, str(signed))
        self.assertIn("Signature is valid", self.verify(mechanism, *words).stdout)
        self.data.write_bytes(b"x" * (size - 1) + b"y")
        self.assertIn("Invalid signature", self.verify(mechanism, *words).stdout)
        self.data.write_bytes(b"x" * size)
        signature = bytearray(self.out.read_bytes())
        signature[len(signature) // 2] ^= 1
        self.out.write_bytes(signature)
        self.assertIn("Invalid signature", self.verify(mechanism, *words).stdout)

    @rows({"TYPE": "ed448", "shown": True}, {"TYPE": "ed25519", "shown": False}, {"TYPE": EC, "shown": False})
    def test_an_Ed448_key_is_permitted_by_its_type(self, TYPE, shown):
        self.token("A", TYPE=TYPE)
        self.gate([{"key": {"type": "ed448", "curve": "ed448", "bits": ">=448"}}])
        result = self.client("-O", "--type", "pubkey")
        self.assertEqual(shown, "user 1" in result.stdout, str(result))

    def test_verifying_with_it_takes_no_login_and_no_call_of_the_vendor(self):
        self.token("A")
        self.gate("all")
        self.sign(b"some text", "SHA256-RSA-PKCS")
        spy = self.spy()
        self.gate("all", module=programs.SPY)
        self.assertIn("Signature is valid", self.verify("SHA256-RSA-PKCS").stdout)
        self.assertEqual((0, 0), (spy.counts["C_VerifyInit"], spy.counts["C_Login"]))

    @rows({"preset": "ssh", "usage": "verify"}, {"preset": "read-only", "usage": "encrypt, verify"})
    def test_its_usage_says_what_it_does(self, preset, usage):
        self.token("A")
        self.gate("all", preset=preset)
        listed = self.output("-O", "--type", "pubkey")
        found = re.search(r"(?m)^  Usage: +(.*)$", listed)[1]
        self.assertEqual(set(usage.split(", ")), set(found.split(", ")) & {"encrypt", "verify", "wrap", "derive", "sign"})

    @rows(
        {"mechanism": "RSA-PKCS", "words": []},
        {"mechanism": "RSA-PKCS-OAEP", "words": ["--hash-algorithm", "SHA-1"]},
        {"mechanism": "RSA-X-509", "words": []},
    )
    def test_what_it_encrypts_the_token_decrypts(self, mechanism, words):
        self.token("A")
        secret = b"a secret" if mechanism != "RSA-X-509" else b"\1" * 256
        self.gate("all", **READ_ONLY)
        self.encrypt(secret, mechanism)
        self.assertNotIn(secret, self.out.read_bytes())
        self.assertEqual(secret, self.decrypted(mechanism, *words))
        self.assertEqual(secret, self.decrypted(mechanism, *words, module=programs.VENDOR))

    def test_under_preset_ssh_it_does_not_encrypt(self):
        self.token("A")
        self.gate("all")
        with self.assertRaisesRegex(AssertionError, "C_EncryptInit: 0x54"):  # CKR_FUNCTION_NOT_SUPPORTED
            self.encrypt(b"a secret", "RSA-PKCS")


class ReadOnly(Presets):
    def setUp(self):
        super().setUp()
        self.token("no-sign")
        self.before = self.objects(*LOGIN, module=programs.VENDOR)

    def tearDown(self):
        self.assertEqual(self.before, self.objects(*LOGIN, module=programs.VENDOR))
        super().tearDown()

    def test_keys_that_do_not_sign_are_shown_and_decrypt(self):
        self.gate("all")
        self.assertEqual({"user 1"}, {label for _, label in self.objects(*LOGIN)})
        self.gate("all", **READ_ONLY)
        self.assertEqual({"user 1", "user 2"}, {label for _, label in self.objects(*LOGIN)})
        self.encrypt(b"a secret", "RSA-PKCS", id="02")
        self.assertEqual(b"a secret", self.decrypted("RSA-PKCS", "--id", "02"))

    def test_a_key_that_wants_its_PIN_for_each_use_decrypts_with_it(self):
        self.token("always-authenticate")
        self.before = self.objects(*LOGIN, module=programs.VENDOR)
        spy = self.spy()
        self.gate("all", module=programs.SPY, **READ_ONLY)
        self.encrypt(b"a secret", "RSA-PKCS")
        self.assertEqual(b"a secret", self.decrypted("RSA-PKCS", "--id", "01"))
        self.assertEqual(2, spy.counts["C_Login"])

    @rows(
        {"words": "--write-object DATA --type data --label new", "function": "C_CreateObject"},
        {"words": "--delete-object --type privkey --id 01", "function": "C_DestroyObject"},
        {"words": "--set-id 0a --type privkey --id 01", "function": "C_SetAttributeValue"},
        {"words": "--change-pin --new-pin 5678", "function": "C_SetPIN"},
        {"words": "--unwrap -m RSA-PKCS --id 01 -i DATA --key-type AES:16", "function": "C_UnwrapKey"},
    )
    def test_what_would_change_the_token_is_write_protected(self, words, function):
        self.gate("all", **READ_ONLY)
        self.data.write_bytes(b"x" * 256)
        result = self.client(*LOGIN, *words.replace("DATA", str(self.data)).split(), timeout=20)
        self.assertRegex(
            result.stdout + result.stderr, rf"{function}(\(\))?( failed:|: rv =|:).*CKR_TOKEN_WRITE_PROTECTED"
        )

    def test_ssh_logs_in_under_it(self):
        token = self.token("one")
        self.before = self.objects(*LOGIN, module=programs.VENDOR)
        self.gate("all", **READ_ONLY)
        login = self.login(self.server(token.public_key("user1")), programs.MODULE)
        self.assertLogin(login, [token.fingerprint("user1")])


class Narrowed(Presets):
    """One key, whose rule or whose configuration takes something away."""

    def login_by(self, token, algorithm):
        server = self.server(token.public_key("user1"))
        return self.login(server, programs.MODULE, options={"PubkeyAcceptedAlgorithms": algorithm})

    @rows(
        {"digests": ["sha256"], "good": "rsa-sha2-256", "bad": "rsa-sha2-512"},
        {"digests": ["sha512"], "good": "rsa-sha2-512", "bad": "rsa-sha2-256"},
    )
    def test_ssh_logs_in_by_a_permitted_digest_alone(self, digests, good, bad):
        token = self.token("one")
        self.gate([{"id": "01", "use": {"digests": digests}}])
        self.assertLogin(self.login_by(token, good), [token.fingerprint("user1")])
        self.assertNoLogin(self.login_by(token, bad))

    @rows({"TYPE": EC, "good": "sha256", "bad": "sha512"}, {"TYPE": "ec:P-384", "good": "sha384", "bad": "sha256"})
    def test_an_ECDSA_login_is_judged_by_the_hash_of_its_curve(self, TYPE, good, bad):
        token = self.token("one", TYPE=TYPE)
        server = self.server(token.public_key("user1"))
        self.gate([{"id": "01", "use": {"digests": [bad]}}])
        self.assertNoLogin(self.login(server, programs.MODULE))
        self.gate([{"id": "01", "use": {"digests": [good]}}])
        self.assertLogin(self.login(server, programs.MODULE))

    def test_without_signing_functions_nobody_logs_in(self):
        token = self.token("one")
        server = self.server(token.public_key("user1"))
        spy = self.spy()
        self.gate("all", module=programs.SPY, functions={"deny": ["sign"]})
        self.assertNoLogin(self.login(server, programs.MODULE))
        self.assertEqual(0, spy.counts["C_SignInit"])

    def test_a_denied_hash_takes_its_mechanisms_away(self):
        self.token("one")
        self.gate("all", mechanisms={"deny": ["CKM_SHA_1", "CKM_RSA_PKCS"]})
        listed = self.output("-M")
        self.assertNotRegex(listed, r"(?m)^  (SHA-1|SHA1-RSA-PKCS|SHA1-RSA-PKCS-PSS|RSA-PKCS|ECDSA-SHA1),")
        self.assertRegex(listed, r"(?m)^  SHA256-RSA-PKCS,")
        for mechanism, size, words in (
            ("RSA-PKCS", 32, []),
            ("SHA1-RSA-PKCS", 32, []),
            ("RSA-PKCS-PSS", 20, ["--hash-algorithm", "SHA-1", "--mgf", "MGF1-SHA1"]),
            ("RSA-PKCS-PSS", 32, ["--hash-algorithm", "SHA256", "--mgf", "MGF1-SHA1"]),
        ):
            self.assertIn("CKR_MECHANISM_INVALID", self.sign(b"x" * size, mechanism, *words).stderr)
        self.assertTrue(self.sign(b"x" * 32, "SHA256-RSA-PKCS").ok)

    def test_the_mechanisms_of_a_rule_are_all_that_its_key_has(self):
        self.token("eight")
        self.gate([{"id": "01", "use": {"mechanisms": ["CKM_SHA256_RSA_PKCS"]}}, {"id": "02"}])
        self.assertIn("CKR_MECHANISM_INVALID", self.sign(b"x", "RSA-PKCS", "--id", "01").stderr)
        self.assertTrue(self.sign(b"x", "SHA256-RSA-PKCS", "--id", "01").ok)
        self.assertTrue(self.sign(b"x", "RSA-PKCS", "--id", "02").ok)


if __name__ == "__main__":
    main()
