#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate doctor: tokens, their PINs and their keys."""

import re
import shutil

from harness import main, pages, programs, rows
from harness.doctor import ODD_NAME, Doctor
from harness.terminal import Terminal


class Tokens(Doctor):
    def test_what_is_shown_and_hidden_is_counted(self):
        self.token("eight")
        self.gate([{"id": "01"}, {"id": "02"}])
        self.examine()
        self.assertFound("token", "ok", "2 keys shown, 6 hidden")

    def test_more_keys_than_a_server_listens_to_are_told(self):
        self.token("eight")
        self.gate("all")
        self.examine()
        self.assertFound("token", "warning", "ssh offers 8 keys, and servers listen to 6", "`use: {order: 1}`")

    @rows(
        {"habit": "locked", "severity": "problem", "text": "the PIN is locked", "words": "--login-type so --init-pin"},
        {"habit": "final-try", "severity": "problem", "text": "one try is left", "words": "--login --list-objects"},
        {"habit": "count-low", "severity": "warning", "text": "a wrong PIN was typed", "words": "--login --list-objects"},
        {"habit": "pin-change", "severity": "warning", "text": "has to be changed", "words": "--login --change-pin"},
        {"habit": "pinless", "severity": "problem", "text": "no user PIN is set", "words": "--login-type so --init-pin"},
        {"habit": "keypad", "severity": "note", "text": "on the reader's keypad", "words": "PKCS11Provider"},
    )
    def test_what_the_flags_say_of_the_PIN_is_told(self, habit, severity, text, words):
        self.token("one")
        self.gate("all", module=self.odd_vendor())
        self.examine()
        self.assertNotFound("token", text)
        self.gate("all", module=self.odd_vendor(habit))
        self.examine()
        self.assertFound("token", severity, text, words)

    def test_of_OpenSC_it_says_that_nothing_is_known(self):
        self.token("one")
        self.odd_vendor()
        self.gate("all", module=str(shutil.copy(programs.ODD_VENDOR, self.sandbox.folder / "opensc-pkcs11.so")))
        self.examine()
        self.assertFound("token", "note", "OpenSC often does not tell", "`pkcs15-tool --list-pins`")

    @rows(
        {"habit": "final-try", "typed": ["User PIN: ", "1234"]},
        {"habit": "pin-change", "typed": ["User PIN: ", "1234", "current PIN: ", "1234", "new PIN: ", "5678", "again: ", "5678"]},
        {"habit": "locked", "typed": ["SO PIN: ", "12345678", "new PIN: ", "1234", "again: ", "1234"]},
    )
    def test_the_commands_for_PINs_are_right(self, habit, typed):
        self.token("one")
        self.gate("all", module=self.odd_vendor(habit))
        self.examine()
        (found,) = [one for one in self.of("token") if one.severity in ("warning", "problem") and "pkcs11-tool" in one.advice]
        words = self.commands(found)[0].replace(programs.ODD_VENDOR, programs.VENDOR).split()
        terminal = Terminal(self.sandbox, programs.PKCS11_TOOL, *words[1:])
        for prompt, answer in zip(typed[::2], typed[1::2]):
            terminal.expect_secret(prompt)
            terminal.type(f"{answer}\n")
        self.assertEqual(0, terminal.process.wait(20), terminal.text)

    def test_a_command_can_be_pasted_whatever_the_path_of_the_library(self):
        folder = self.sandbox.folder / ODD_NAME
        folder.mkdir()
        (folder / "vendor.so").symlink_to(programs.VENDOR)
        self.token("one")
        self.gate("all", module=str(folder / "vendor.so"))
        self.examine()
        found = self.assertFound("token", "note", "is not initialised", "--init-token")
        found.advice = found.advice.replace("NAME`", "new --so-pin 12345678`")
        self.paste(found)
        self.examine()
        self.assertFound("token", "problem", "no user PIN is set", "--init-pin")

    def test_two_tokens_with_one_label_are_told(self):
        first, second = self.token("one"), self.token("one", TYPE="ec:P-256")
        for path in (second.folder / "tokens").iterdir():
            shutil.copytree(path, first.folder / "tokens" / path.name)
        self.sandbox.environment |= first.environment
        self.gate([{"id": "01"}])
        self.examine()
        found = self.assertFound("token", "warning", "has the label of another one that is shown", "`token: {serial: ")
        self.assertFound("token", "note", "2 tokens are shown that want a PIN", "PKCS11Provider")
        serial = re.search(r'serial: "(\w+)"', found.advice)[1]
        self.gate([{"id": "01", "token": {"serial": serial}}])
        self.examine()
        self.assertNotFound("token", "has the label of another one")
        self.assertNotFound("token", "tokens are shown that want a PIN")

    def test_that_there_is_no_token_is_told(self):
        token = self.token("one")
        token.empty()
        self.gate([{"id": "01"}])
        self.examine()
        self.assertFound("token", "problem", "there is no token", "put the card into the reader")
        self.assertNotFound("token", "nothing is shown")
        self.sandbox.config.unlink()
        self.examine()
        self.assertFound("token", "note", f"{programs.VENDOR}: there is no token")

    def test_a_token_that_is_not_initialised_is_told_with_a_command_that_does_it(self):
        self.token("one")
        self.gate("all")
        self.examine()
        found = self.assertFound("token", "note", "is not initialised", "--init-token")
        words = self.commands(found)[0].replace("NAME", "new").split() + ["--so-pin", "12345678"]
        self.assertTrue(self.sandbox.run(*words).ok)
        self.examine()
        self.assertFound("token", "problem", "no user PIN is set", "--init-pin")

    def test_keys_that_show_only_after_login_want_their_token_named(self):
        self.token("K")
        self.gate([{"id": "01"}])
        self.examine()
        found = self.assertFound("token", "warning", "it is sent no PIN", 'token: {serial: "')
        self.assertFound("token", "problem", "nothing is shown", "`p11gate explain`")
        self.sandbox.configure(f"version: 1\nmodule: {programs.VENDOR}\nallow: [{{id: '01', {self.commands(found)[0]}}}]\n")
        self.examine()
        self.assertFound("token", "ok", "its keys show only after login")
        self.assertNotFound("token", "nothing is shown")

    def test_an_empty_token_shows_nothing(self):
        self.token("C")
        self.gate([{"id": "01"}])
        self.examine()
        self.assertFound("token", "problem", "nothing is shown")


