#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate doctor: the whole of it, the configuration, the vendors' libraries, pcscd."""

import os
import pathlib
import shutil

from harness import main, programs, rows
from harness.doctor import ODD_NAME, Doctor
from harness.wait import wait_for

KEYS = ("note", "warning", "problem")

UNREADABLE = [] if os.geteuid() == 0 else [{"broken": "chmod", "text": "Permission denied"}]  # root may read all


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

    def test_that_there_is_no_memory_is_no_fault_of_a_library(self):
        if self.sandbox.instrument.active:
            self.skipTest("an instrumented program wants more memory than there is")
        self.token("one")
        self.gate("all", module=self.odd_vendor("starves"))
        result = self.tool("doctor")
        self.assertEqual((1, "p11gate: no memory, or no process to be had\n"), (result.rc, result.stderr), str(result))
        self.assertNotIn("the process ended", result.stdout)
        self.assertIn("ssh: ", result.stdout)

    def test_what_is_run_has_no_terminal_to_wait_at(self):
        self.stand_in_ssh('{{ read line </dev/tty; }} 2>/dev/null; exec {program} "$@"')
        terminal = self.terminal("doctor")
        terminal.expect("ssh: OpenSSH_")
        terminal.close()
        self.assertNotIn("does not end", terminal.text)

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

    def test_that_command_can_be_pasted_whatever_the_path(self):
        folder = self.sandbox.folder / ODD_NAME
        folder.mkdir()
        self.gate("all")
        shutil.copy(self.sandbox.config, folder / "config.yaml")
        (folder / "config.yaml").chmod(0o666)
        self.sandbox.environment["P11GATE_CONFIG"] = str(folder / "config.yaml")
        self.examine()
        found = self.assertFound("configuration", "problem", "writable by others")
        found.advice = found.text.partition(", run ")[2]
        self.paste(found)
        self.examine()
        self.assertNothingWrong("configuration")

    def test_a_file_whose_file_system_does_not_answer_is_given_up_and_the_rest_goes_on(self):
        self.token("one")
        self.gate("all")
        self.examine(environment=self.preload(programs.STRANGER) | {"STRANGER_SILENT": "config.yaml"})
        self.assertFound("configuration", "problem", "no answer within 10 seconds", "$P11GATE_CONFIG")
        self.assertTrue(self.of("ssh"))

    def test_a_pipe_in_its_place_is_told_at_once(self):
        self.sandbox.config.unlink(missing_ok=True)
        os.mkfifo(self.sandbox.config)
        self.examine()
        self.assertFound("configuration", "problem", "not a regular file", "`p11gate check`")

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
        log, audit = (str(self.sandbox.folder / name) for name in ("log", "audit"))
        self.gate("all", log={"file": log, "audit": audit, "audit_required": True})
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
            text = f"the audit goes to {socket}, which cannot be written to"
            self.assertFound("installation", "warning", text, "`log: {audit: PATH}`")

    def test_the_module_that_ssh_loads_is_looked_at(self):
        gone = self.sandbox.folder / "p11gate.so"
        self.ssh_config(f"PKCS11Provider {gone}")
        self.examine()
        self.assertFound("installation", "problem", f"{gone}, which ssh is to load: No such file", "PKCS11Provider")
        gone.write_text("no library")
        self.examine()
        self.assertFound("installation", "problem", f"{gone} cannot be loaded: ", f"`ldd {gone}`")
        gone.unlink()
        shutil.copy(programs.MODULE, gone)
        self.examine()
        self.assertNothingWrong("installation")

    def test_where_ssh_loads_none_the_place_of_the_installation_is_looked_at(self):
        self.ssh_config("PKCS11Provider none")
        self.examine()
        if not os.path.exists("/usr/local/lib/pkcs11/p11gate.so"):
            self.assertFound("installation", "problem", "pkcs11/p11gate.so: No such file", "`sudo meson install -C build`")


