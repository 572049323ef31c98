#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate doctor: what is wrong between ssh and the card, and what is to be done."""

import json
import os
import pathlib
import re
import shutil
import time

from harness import main, programs, rows
from harness.doctor import NO_KEYS, Doctor
from harness.terminal import Terminal
from harness.wait import wait_for

KEYS = ("note", "warning", "problem")


class Whole(Doctor):
    def test_where_all_is_well_there_is_no_problem_and_no_warning(self):
        self.token("one")
        self.gate([{"id": "01"}])
        self.sandbox.environment["SSH_AUTH_SOCK"] = self.agent().socket
        self.examine()
        self.assertEqual([], [one for one in self.findings if one.severity in ("warning", "problem")])
        self.assertEqual(0, self.result.rc)
        checks = list(dict.fromkeys(one.check for one in self.findings))
        self.assertEqual(["configuration", "installation", "library", "p11-kit", "pcscd", "token", "agent", "ssh"], checks)

    def test_no_PIN_is_asked_for_and_none_is_sent(self):
        self.token("K")
        spy = self.spy()
        self.gate([{"token": {"label": "K"}}], module=programs.SPY)
        askpass = self.askpass()
        self.examine(environment=askpass.environment)
        self.assertEqual([], askpass.prompts)
        self.assertEqual(0, spy.counts["C_Login"])
        self.assertGreater(spy.counts["C_FindObjects"], 0)
        self.assertFound("token", "ok", "its keys show only after login")

    def test_a_source_of_the_PIN_is_looked_at_and_not_used(self):
        self.token("one")
        spy = self.spy()
        pin = self.sandbox.write("pin", "1234\n")
        self.gate([{"token": {"label": "one"}}], module=programs.SPY, login={"pin_source": f"file:{pin}"})
        self.examine()
        self.assertFound("installation", "ok", "`login: {pin_source}`")
        self.assertEqual(0, spy.counts["C_Login"])
        asked = self.sandbox.folder / "asked"
        command = self.sandbox.write("command", f"#!/bin/sh\ntouch {asked}\necho 1234\n", 0o700)
        self.gate([{"token": {"label": "one"}}], module=programs.SPY, login={"pin_source": f"command:{command}"})
        self.examine()
        self.assertFound("installation", "ok", "`login: {pin_source}`")
        self.assertFalse(asked.exists())
        command.chmod(0o600)
        self.examine()
        self.assertFound("installation", "problem", "`login: {pin_source}` gives no PIN: Permission denied", "p11gate-config(5)")

    def test_without_any_configuration_it_looks_at_what_is_there(self):
        self.token("one")
        self.examine()
        self.assertFound("configuration", "problem", "no configuration", "`p11gate init`")
        self.assertEqual({"configuration"}, {one.check for one in self.findings if one.severity == "problem"})
        self.assertFound("token", "ok", "1 keys shown, 0 hidden")
        self.assertTrue([one for one in self.of("library") if programs.VENDOR in one.text])

    def test_the_text_says_the_same_as_the_JSON(self):
        self.token("one")
        self.gate([{"id": "01"}])
        self.stand_in_ssh("echo 'OpenSSH_10.2p1, OpenSSL' >&2")
        self.examine()
        text = self.tool("doctor")
        self.assertEqual((1, ""), (text.rc, text.stderr), str(text))
        lines = text.stdout.splitlines()
        for one in self.findings:
            self.assertIn(f"{one.severity:7}  {one.check}: {one.text}", lines)
            if one.advice:
                self.assertIn(f"         -> {one.advice}", lines)
        counts = {name: sum(one.severity == name for one in self.findings) for name in KEYS}
        self.assertEqual(f"problems: {counts['problem']}, warnings: {counts['warning']}, notes: {counts['note']}", lines[-1])
        self.assertNotIn("\033", text.stdout)

    def test_colours_are_for_terminals_only(self):
        terminal = self.terminal("doctor")
        terminal.expect("\033[31mproblem\033[0m  configuration: ")
        terminal.close()

    @rows({"words": ["--login"]}, {"words": ["a", "b"]})
    def test_wrong_usage_is_told(self, words):
        result = self.tool("doctor", *words)
        self.assertEqual(2, result.rc)
        self.assertIn("see `p11gate help doctor`", result.stderr)

    def test_a_library_that_does_not_come_back_is_given_up_and_the_rest_goes_on(self):
        self.token("one")
        self.gate("all", module=self.odd_vendor("hangs"))
        self.examine()
        self.assertFound("library", "problem", "no answer within 10 seconds", "take the card out")
        self.assertFound("token", "problem", "no answer within 20 seconds")
        self.assertTrue(self.of("ssh"))
        self.assertLess(self.result.seconds, 40 * self.sandbox.instrument.slowness)

    @rows({"habit": "crashes", "how": "Aborted"}, {"habit": "exits", "how": "exit"})
    def test_a_library_that_ends_the_process_is_told_and_the_rest_goes_on(self, habit, how):
        self.token("one")
        self.gate("all", module=self.odd_vendor(habit))
        self.examine()
        self.assertFound("library", "problem", f"the process ended ({how})", "another version")
        self.assertTrue(self.of("ssh"))

    def test_ssh_that_does_not_end_is_given_up(self):
        self.stand_in_ssh("exec sleep 600")
        self.examine()
        self.assertFound("ssh", "problem", "`ssh -V` does not end")
        self.assertFound("ssh", "problem", "`ssh -G localhost` does not end", "ssh/config")

    def test_a_Match_exec_that_does_not_end_is_given_up(self):
        self.ssh_config('Match exec "sleep 600"', "PKCS11Provider none")
        self.examine()
        self.assertFound("ssh", "problem", "`ssh -G localhost` does not end: does a `Match exec`?")
        self.assertNotFound("ssh", "`ssh -V`")

    def test_a_label_cannot_write_on_the_terminal(self):
        self.token("eight", LABEL="\033[31mred")
        self.gate("all")
        self.examine()
        self.assertTrue([one for one in self.of("token") if 'token "?[31mred"' in one.text])
        self.assertNotIn("\033", self.result.stdout + self.tool("doctor").stdout)


    def test_another_program_s_text_cannot_write_on_the_terminal(self):
        self.stand_in_ssh("printf 'OpenSSH_9.2p1 \\033[31mred\\n' >&2")
        self.assertIn("OpenSSH_9.2p1 ?[31mred", self.tool("doctor").stdout)