class Keys(Doctor):
    def test_an_RSA_key_of_1024_bits_is_told(self):
        self.token("one", TYPE="rsa:1024")
        self.gate("all")
        self.examine()
        self.assertFound("token", "warning", "is too weak", "2048 bits or more")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", "RequiredRSASize 2048")
        self.examine()
        self.assertFound("token", "problem", "is refused by this ssh, which wants 2048 bits", "2048 bits or more")

    @rows({"TYPE": "rsa:2048"}, {"TYPE": "ec:P-256"}, {"TYPE": "ec:P-384"}, {"TYPE": "ec:P-521"})
    def test_a_good_key_is_not(self, TYPE):
        self.token("one", TYPE=TYPE)
        self.gate("all")
        self.examine()
        self.assertFound("token", "ok", "1 keys shown, 0 hidden")
        self.assertEqual([], [one for one in self.of("token") if one.severity in ("warning", "problem")])

    @rows(
        {"version": "9.2", "told": True},
        {"version": "10.0", "told": True},
        {"version": "10.1", "told": False},
        {"version": "10.3", "told": False},
    )
    def test_an_Ed25519_key_wants_OpenSSH_10_1(self, version, told):
        self.token("ed25519")
        self.gate("all")
        answer = f'[ "$1" != -V ] || {{{{ echo "OpenSSH_{version}p1, OpenSSL" >&2; exit; }}}}\n'
        self.stand_in_ssh(answer + pages.SSH)
        self.examine()
        if told:
            self.assertFound("token", "warning", f"since 10.1, and this is {version}", "RSA or EC")
        else:
            self.assertNotFound("token", "since 10.1")

    def test_CKA_IDs_that_differ_are_told_and_are_no_matter_with_p11gate(self):
        self.token("two-ids")
        self.gate("all")
        self.examine()
        self.assertFound("token", "note", "(public key 01, certificate 11)", "--set-id NEW")

    def test_the_command_that_mends_them_is_right(self):
        self.token("two-ids")
        self.gate("all")
        self.examine()
        found = self.assertFound("token", "note", "different CKA_IDs")
        command = self.commands(found)[0].replace("OLD", "11").replace("NEW", "01").split()
        self.assertTrue(self.sandbox.run(*command, "--pin", "1234").ok)
        self.examine()
        self.assertNotFound("token", "different CKA_IDs")

    def test_a_CKA_ID_that_two_keys_have_is_told(self):
        self.token("same-id")
        self.gate("all")
        self.examine()
        self.assertFound("token", "note", "has the CKA_ID of another key", "--set-id NEW")

    @rows({"name": "eight"}, {"name": "D"}, {"name": "G"})
    def test_CKA_IDs_that_fit_are_not_told(self, name):
        self.token(name)
        self.gate("all")
        self.examine()
        if name != "G":  # two certificates with two ids
            self.assertNotFound("token", "different CKA_IDs")
        self.assertNotFound("token", "has the CKA_ID of another key")


if __name__ == "__main__":
    main()
