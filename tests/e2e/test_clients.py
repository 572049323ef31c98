#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Another client than ssh, under preset ssh: pkcs11-tool sees what is permitted, signs with it, is refused the rest."""

import base64
import hashlib
import re

from harness import Case, main, openssl, programs, rows
from harness.ssh import bare

RSA, EC = "rsa:2048", "ec:P-256"
LOGIN = ("--login", "--pin", "1234")
UNSUPPORTED = "CKR_FUNCTION_NOT_SUPPORTED"


class Client(Case):
    def client(self, *words, module=programs.MODULE, **options):
        result = self.sandbox.run(programs.PKCS11_TOOL, "--module", module, *words, **options)
        self.assertIn(result.rc, (0, 1), str(result))
        return result

    def output(self, *words, **options):
        result = self.client(*words, **options)
        self.assertTrue(result.ok, str(result))
        return result.stdout

    def objects(self, *words, **options):
        """(kind, label) of what -O lists."""
        listed = self.output("-O", *words, **options)
        return sorted(re.findall(r"(?m)^(\w+ ?\w*) Object.*\n(?:  .*\n)*?  label: +(.*)$", listed))

    def pem(self, token, name):
        """The public key as ssh-keygen writes it for others."""
        result = self.sandbox.run(programs.SSH_KEYGEN, "-e", "-m", "PKCS8", "-f", token.folder / "keys" / f"{name}.pub")
        self.assertTrue(result.ok, str(result))
        return result.stdout


class Listings(Client):
    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_only_the_permitted_key_s_objects_are_listed(self, TYPE):
        self.token("eight", TYPE=TYPE)
        self.gate([{"id": "03"}])
        self.assertEqual([("Public Key", "user 3")], self.objects())
        self.assertEqual([("Private Key", "user 3"), ("Public Key", "user 3")], self.objects(*LOGIN))
        self.assertEqual(16, len(self.objects(*LOGIN, module=programs.VENDOR)))

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_a_hidden_key_is_not_found_by_its_id(self, TYPE):
        self.token("eight", TYPE=TYPE)
        self.gate([{"id": "03"}])
        path = self.sandbox.folder / "key"
        if TYPE == RSA:  # pkcs11-tool 0.23 uses memory that it freed when it writes an EC key
            self.output("-r", "--type", "pubkey", "--id", "03", "-o", path)
            path.unlink()
        self.assertIn("not found", self.client("-r", "--type", "pubkey", "--id", "04", "-o", path).stderr)
        self.assertFalse(path.exists())

    def test_data_secrets_and_a_stranger_s_certificate_are_not_listed(self):
        self.token("objects-besides")
        self.gate([{"label": "user 1"}])
        self.assertEqual({"user 1"}, {label for _, label in self.objects(*LOGIN)})
        self.assertEqual({"Public Key", "Private Key"}, {kind for kind, _ in self.objects(*LOGIN)})
        self.token("E")
        self.gate("all")
        kinds = ("Certificate", "Private Key", "Public Key")
        self.assertEqual([(kind, "user 1") for kind in kinds], self.objects(*LOGIN))

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_a_made_public_key_has_the_token_s_value_and_verifies(self, TYPE):
        token = self.token("A", TYPE=TYPE)
        self.gate("all")
        listed = self.output("-O", "--type", "pubkey")
        self.assertRegex(listed, r"(?m)^  Usage: +verify(, verifyRecover)?$")
        der = base64.b64decode("".join(self.pem(token, "user1").splitlines()[1:-1]))
        if TYPE == EC:
            self.assertRegex(listed, rf"(?m)^  EC_POINT: +0441{der[-65:].hex()}$")
            return
        path = self.sandbox.folder / "key"
        self.output("-r", "--type", "pubkey", "--id", "01", "-o", path)
        self.assertEqual(der, path.read_bytes())

    @rows({"verb": "-L"}, {"verb": "-T"})
    def test_only_the_token_with_a_permitted_key_is_listed(self, verb):
        token = self.token("two-tokens")
        self.gate([{"fingerprint": token.fingerprint("user2")}])
        self.assertEqual(["second"], re.findall(r"(?m)^  token label +: (.*)$", self.output(verb)))

    @rows({"words": ["-L"]}, {"words": ["-O"]}, {"words": [*LOGIN, "-O"]}, {"words": ["-M"]})
    def test_where_nothing_is_permitted_there_is_no_slot(self, words):
        self.token("eight")
        spy = self.spy()
        self.gate([], module=programs.SPY)
        result = self.client(*words)
        self.assertEqual(1, result.rc)
        self.assertIn("No slots", result.stderr)
        self.assertEqual(0, spy.counts["C_Login"])

    def test_no_mechanism_is_for_more_than_signing_and_digests(self):
        self.token("one")
        self.gate("all")
        lines = self.output("-M").splitlines()[1:]
        uses = {word for line in lines for word in line.split(", ") if word.islower() and "=" not in word}
        self.assertEqual({"sign", "verify", "digest"}, uses)
        direct = self.output("-M", module=programs.VENDOR)
        for use in ("encrypt", "wrap", "generate", "derive"):
            self.assertIn(use, direct)

    def test_it_is_a_library_of_version_2_40_to_all(self):
        self.token("one")
        self.gate("all")
        self.assertIn("Cryptoki version 2.40\nManufacturer     p11gate\n", self.output("-I"))