class Configuration(Doctor):
    def test_a_mistake_is_told_with_its_place(self):
        self.sandbox.configure(f"version: 1\nmodule: {programs.VENDOR}\nallow: [{{colour: red}}]\n")
        self.examine()
        self.assertFound("configuration", "problem", f"{self.sandbox.config}:3:10: ", "`p11gate check`")

    def test_a_file_that_others_may_write_to_is_told_with_the_command(self):
        self.gate("all")
        self.sandbox.config.chmod(0o666)
        self.examine()
        self.assertFound("configuration", "problem", f"chmod go-w {self.sandbox.config}")

    def test_what_the_file_hardly_means_is_a_warning(self):
        self.token("one")
        self.gate("all", require=[{"when": {"user": self.sandbox.environment["USER"]}}])
        self.examine()
        self.assertFound("configuration", "warning", "`when` in a rule of `require`")

    def test_the_profile_is_named(self):
        self.token("one")
        self.gate("all", profiles={"work": {"allow": []}})
        self.sandbox.environment["P11GATE_PROFILE"] = "work"
        self.examine()
        self.assertFound("configuration", "ok", ", profile work")

    def test_a_log_that_cannot_be_written_is_told(self):
        self.token("one")
        self.gate("all", log={"file": str(self.sandbox.folder / "log"), "audit": str(self.sandbox.folder / "audit"), "audit_required": True})
        self.examine()
        self.assertFound("installation", "ok", "the log goes to")
        self.assertFound("installation", "ok", "the audit goes to")
        self.assertFalse((self.sandbox.folder / "log").exists())
        for name in ("log", "audit"):
            (self.sandbox.folder / name).symlink_to("/dev/null")
        self.examine()
        self.assertFound("installation", "warning", "the log cannot go to", "in `log`")
        self.assertFound("installation", "problem", "nothing is signed without it (audit_required)")

    @rows({"log": "syslog", "socket": "/dev/log"}, {"log": "journal", "socket": "/run/systemd/journal/socket"})
    def test_a_system_s_log_that_is_not_there_is_told(self, log, socket):
        self.token("one")
        self.gate("all", log={"audit": log})
        self.examine()
        if os.path.exists(socket):
            self.assertNotFound("installation", socket)
        else:
            self.assertFound("installation", "warning", f"the audit goes to {socket}, which cannot be written to", "`log: {audit: PATH}`")

    def test_the_module_that_ssh_loads_is_looked_at(self):
        gone = self.sandbox.folder / "p11gate.so"
        self.ssh_config(f"PKCS11Provider {gone}")
        self.examine()
        self.assertFound("installation", "problem", f"{gone}, which ssh is to load: No such file", "PKCS11Provider")
        gone.write_text("no library")
        self.examine()
        self.assertFound("installation", "problem", f"{gone} cannot be loaded: ", "`ldd`")
        gone.unlink()
        shutil.copy(programs.MODULE, gone)
        self.examine()
        self.assertNothingWrong("installation")

    def test_where_ssh_loads_none_the_place_of_the_installation_is_looked_at(self):
        self.ssh_config("PKCS11Provider none")
        self.examine()
        if not os.path.exists("/usr/local/lib/x86_64-linux-gnu/pkcs11/p11gate.so"):
            self.assertFound("installation", "problem", "pkcs11/p11gate.so: No such file", "`sudo meson install -C build`")


