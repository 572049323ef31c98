#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Clients beside ssh and pkcs11-tool, under each preset: only what is permitted is shown, and it works."""

import re

from harness import Both, clients, main, programs, rows

URI = "pkcs11:token=usage;object"
LOGIN = "pkcs11-tool --module MODULE --login --pin 1234"
PRESETS = [{"preset": preset} for preset in ("ssh", "read-only", "transparent")]


class Permitted(Both):
    """The key with id 01, of two. Its private key is labelled rsa, the hidden one's ec."""

    def says(self, preset, *lines):
        return [out for _, _, out, _ in self.through(lines, allow=[{"id": "01"}], preset=preset)]

    @staticmethod
    def labels(text, before):
        """The words after this one in all lines."""
        return {part.split(";")[0].split()[0] for part in text.split(before)[1:]}


class Clients(Permitted):
    @rows(*PRESETS)
    def test_p11tool_lists_and_signs(self, preset):
        listed, *_ = self.says(
            preset,
            "p11tool --provider MODULE --login --set-pin=1234 --list-all",
            f"p11tool --provider MODULE --login --set-pin=1234 --test-sign '{URI}=rsa;type=private'",
            f"! p11tool --provider MODULE --login --set-pin=1234 --test-sign '{URI}=ec;type=private'",
            f"! p11tool --provider MODULE --info '{URI}=ec;type=cert'",
        )
        self.assertEqual({"rsa"}, self.labels(listed, "object="))

    @rows(*PRESETS)
    def test_GnuTLS_has_the_one_client_certificate(self, preset):
        token = self.token(self.TOKEN)
        self.gate([{"id": "01"}], preset=preset)
        server = clients.TLSServer(self.sandbox, token.certificate("rsa"))
        result = server.connect(programs.MODULE, "rsa")
        self.assertTrue(result.ok, str(result))
        self.assertIn("\nhello\n", result.stdout)
        self.assertFalse(server.connect(programs.MODULE, "ec").ok)

    @rows(*PRESETS)
    def test_OpenSSL_s_engine_signs_with_the_one_key(self, preset):
        clients.use_engine(self.sandbox, programs.MODULE)
        sign = "openssl dgst -engine pkcs11 -keyform engine -sha256"
        said = self.says(
            preset,
            f"{sign} -sign '{URI}=rsa;type=private' -out work/signature work/text",
            f"{sign} -verify '{URI}=rsa;type=public' -signature work/signature work/text",
            f"! {sign} -sign '{URI}=ec;type=private' -out work/signature work/text",
        )
        self.assertIn("Verified OK", said[1])

    @rows(*PRESETS)
    def test_NSS_lists_and_signs(self, preset):
        *_, certificates, keys, _, _, _ = self.says(
            preset,
            "mkdir work/db",
            "sh -c 'echo 1234 >work/pin'",
            "modutil -dbdir sql:work/db -create -force",
            "modutil -dbdir sql:work/db -force -add vendor -libfile MODULE",
            "certutil -d sql:work/db -L -h all -f work/pin",
            "certutil -d sql:work/db -K -h usage -f work/pin",
            "certutil -d sql:work/db -R -h usage -k 01 -s CN=request -f work/pin -a -o work/request",
            "openssl req -in work/request -verify -noout",
            "! certutil -d sql:work/db -R -h usage -k 02 -s CN=request -f work/pin -a -o work/request",
        )
        self.assertEqual({"rsa"}, self.labels(certificates, "usage:"))
        self.assertRegex(keys, r"(?m)^< 0> rsa +01")
        self.assertNotIn("< 1>", keys)

    @rows(*PRESETS)
    def test_PyKCS11_finds_nothing_else(self, preset):
        self.sandbox.write("client.py", clients.PYKCS11_LABELS)
        self.assertEqual(["rsa\n" * 3], self.says(preset, "/usr/bin/python3 client.py MODULE"))

    @rows(*PRESETS)
    def test_openvpn_lists_one_id(self, preset):
        listed, = self.says(preset, "openvpn --show-pkcs11-ids MODULE")
        self.assertEqual(1, listed.count("Serialized id"))
        self.assertIn("CN=rsa", listed)

    @rows(*PRESETS)
    def test_gnupg_pkcs11_scd_signs(self, preset):
        self.sandbox.write("scd.py", clients.GNUPG)
        said, = self.says(preset, "/usr/bin/python3 scd.py MODULE")
        self.assertIn("signature of 256 bytes", said)

    @rows(*PRESETS)
    def test_ssh_keygen_signs_with_a_permitted_CA_key_alone(self, preset):
        token = self.token(self.TOKEN)
        for key in ("rsa", "ec"):
            self.sandbox.write(f"{key}.pub", token.public_key(key) + "\n")
        self.sandbox.environment |= self.askpass().environment
        listed, *_ = self.says(
            preset,
            f"{programs.SSH_KEYGEN} -D MODULE",
            f"{programs.SSH_KEYGEN} -s rsa.pub -D MODULE -I identity -n user ec.pub",
            f"! {programs.SSH_KEYGEN} -s ec.pub -D MODULE -I identity -n user rsa.pub",
        )
        self.assertEqual([token.public_key("rsa").split()[1]], [line.split()[1] for line in listed.splitlines()])