class Library(Doctor):
    def test_its_name_its_version_and_its_slots_are_told(self):
        self.token("two-tokens")
        self.gate("all")
        self.examine()
        self.assertFound("library", "ok", f"{programs.VENDOR}: SoftHSM, Implementation of PKCS11, version 2.6, PKCS#11 2.40")
        self.assertEqual(3, len([one for one in self.of("library") if "SoftHSM slot ID" in one.text]))

    def test_that_there_is_none_is_told(self):
        bare = self.preload(programs.STRANGER) | {"STRANGER_BARE": "1"}
        self.examine(environment=bare)
        self.assertFound("library", "note", "no known library is installed", "opensc-pkcs11")
        result = self.tool("init", environment=bare)
        self.assertEqual(1, result.rc)
        self.assertIn("no known library is installed; install the vendor's (for most cards, the package opensc-pkcs11)", result.stderr)

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

    @rows(*UNREADABLE, {"broken": "needs", "text": "cannot open shared object"})
    def test_the_command_can_be_pasted_whatever_the_path(self, broken, text):
        folder = self.sandbox.folder / ODD_NAME
        folder.mkdir()
        path = folder / "vendor.so"
        needed = self.sandbox.folder / "libneeded.so"
        self.assertTrue(self.sandbox.run("cc", "-shared", "-x", "c", "/dev/null", "-o", needed).ok)
        words = ["cc", "-shared", "-x", "c", "/dev/null", "-x", "none", "-Wl,--no-as-needed", needed, "-o", path]
        self.assertTrue(self.sandbox.run(*words).ok)
        needed.unlink()
        if broken == "chmod":
            path.chmod(0o000)
        self.gate("all", module=str(path))
        self.examine()
        result = self.paste(self.assertFound("library", "problem", text))
        if broken == "chmod":
            self.assertEqual(0o444, path.stat().st_mode & 0o777)
        else:
            self.assertRegex(result.stdout, r"libneeded\.so => not found")

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


class Pcscd(Doctor):
    def setUp(self):
        super().setUp()
        self.gate("all", module=programs.OPENSC)

    def test_a_library_that_wants_it_makes_its_absence_a_problem(self):
        self.examine()
        text = "pcscd is not to be reached at /nonexistent"
        self.assertFound("pcscd", "problem", text, "`sudo systemctl enable --now pcscd.socket`")

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
        policy = "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy"
        stranger = self.preload(programs.STRANGER) | {"STRANGER_FILE": policy, "STRANGER_USER": "65534"}
        self.examine(environment=stranger)
        found = self.assertFound("pcscd", "problem", "by polkit", 'subject.user == "nobody"')
        for action in ("access_pcsc", "access_card"):
            self.assertIn(f'action.id == "org.debian.pcsc-lite.{action}"', found.advice)
        self.assertNotFound("pcscd", "this session came over ssh")
        self.examine(environment=stranger | {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"})
        self.assertFound("pcscd", "warning", "this session came over ssh", "/etc/polkit-1/rules.d/")

    def scdaemon(self, *before):
        """A process of that name."""
        program = shutil.copy(shutil.which("sleep"), self.sandbox.folder / "scdaemon")
        process = self.sandbox.start(*before, program, "600", log=self.sandbox.folder / "scdaemon.log")
        comm = pathlib.Path(f"/proc/{process.pid}/comm")
        wait_for(lambda: comm.read_text() == "scdaemon\n", "the scdaemon to run")

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

    def test_a_scdaemon_of_another_user_is_not_told(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be another user")
        self.sandbox.folder.chmod(0o711)
        self.scdaemon("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        self.examine()
        self.assertNothingWrong("card")

    @rows(
        {"line": "\tuse_file_caching = public;", "told": True},
        {"line": "  use_file_caching = yes;", "told": True},
        {"line": "use_file_caching=true;", "told": True},
        {"line": "use_file_caching = no;", "told": False},
        {"line": "# use_file_caching = yes;", "told": False},
        {"line": "", "told": False},
    )
    def test_OpenSC_s_own_copies_are_told(self, line, told):
        self.conf.write_text(f"app default {{\n framework pkcs15 {{\n{line}\n }}\n}}\n")
        self.examine()
        if told:
            self.assertFound("opensc", "warning", "it shows old keys", f"the folder {self.sandbox.home}/.cache/opensc")
        else:
            self.assertNothingWrong("opensc")


if __name__ == "__main__":
    main()