class Library(Doctor):
    def test_its_name_its_version_and_its_slots_are_told(self):
        self.token("two-tokens")
        self.gate("all")
        self.examine()
        self.assertFound("library", "ok", f"{programs.VENDOR}: SoftHSM, Implementation of PKCS11, version 2.6, PKCS#11 2.40")
        self.assertEqual(3, len([one for one in self.of("library") if "SoftHSM slot ID" in one.text]))

    @rows(
        {"make": None, "advice": "install the vendor's package"},
        {"make": b"text", "advice": "a file that ends in .so"},
        {"make": "32", "advice": "for another processor or word size"},
        {"make": "arm", "advice": "for another processor or word size"},
        {"make": "plain", "advice": "which has that function"},
    )
    def test_one_that_cannot_be_loaded_is_told_with_the_reason(self, make, advice):
        path = self.sandbox.folder / "vendor.so"
        if isinstance(make, bytes):
            path.write_bytes(make)
        elif make is not None:
            content = bytearray(pathlib.Path(programs.STRANGER).read_bytes())
            if make == "32":
                content[4] = 3 - content[4]  # EI_CLASS
            elif make == "arm":
                content[18:20] = b"\x28\0"  # e_machine
            path.write_bytes(content)
        self.gate("all", module=str(path))
        self.examine()
        self.assertFound("library", "problem", f"cannot load {path}: ", advice)

    def test_a_library_that_lacks_another_is_told_with_a_command_that_names_it(self):
        path = self.sandbox.folder / "vendor.so"
        needed = self.sandbox.folder / "libneeded.so"
        self.assertTrue(self.sandbox.run("cc", "-shared", "-x", "c", "/dev/null", "-o", needed).ok)
        built = self.sandbox.run("cc", "-shared", "-x", "c", "/dev/null", "-x", "none", "-Wl,--no-as-needed", needed, "-o", path)
        self.assertTrue(built.ok, str(built))
        needed.unlink()
        self.gate("all", module=str(path))
        self.examine()
        found = self.assertFound("library", "problem", f"cannot load {path}: ", f"`ldd -r {path}`")
        shown = self.sandbox.run(*self.commands(found)[0].split())
        self.assertRegex(shown.stdout, r"libneeded\.so => not found")

    def test_a_library_that_fails_is_told_with_its_code(self):
        self.token("one")
        self.gate("all", module=self.odd_vendor("slotless"))
        self.examine()
        self.assertFound("library", "problem", "C_GetSlotList fails: CKR_DEVICE_ERROR", "pcscd")
        self.assertFound("token", "problem", "the slots cannot be listed: CKR_DEVICE_ERROR")

    def test_a_library_that_refuses_to_start_is_told_with_its_code(self):
        self.gate("all", module=programs.SOFTOKEN)
        self.examine()
        self.assertFound("library", "problem", "C_Initialize fails: CKR_ARGUMENTS_BAD", "`init_args`")

    def test_p11gate_itself_is_no_library(self):
        (self.sandbox.folder / "other.so").symlink_to(programs.MODULE)
        self.gate("all", module=str(self.sandbox.folder / "other.so"))
        self.examine()
        self.assertFound("library", "problem", "p11gate itself")

    def test_both_p11gate_and_its_library_in_p11_kit_are_told(self):
        self.token("one")
        self.gate("all")
        (self.sandbox.folder / "modules").mkdir()
        self.sandbox.write("modules/p11gate.module", f"module: {programs.MODULE}\n")
        vendor = self.sandbox.write("modules/vendor.module", f"module: {programs.VENDOR}\n")
        environment = self.preload(programs.P11KIT_FILES) | {"P11KIT_FILES": str(vendor.parent)}
        self.examine(environment=environment)
        self.assertFound("p11-kit", "warning", "both enabled in p11-kit", "the line `enable-in:`")
        vendor.write_text(f"module: {programs.VENDOR}\nenable-in:\n")
        self.examine(environment=environment)
        self.assertNothingWrong("p11-kit")


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

    @rows({"version": "9.2", "told": True}, {"version": "10.0", "told": True}, {"version": "10.1", "told": False}, {"version": "10.3", "told": False})
    def test_an_Ed25519_key_wants_OpenSSH_10_1(self, version, told):
        self.token("ed25519")
        self.gate("all")
        self.stand_in_ssh(f'[ "$1" != -V ] || {{{{ echo "OpenSSH_{version}p1, OpenSSL" >&2; exit; }}}}\n' + 'exec {program} -F "$HOME/.ssh/config" "$@"\n')
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