class Signatures(Client):
    def setUp(self):
        super().setUp()
        self.out = self.sandbox.folder / "signature"

    def sign(self, data, mechanism, *words):
        path = self.sandbox.folder / "data"
        path.write_bytes(data)
        return self.client(*LOGIN, "--sign", "-m", mechanism, "-i", path, "-o", self.out, *words)

    def assertVerifies(self, token, name, digest, data, **options):
        pem = self.pem(token, name)
        self.assertTrue(openssl.verifies(pem, digest, data, self.out.read_bytes(), **options))
        self.assertFalse(openssl.verifies(pem, digest, data + b"x", self.out.read_bytes(), **options))

    @rows(*[{"token": token, "size": size} for token in ("eight", "A", "B", "I") for size in (3, 100000)])
    def test_an_RSA_signature_is_right(self, token, size):
        made = self.token(token)
        self.gate([{"fingerprint": made.fingerprint("user1")}])
        data = b"x" * size
        for digest in (1, 256, 512):
            result = self.sign(data, f"SHA{digest}-RSA-PKCS")
            self.assertTrue(result.ok, str(result))
            self.assertVerifies(made, "user1", f"SHA{digest}", data)

    def test_an_RSA_PSS_signature_is_right(self):
        made = self.token("eight")
        self.gate([{"id": "01"}])
        result = self.sign(b"some text", "SHA256-RSA-PKCS-PSS", "--salt-len=-1")
        self.assertTrue(result.ok, str(result))
        self.assertVerifies(made, "user1", "SHA256", b"some text", salted=True)

    @rows(
        *[{"token": "eight", "TYPE": kind} for kind in (EC, "ec:P-384", "ec:P-521")],
        {"token": "A", "TYPE": EC},
        {"token": "B", "TYPE": EC},
    )
    def test_an_EC_signature_is_right(self, token, TYPE):
        made = self.token(token, TYPE=TYPE)
        self.gate([{"fingerprint": made.fingerprint("user1")}])
        result = self.sign(hashlib.sha256(b"some text").digest(), "ECDSA", "--signature-format", "openssl")
        self.assertTrue(result.ok, str(result))
        self.assertVerifies(made, "user1", "SHA256", b"some text")

    def test_an_Ed25519_signature_is_right(self):
        made = self.token("ed25519")
        self.gate([{"id": "02"}])
        result = self.sign(b"some text", "EDDSA")
        self.assertTrue(result.ok, str(result))
        key = base64.b64decode(made.public_key("edwards").split()[1])[-32:]
        pem = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n"
        pem = pem.format(base64.b64encode(bytes.fromhex("302a300506032b6570032100") + key).decode())  # RFC 8410, 4
        self.assertTrue(openssl.verifies(pem, None, b"some text", self.out.read_bytes()))
        self.assertFalse(openssl.verifies(pem, None, b"other text", self.out.read_bytes()))

    @rows(
        {"TYPE": RSA, "mechanism": "SHA256-RSA-PKCS", "more": []},
        {"TYPE": EC, "mechanism": "ECDSA", "more": ["--signature-format", "openssl"]},
    )
    def test_a_key_that_wants_its_PIN_for_each_signature_signs_with_it(self, TYPE, mechanism, more):
        made = self.token("always-authenticate", TYPE=TYPE)
        self.gate([{"id": "01"}])
        data = b"some text" if TYPE == RSA else hashlib.sha256(b"some text").digest()
        result = self.sign(data, mechanism, *more)
        self.assertTrue(result.ok, str(result))
        self.assertVerifies(made, "user1", "SHA256", b"some text")

    @rows({"TYPE": RSA, "mechanism": "SHA256-RSA-PKCS"}, {"TYPE": EC, "mechanism": "ECDSA"})
    def test_a_hidden_key_does_not_sign(self, TYPE, mechanism):
        self.token("eight", TYPE=TYPE)
        spy = self.spy()
        self.gate([{"id": "03"}], module=programs.SPY)
        result = self.sign(b"x" * 32, mechanism, "--id", "04")
        self.assertEqual(1, result.rc)
        self.assertIn("Private key not found", result.stderr)
        self.assertEqual((0, 0), (spy.counts["C_SignInit"], spy.counts["C_Sign"]))

    def test_a_mechanism_that_hides_what_is_signed_is_refused(self):
        self.token("eight")
        self.gate([{"id": "03"}])
        self.assertIn("CKR_MECHANISM_INVALID", self.sign(b"x" * 256, "RSA-X-509").stderr)

    def test_the_wrong_PIN_is_said_to_be_so(self):
        self.token("eight")
        self.gate([{"id": "03"}])
        self.assertIn("CKR_PIN_INCORRECT", self.client("--login", "--pin", "999999", "-O").stderr)

    def test_a_digest_and_random_numbers_come_from_the_token(self):
        self.token("eight")
        self.gate([{"id": "03"}])
        data = self.sandbox.write("data", "some text")
        self.output("--hash", "-m", "SHA256", "-i", data, "-o", self.out)
        self.assertEqual(hashlib.sha256(b"some text").digest(), self.out.read_bytes())
        self.output("--generate-random", "20", "-o", self.out)
        self.assertEqual(20, len(self.out.read_bytes()))

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_pkcs11_tool_s_own_tests_pass(self, TYPE):
        self.token("eight", TYPE=TYPE)
        self.gate([{"id": "03"}])
        listed = self.output(*LOGIN, "--test")
        self.assertIn("No errors", listed)
        self.assertNotRegex(listed, r"user [^3\D]")