class Made(Both):
    """What pkcs11-tool makes under transparent is judged by the rules like all else."""

    def says(self, *lines):
        return [out for _, _, out, _ in self.through(lines, allow=[{"id": ["01", "0a"]}])]

    def test_a_key_that_the_rules_permit_is_made_used_and_deleted(self):
        *_, listed = self.says(
            f"{LOGIN} --keypairgen --key-type EC:prime256v1 --id 0a --label new",
            f"{LOGIN} --sign -m ECDSA --id 0a -i work/hash -o work/signature",
            f"{LOGIN} --delete-object --type privkey --id 0a",
            f"{LOGIN} --delete-object --type pubkey --id 0a",
            f"{LOGIN} -O",
        )
        self.assertNotIn("new", listed)

    def test_one_that_they_do_not_permit_is_neither_used_nor_deleted_and_neither_is_a_hidden_one(self):
        made, *_, listed = self.says(
            f"{LOGIN} --keypairgen --key-type EC:prime256v1 --id 0b --label new",
            f"!{LOGIN} --sign -m ECDSA --id 0b -i work/hash -o work/signature",
            f"!{LOGIN} --delete-object --type privkey --id 0b",
            f"!{LOGIN} --delete-object --type privkey --id 02",
            f"{LOGIN} -O",
        )
        self.assertIn("Key pair generated", made)
        self.assertNotIn("new", made + listed)
        direct = self.sandbox.run(programs.PKCS11_TOOL, "--module", programs.VENDOR, "--login", "--pin", "1234", "-O", "--type", "privkey").stdout
        self.assertEqual({"02", "0b"}, {"02", "0b"} & set(re.findall(r"ID: +(\w+)", direct)), direct)


class P11Kit(Permitted):
    """p11gate in p11-kit's configuration, as all that use p11-kit find it."""

    def prepare(self, work, module):
        super().prepare(work, module)
        return clients.use_p11_kit(self.sandbox, self.made, module)

    @rows(*PRESETS)
    def test_p11_kit_lists_and_its_proxy_signs(self, preset):
        proxy = "pkcs11-tool --module p11-kit-proxy.so --token-label usage --login --pin 1234"
        modules, listed, objects, *_ = self.says(
            preset,
            "p11-kit list-modules",
            "p11tool --login --set-pin=1234 --list-all pkcs11:token=usage",
            f"{proxy} -O",
            f"{proxy} --sign -m SHA256-RSA-PKCS --id 01 -i work/text",
            f"! {proxy} --sign -m ECDSA --id 02 -i work/hash",
        )
        self.assertIn("token: usage", modules)
        self.assertEqual({"rsa"}, self.labels(listed, "object="))
        self.assertEqual({"rsa"}, self.labels(objects, "label:"))


if __name__ == "__main__":
    main()