class Pcscd(Doctor):
    def setUp(self):
        super().setUp()
        self.gate("all", module=programs.OPENSC)

    def test_a_library_that_wants_it_makes_its_absence_a_problem(self):
        self.examine()
        self.assertFound("pcscd", "problem", "pcscd is not to be reached at /nonexistent", "`sudo systemctl enable --now pcscd.socket`")

    def test_to_others_it_is_no_matter(self):
        self.token("one")
        self.gate("all")
        self.examine()
        self.assertFound("pcscd", "note", "no library here wants it")
        self.assertEqual([], self.of("card"))

    def test_its_readers_are_told(self):
        self.pcscd(First="10020", Second="10010")
        self.examine()
        self.assertFound("pcscd", "ok", 'reader "First": a card')
        self.assertFound("pcscd", "ok", 'reader "Second": empty')
        self.assertNothingWrong("pcscd")

    @rows(
        {"state": "220", "text": "the card does not answer", "advice": "which way round"},
        {"state": "a0", "text": "another program has the card for itself", "advice": "`gpgconf --kill scdaemon`"},
    )
    def test_a_card_that_cannot_be_used_is_told(self, state, text, advice):
        self.pcscd(Reader=state)
        self.examine()
        self.assertFound("pcscd", "problem", f'reader "Reader": {text}', advice)

    def test_a_pcscd_without_a_reader_is_told(self):
        self.pcscd()
        self.examine()
        self.assertFound("pcscd", "warning", "pcscd has no reader", "libccid")

    def test_one_that_does_not_answer_is_given_up(self):
        self.sandbox.environment["PCSCLITE_CSOCK_NAME"] = self.serve("pcscd", None)
        self.examine()
        self.assertFound("pcscd", "problem", "no answer within 5 seconds", "`sudo systemctl restart pcscd.socket pcscd.service`")
        self.assertTrue(self.of("ssh"))

    def test_one_that_closes_the_connection_refuses(self):
        self.sandbox.environment["PCSCLITE_CSOCK_NAME"] = self.serve("pcscd", b"")
        self.examine()
        self.assertFound("pcscd", "problem", "refuses this program", "`journalctl -u pcscd`")

    def test_polkit_is_the_reason_where_pcscd_asks_it(self):
        self.sandbox.environment["PCSCLITE_CSOCK_NAME"] = self.serve("pcscd", b"")
        stranger = self.preload(programs.STRANGER) | {"STRANGER_FILE": "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy", "STRANGER_USER": "65534"}
        self.examine(environment=stranger)
        found = self.assertFound("pcscd", "problem", "by polkit", 'subject.user == "nobody"')
        for action in ("access_pcsc", "access_card"):
            self.assertIn(f'action.id == "org.debian.pcsc-lite.{action}"', found.advice)
        self.assertNotFound("pcscd", "this session came over ssh")
        self.examine(environment=stranger | {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"})
        self.assertFound("pcscd", "warning", "this session came over ssh", "/etc/polkit-1/rules.d/")

    def scdaemon(self):
        """A process of that name."""
        program = shutil.copy(shutil.which("sleep"), self.sandbox.folder / "scdaemon")
        self.sandbox.start(program, "600", log=self.sandbox.folder / "scdaemon.log")

    def test_a_scdaemon_that_takes_the_card_is_told_until_it_shares_it(self):
        self.examine()
        self.assertNothingWrong("card")
        self.scdaemon()
        self.examine()
        self.assertFound("card", "warning", "takes the reader away from pcscd", "`disable-ccid` and `pcsc-shared`")
        (self.sandbox.home / ".gnupg").mkdir()
        conf = self.sandbox.write("home/.gnupg/scdaemon.conf", "disable-ccid\n")
        self.examine()
        self.assertFound("card", "warning", "takes the card for itself", "`pcsc-shared`")
        conf.write_text("disable-ccid\npcsc-shared\n")
        self.examine()
        self.assertFound("card", "ok", "shares the card")

    @rows({"line": "\tuse_file_caching = public;", "told": True}, {"line": "  use_file_caching = yes;", "told": True}, {"line": "use_file_caching=true;", "told": True},
          {"line": "use_file_caching = no;", "told": False}, {"line": "# use_file_caching = yes;", "told": False}, {"line": "", "told": False})
    def test_OpenSC_s_own_copies_are_told(self, line, told):
        self.conf.write_text(f"app default {{\n framework pkcs15 {{\n{line}\n }}\n}}\n")
        self.examine()
        if told:
            self.assertFound("opensc", "warning", "it shows old keys", f"rm -r {self.sandbox.home}/.cache/opensc")
        else:
            self.assertNothingWrong("opensc")


class Agents(Doctor):
    def setUp(self):
        super().setUp()
        self.token("eight")
        self.gate([{"id": "01"}])

    def use(self, socket):
        self.sandbox.environment["SSH_AUTH_SOCK"] = socket

    def test_none_is_all_right(self):
        self.examine()
        self.assertNothingWrong("agent")

    def test_a_socket_without_one_is_told(self):
        self.use("/nonexistent/agent")
        self.examine()
        self.assertFound("agent", "warning", "/nonexistent/agent leads to none", "`unset SSH_AUTH_SOCK`")

    def test_ssh_agent_is_known_by_its_process(self):
        self.use(self.agent().socket)
        self.examine()
        self.assertFound("agent", "ok", "is OpenSSH's ssh-agent")
        self.assertFound("agent", "ok", "it may load")
        self.assertFound("agent", "ok", "it holds no keys")

    def test_one_in_the_background_is_known_by_its_number(self):
        socket = self.sandbox.folder / "background"
        started = self.sandbox.run(programs.SSH_AGENT, "-a", socket, "-P", "/nonexistent/*")
        pid = re.search(r"SSH_AGENT_PID=(\d+)", started.stdout)[1]
        self.addCleanup(self.sandbox.run, "kill", pid)
        self.use(str(socket))
        self.sandbox.environment["SSH_AGENT_PID"] = pid
        self.examine()
        self.assertFound("agent", "ok", "is OpenSSH's ssh-agent")
        self.assertFound("agent", "warning", "(its list is /nonexistent/*)")

    def test_gpg_agent_is_known_and_refuses_modules(self):
        folder = self.sandbox.folder / "g"
        folder.mkdir(mode=0o700)
        self.sandbox.start(programs.GPG_AGENT, "--homedir", folder, "--enable-ssh-support", "--daemon", "sleep", "600", log=self.sandbox.folder / "gpg.log")
        wait_for((folder / "S.gpg-agent.ssh").exists, "gpg-agent")
        self.addCleanup(self.sandbox.run, "gpg-connect-agent", "--homedir", folder, "--no-autostart", "killagent", "/bye")
        self.use(str(folder / "S.gpg-agent.ssh"))
        self.examine()
        self.assertFound("agent", "warning", "is gpg-agent, which refuses `ssh-add -s`", "PKCS11Provider")
        refused = self.sandbox.run(programs.SSH_ADD, "-s", programs.MODULE, environment=self.askpass().environment)
        self.assertFalse(refused.ok, "it takes modules")

    @rows({"name": "gcr/ssh"}, {"name": "keyring/ssh"})
    def test_GNOME_s_is_known_by_its_socket(self, name):
        self.use(self.serve(name, NO_KEYS))
        self.examine()
        self.assertFound("agent", "warning", "GNOME's agent", "`eval $(ssh-agent)`")

    def test_another_is_not_known(self):
        self.use(self.serve("other", NO_KEYS))
        self.examine()
        self.assertFound("agent", "ok", "a kind that is not known")

    def test_one_that_does_not_answer_is_given_up(self):
        self.use(self.serve("silent", None))
        self.examine()
        self.assertFound("agent", "problem", "it does not answer within 5 seconds", "`ssh -o IdentityAgent=none`")
        self.assertTrue(self.of("ssh"))

    @rows(
        {"patterns": "/nonexistent/*", "takes": False},
        {"patterns": "{module}", "takes": True},
        {"patterns": "/nonexistent/*,{folder}/*", "takes": True},
        {"patterns": "{folder}/*,!*gate.so", "takes": False},
    )
    def test_its_list_of_modules_is_compared_as_it_does(self, patterns, takes):
        patterns = patterns.format(module=os.path.realpath(programs.MODULE), folder=os.path.dirname(os.path.realpath(programs.MODULE)))
        socket = self.sandbox.folder / "a"
        self.sandbox.start(programs.SSH_AGENT, "-D", "-a", socket, "-P", patterns, log=self.sandbox.folder / "a.log")
        wait_for(socket.exists, "ssh-agent")
        self.use(str(socket))
        self.examine()
        added = self.sandbox.run(programs.SSH_ADD, "-s", programs.MODULE, environment=self.askpass().environment)
        if takes:
            self.assertFound("agent", "ok", "it may load")
        else:
            found = self.assertFound("agent", "warning", "`ssh-add -s` is refused", "`eval $(ssh-agent -P '")
            self.assertIn(os.path.realpath(programs.MODULE), found.advice)
        if not os.environ.get("P11GATE_PRELOAD"):  # its helper could not load it
            self.assertEqual(takes, added.ok, str(added))

    def test_the_keys_that_it_holds_come_first(self):
        agent = self.agent()
        self.use(agent.socket)
        for number in range(6):
            path = self.sandbox.folder / f"key{number}"
            self.assertTrue(self.sandbox.run(programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", path).ok)
            self.assertTrue(self.sandbox.run(programs.SSH_ADD, path).ok)
            if number == 0:
                self.examine()
                self.assertFound("agent", "note", "it holds 1 keys, which ssh offers before all others", "`IdentityAgent none`")
        self.examine()
        self.assertFound("agent", "warning", "it holds 6 keys", "`IdentityAgent none`")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", "IdentityAgent none")
        self.examine()
        self.assertFound("agent", "note", "it holds 6 keys")

    def test_the_one_that_ssh_s_settings_name_is_looked_at(self):
        agent = self.agent()
        self.use("/nonexistent/agent")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", f"IdentityAgent {agent.socket}")
        self.examine()
        self.assertFound("agent", "ok", f"{agent.socket} is OpenSSH's")

    def test_one_that_is_older_than_the_module_is_told(self):
        module = str(shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so"))
        self.ssh_config(f"PKCS11Provider {module}", "IdentityFile none")
        agent = self.agent()
        self.use(agent.socket)
        self.add(agent, module)
        self.examine()
        self.assertFound("agent", "ok", "p11gate is loaded into it")
        self.assertFound("agent", "note", "it holds 1 keys", "`ssh-add -d FILE`")
        os.utime(module, times=(time.time() + 10, time.time() + 10))  # as one that is written over
        self.examine()
        self.assertFound("agent", "warning", "it runs the p11gate that was")
        os.rename(shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so.new"), module)
        self.examine()
        self.assertFound("agent", "warning", f"it runs the p11gate that was in {module} before", "end it and start another")


class Ssh(Doctor):
    def setUp(self):
        super().setUp()
        self.token("one")
        self.gate("all")

    @rows({"version": "10.1"}, {"version": "10.2"})
    def test_a_version_that_asks_for_no_PIN_is_told(self, version):
        self.stand_in_ssh(f"echo 'OpenSSH_{version}p1, OpenSSL 3.5' >&2")
        self.examine()
        self.assertFound("ssh", "problem", f"OpenSSH_{version}p1, OpenSSL 3.5: this version asks for no PIN", "`ssh-add -s`")

    @rows({"version": "9.2"}, {"version": "10.0"}, {"version": "10.3"}, {"version": "11.1"})
    def test_another_is_not(self, version):
        self.stand_in_ssh(f"echo 'OpenSSH_{version}p1, OpenSSL 3.5' >&2")
        self.examine()
        self.assertFound("ssh", "ok", f"OpenSSH_{version}p1")

    def test_another_program_of_that_name_is_told(self):
        self.stand_in_ssh("echo 'Other 1.0'")
        self.examine()
        self.assertFound("ssh", "warning", "Other 1.0: not OpenSSH", "`command -v ssh`")

    def test_no_ssh_is_told(self):
        self.sandbox.environment["PATH"] = str(self.sandbox.folder / "empty")
        self.examine()
        self.assertFound("ssh", "warning", "there is no ssh in $PATH")

    def test_a_mistake_in_its_configuration_is_told(self):
        self.ssh_config("Surprise yes")
        self.examine()
        self.assertFound("ssh", "problem", "`ssh -G localhost` fails: ", "~/.ssh/config")
        self.assertIn("line 1", self.of("ssh")[-1].text)

    def test_good_settings_are_all_right(self):
        self.examine()
        self.assertNothingWrong("ssh")

    def test_settings_of_the_host_that_is_named_hold(self):
        self.ssh_config("Host other", f"    PKCS11Provider {programs.VENDOR}", "Host *", f"    PKCS11Provider {programs.MODULE}", "    IdentityFile none")
        self.examine()
        self.assertNothingWrong("ssh")
        self.examine("other")
        self.assertFound("ssh", "problem", f"other: ssh loads {programs.VENDOR}, which is not p11gate", "`PKCS11Provider ")

    def test_a_host_cannot_be_an_option(self):
        self.examine("--", "-oProxyCommand=touch x")
        self.assertFalse((self.sandbox.folder / "x").exists())

    def test_no_provider_is_told(self):
        self.ssh_config("IdentityFile none")
        self.examine()
        self.assertFound("ssh", "note", "no PKCS11Provider", "`ssh-add -s`")

    def key(self, name):
        path = self.sandbox.home / ".ssh" / name
        self.assertTrue(self.sandbox.run(programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", path).ok)
        return path

    def test_key_files_beside_the_token_s_are_told(self):
        path = self.key("id_work")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", f"IdentityFile {path}", f"IdentityFile {path}.not-there")
        self.examine()
        found = self.assertFound("ssh", "warning", "key files are offered beside", "`IdentityFile none`")
        self.assertTrue(found.text.endswith(f": {path}"), found.text)

    def test_IdentitiesOnly_without_a_key_of_the_token_keeps_them_away(self):
        path = self.key("id_work")
        lines = [f"PKCS11Provider {programs.MODULE}", "IdentitiesOnly yes"]
        self.ssh_config(*lines, f"IdentityFile {path}")
        self.examine()
        found = self.assertFound("ssh", "problem", "no IdentityFile names a key of the token", "p11gate keys | head")
        command = next(one for one in self.commands(found) if one.startswith("p11gate keys"))
        command = command.replace("p11gate", programs.TOOL).replace("~", str(self.sandbox.home))
        self.assertTrue(self.sandbox.run("sh", "-c", command).ok)
        self.ssh_config(*lines, f"IdentityFile {self.sandbox.home}/.ssh/token.pub")
        self.examine()
        self.assertNothingWrong("ssh")

    def test_a_certificate_file_is_told(self):
        path = self.sandbox.write("cert.pub", "ssh-ed25519-cert-v01@openssh.com AAAA\n")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", f"CertificateFile {path}")
        self.examine()
        self.assertFound("ssh", "note", f"the certificate {path} is offered", "CertificateFile")

    @rows(
        {"line": "PubkeyAuthentication no", "severity": "problem", "text": "offers no key at all"},
        {"line": "BatchMode yes", "severity": "warning", "text": "asks for no PIN"},
        {"line": "AddKeysToAgent yes", "severity": "note", "text": "kept by the agent"},
    )
    def test_settings_that_defeat_it_are_told(self, line, severity, text):
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", line)
        self.examine()
        self.assertFound("ssh", severity, text)


if __name__ == "__main__":
    main()