class Refusals(Client):
    """What preset ssh has no use for is refused, and the token stays what it is."""

    def setUp(self):
        super().setUp()
        self.eight = self.token("eight")
        self.before = self.objects(*LOGIN, module=programs.VENDOR)
        self.gate([{"id": "03"}])
        self.data = self.sandbox.write("data", "x" * 256)

    def tearDown(self):
        self.assertEqual(self.before, self.objects(*LOGIN, module=programs.VENDOR))
        super().tearDown()

    @rows(
        {"words": "--write-object DATA --type data --label new", "function": "C_CreateObject"},
        {"words": "--delete-object --type privkey --id 03", "function": "C_DestroyObject"},
        {"words": "--delete-object --type pubkey --id 03", "function": "C_DestroyObject"},
        {"words": "--set-id 0a --type privkey --id 03", "function": "C_SetAttributeValue"},
        {"words": "--change-pin --new-pin 5678", "function": "C_SetPIN"},
        {"words": "--decrypt -m RSA-PKCS --id 03 -i DATA", "function": "C_DecryptInit"},
        {"words": "--unwrap -m RSA-PKCS --id 03 -i DATA --key-type AES:16", "function": "C_UnwrapKey"},
    )
    def test_a_function_outside_the_preset_is_not_supported(self, words, function):
        result = self.client(*LOGIN, *words.replace("DATA", str(self.data)).split(), timeout=20)
        self.assertRegex(result.stdout + result.stderr, rf"{function}(\(\))?( failed:|: rv =|:).*{UNSUPPORTED}")

    @rows({"words": "--keypairgen --key-type rsa:2048 --id 09"}, {"words": "--keygen --key-type AES:16 --id 09"})
    def test_no_key_is_made(self, words):
        result = self.client(*LOGIN, *words.split())
        self.assertEqual(1, result.rc)
        self.assertIn("not supported", result.stderr)

    def test_a_token_is_not_initialised(self):
        result = self.client("--init-token", "--label", "new", "--so-pin", "12345678")
        self.assertIn(UNSUPPORTED, result.stderr)

    def test_the_security_officer_does_not_log_in(self):
        words = ["--login", "--login-type", "so", "--so-pin", "12345678", "--init-pin", "--new-pin", "5678"]
        self.assertIn("CKR_USER_TYPE_INVALID", self.client(*words).stderr)
        self.assertTrue(self.client(*LOGIN, "-O").ok)


class Manners(Client):
    @rows({"words": []}, {"words": ["--use-locking"]})
    def test_C_Initialize_with_and_without_locking_serves(self, words):
        self.token("eight")
        self.gate([{"id": "03"}])
        self.assertEqual([("Public Key", "user 3")], self.objects(*words))

    def test_a_child_may_initialise_after_a_fork(self):
        self.token("eight")
        self.gate([{"id": "03"}])
        result = self.client("--test-fork", "-O")
        self.assertTrue(result.ok, str(result))
        self.assertIn("user 3", result.stdout)
        self.assertNotRegex(result.stdout + result.stderr, "(?i)fail|error|CKR_")

    def test_several_keys_are_listed_in_the_order_of_the_rules(self):
        token = self.token("eight")
        self.gate([{"id": id} for id in ("07", "01", "05")])
        listed = re.findall(r"(?m)^  label: +user (\d)$", self.output("-O"))
        self.assertEqual(["7", "1", "5"], listed)
        keys, _ = self.listing(programs.MODULE)
        self.assertEqual([bare(token.public_key(f"user{n}")) for n in listed], keys)


if __name__ == "__main__":
    main()
