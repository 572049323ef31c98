#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""PKCS#11 3.0 before vendors' libraries that have it, and 2.40 before one that has not (interfaces.c says what is asked)."""

from harness import Case, isolation, main, programs, rows
from harness.card_stack import OpenSC
from harness.nss import Nss

STACKS = {"NSS": Nss, "OpenSC": OpenSC}
EACH = rows(*[{"vendor": name} for name in STACKS])
PKCS11_TOOL = (programs.PKCS11_TOOL, "--module", programs.MODULE)


class Interfaces(Case):
    def stack(self, name):
        made = STACKS[name]()
        self.addCleanup(made.close)
        self.sandbox.environment |= made.environment
        self.sandbox.before = made.clients
        return made

    def say(self, module, init_args=None):
        """What the client is told, line by line."""
        words = (programs.INTERFACES, module) + ((init_args,) if init_args else ())
        result = self.sandbox.run(*words)
        self.assertTrue(result.ok, result)
        return result.stdout.splitlines()

    def both(self, name, **more):
        """Directly, and through p11gate."""
        made = self.stack(name)
        module = {"name": "vendor", "path": str(made.module)} | ({"init_args": made.init_args} if made.init_args else {})
        direct = self.say(made.module, made.init_args)
        self.sandbox.configure({"version": 1, "modules": [module], **more})
        return direct, self.say(programs.MODULE)

    @EACH
    def test_a_client_of_3_0_is_told_what_it_is_told_without_p11gate(self, vendor):
        direct, through = self.both(vendor, preset="transparent")
        self.assertIn("default: PKCS 11 3.0", direct)
        self.assertEqual(direct, through)

    @EACH
    def test_and_where_rules_hide_something_of_what_is_shown(self, vendor):
        said = self.both(vendor, preset="transparent", allow="all", deny=[{"id": "77"}])
        direct, through = (lines[lines.index("C_OpenSession: 0"):] for lines in said)
        self.assertEqual(direct, through)

    def test_a_message_is_encrypted_and_decrypted(self):
        _, through = self.both("NSS", preset="transparent")
        self.assertEqual(
            ["C_MessageEncryptInit: 0", "C_EncryptMessage: 0, 21 bytes", "C_MessageEncryptFinal: 0",
             "C_MessageDecryptInit: 0", "C_DecryptMessage: 0, as it was"],
            through[-10:-5],
        )

    @EACH
    def test_under_preset_ssh_no_message_function_is_answered(self, vendor):
        _, through = self.both(vendor, allow=[{"id": "01"}, {"label": "badge"}])
        self.assertIn("default: PKCS 11 3.0", through)
        self.assertIn("3.0: C_GetInfo: 0, 3.0", through)
        refused = [line for line in through if "Message" in line]
        self.assertEqual({"0x54"}, {line.split(": ")[1] for line in refused}, refused)

    def test_before_a_vendor_without_it_2_40_is_all(self):
        self.token("all-usage")
        self.gate("all", preset="transparent")
        self.assertEqual(["listed: 2.40, 0", "default: PKCS 11 2.40"], self.say(programs.MODULE))

    def test_a_real_client_of_3_0_logs_in_and_signs(self):
        """pkcs11-tool asks for the default interface."""
        made = self.stack("OpenSC")
        self.sandbox.configure(made.policy("9a"))
        listed = self.sandbox.run(*PKCS11_TOOL, "--list-interfaces")
        self.assertIn("version: 3.0", listed.stdout)
        data = self.sandbox.write("data", "signed")
        signed = self.sandbox.folder / "signature"
        result = self.sandbox.run(*PKCS11_TOOL, "--login", "--pin", made.pin, "--sign", "--mechanism", "SHA256-RSA-PKCS", "-i", data, "-o", signed)
        self.assertTrue(result.ok, result)
        self.assertEqual(256, signed.stat().st_size)


if __name__ == "__main__":
    isolation.enter()
    main()
