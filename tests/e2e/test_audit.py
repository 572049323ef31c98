#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The audit, and the question before a key is used, with the real ssh and ssh-agent. The module is built with sockets, a system's file
and a time for the question of the test's own: nothing moves them at run time."""

import atexit
import json
import os
import pathlib
import shlex
import sys
import time

for name in ("P11GATE_PRELOAD", "P11GATE_VALGRIND"):
    os.environ.pop(name, None)  # what is run here is built here, without them

from harness import Case, audit, main, programs, rows  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENCRYPT = ROOT / "tests" / "e2e" / "harness" / "encrypt.py"
IS_ROOT = os.geteuid() == 0
SECONDS = 3
built = []
SIGNED = ["login-begins", "login-accepted", "signature-begins", "signature-made"]


class Built:
    """The module, once for all tests."""

    def __init__(self):
        self.sandbox = Sandbox()
        atexit.register(self.sandbox.close)
        folder = self.sandbox.folder
        self.system, self.syslog, self.journal = folder / "etc" / "config.yaml", folder / "log", folder / "journal"
        self.system.parent.mkdir(mode=0o755)
        folder.chmod(0o755)
        options = {"tests": "disabled", "system_config": self.system, "syslog_socket": self.syslog, "journal_socket": self.journal,
                   "confirm_seconds": SECONDS, "askpass": folder / "no-askpass"}
        build = folder / "build"
        self.run("meson", "setup", *[f"-D{key}={value}" for key, value in options.items()], build, ROOT)
        self.run("ninja", "-C", build, "module/p11gate.so")
        self.module = build / "module" / "p11gate.so"

    def run(self, *words):
        result = self.sandbox.run(*words, timeout=240)
        assert result.ok, str(result)


class Audited(Case):
    @classmethod
    def setUpClass(cls):
        if not built:
            built.append(Built())
        cls.system, cls.syslog, cls.journal, cls.module = built[0].system, built[0].syslog, built[0].journal, built[0].module

    def setUp(self):
        super().setUp()
        self.made = self.token("one")
        self.file = self.sandbox.folder / "audit"
        self.key = self.made.fingerprint("user1")
        self.trusting = self.server(self.made.public_key("user1"))
        self.permit(log={"audit": str(self.file)})

    def permit(self, use=None, **more):
        self.sandbox.configure({"version": 1, "module": programs.VENDOR, "allow": [{"name": "mine", "id": "01", **({"use": use} if use else {})}], **more})

    def socket(self, path, **options):
        made = audit.Socket(path, **options)
        self.addCleanup(made.close)
        return made

    def agent_with_key(self, **options):
        live = self.agent(**options)
        result = live.add(self.copied(), self.askpass())
        self.assertTrue(result.ok, str(result))
        self.assertEqual(1, len(live.keys()))
        return live

    def copied(self):
        """In a folder that the agent loads modules from."""
        copy = self.sandbox.folder / "p11gate.so"
        copy.write_bytes(self.module.read_bytes())
        return copy

    def logs_in(self, agent=None, environment=None):
        """Whether ssh gets in, within a time in which nothing hangs."""
        how = {"agent": agent, "askpass": None} if agent else {"module": self.module}
        login = self.login(self.trusting, timeout=30, environment=environment, **how)
        self.assertFalse(login.hung, str(login))
        self.output = login.output
        return login.ok


class Lines(Audited):
    def assertWritten(self, records, program):
        self.assertEqual(["key-shown", *SIGNED], audit.events(records))
        for record in records:
            self.assertEqual((str(os.getuid()), os.path.realpath(program), "one"), (record["uid"], record["program"], record["token"]))
        for record in (records[0], *records[3:]):
            self.assertEqual((self.key, f"{self.sandbox.config}:", "mine"),
                             (record["fingerprint"], record["rule"][: len(str(self.sandbox.config)) + 1], record["rule_name"]))
        self.assertEqual("CKR_OK", records[-1]["result"])

    def test_a_login_by_ssh_is_in_the_file(self):
        self.assertTrue(self.logs_in())
        self.assertWritten(audit.read(self.file), programs.SSH)
        self.assertEqual(0o600, self.file.stat().st_mode & 0o777)
        self.assertNotIn("1234", self.file.read_text().replace(self.key, "").replace(str(self.sandbox.folder), ""))

    def test_of_an_agent_each_signature_is(self):
        live = self.agent_with_key()
        self.assertTrue(self.logs_in(live))
        self.assertTrue(self.logs_in(live))
        records = audit.read(self.file)
        self.assertWritten(records[:-2], programs.SSH_HELPER)
        self.assertEqual(SIGNED[2:], audit.events(records[-2:]))
        self.assertEqual(1, len({record["pid"] for record in records}))

    def test_a_wrong_PIN_is(self):
        login = self.login(self.trusting, self.module, askpass=self.askpass(["0000", "0000"]))
        self.assertFalse(login.ok)
        events = audit.events(audit.read(self.file))
        self.assertIn("login-refused", events)
        self.assertEqual(1, events.count("login-begins"), events)
        self.assertNotIn("0000", self.file.read_text().replace(self.key, ""))

    def test_what_is_decrypted_is(self):
        self.permit(preset="read-only", log={"audit": str(self.file)})
        secret, out = self.sandbox.write("secret", "a secret"), self.sandbox.folder / "out"
        words = ["--module", self.module, "--login", "--pin", "1234", "--id", "01", "-m", "RSA-PKCS", "--decrypt", "-i", out]
        for command in ([sys.executable, ENCRYPT, self.module, "01", "RSA-PKCS", secret, out], [programs.PKCS11_TOOL, *words]):
            result = self.sandbox.run(*command)
            self.assertTrue(result.ok, str(result))
        records = audit.read(self.file)
        self.assertEqual(["decryption-begins", "decryption-made"], audit.events(records)[-2:])
        self.assertEqual(("C_DecryptInit", "CKM_RSA_PKCS", "CKR_OK"), tuple(records[-1][name] for name in ("function", "mechanism", "result")))
        self.assertEqual(1, audit.events(records).count("decryption-begins"))

    def test_the_system_s_log_gets_a_line_as_syslog_sends_it(self):
        log = self.socket(self.syslog)
        self.permit(log={"audit": "syslog"})
        self.assertTrue(self.logs_in())
        lines = log.lines()
        for line in lines:
            self.assertRegex(line, r"^<86>[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d p11gate\[\d+\]: event=\"[^\n]*\"$")
        self.assertWritten([audit.parse(line) for line in lines], programs.SSH)

    def test_the_journal_gets_fields(self):
        journal = self.socket(self.journal)
        self.permit(log={"audit": "journal"})
        self.assertTrue(self.logs_in())
        entries = journal.entries()
        for entry in entries:
            self.assertEqual(("p11gate", "10", "6"), tuple(entry[name] for name in ("SYSLOG_IDENTIFIER", "SYSLOG_FACILITY", "PRIORITY")))
            self.assertTrue(entry["MESSAGE"].startswith(f'event="{entry["P11GATE_EVENT"]}" uid="'))
        self.assertWritten([{name[8:].lower(): value for name, value in entry.items() if name.startswith("P11GATE_")} for entry in entries], programs.SSH)

    def test_two_programs_at_once_write_whole_lines(self):
        live = self.agent_with_key()
        for _ in range(3):
            self.assertTrue(self.logs_in(live))
            self.assertTrue(self.logs_in())
        self.assertEqual(6, audit.events(audit.read(self.file)).count("signature-made"))


class Required(Audited):
    def setUp(self):
        super().setUp()
        self.permit(log={"audit": "syslog", "audit_required": True})

    def test_without_the_system_s_log_ssh_does_not_get_in_and_says_why(self):
        self.assertFalse(self.logs_in())
        self.assertIn(f"p11gate: the audit cannot be written to {self.syslog}: No such file or directory", self.output)
        self.assertIn("p11gate: a login is refused: it must be audited", self.output)

    def test_an_agent_refuses_while_the_log_is_away_and_lives_on(self):
        log = self.socket(self.syslog)
        live = self.agent_with_key()
        self.assertTrue(self.logs_in(live))
        log.close()
        self.assertFalse(self.logs_in(live))
        self.assertTrue(live.alive)
        self.assertIn("a signature is refused: it must be audited", self.sandbox.log.read_text())
        self.socket(self.syslog)
        self.assertTrue(self.logs_in(live))

    def test_a_log_that_takes_nothing_is_not_waited_for(self):
        self.socket(self.syslog, room=1)
        live = self.agent_with_key()
        before = time.monotonic()
        ends = [self.logs_in(live) for _ in range(4)]  # four datagrams or so fill the kernel's least queue
        while ends[-1] and len(ends) < 400:
            ends.append(self.logs_in(live))
        self.assertFalse(ends[-1])
        self.assertLess((time.monotonic() - before) / len(ends), 5)
        self.assertTrue(live.alive)


class Asked(Audited):
    def setUp(self):
        super().setUp()
        self.permit({"confirm": True}, log={"audit": str(self.file)})

    def answer(self, line):
        """A program that gives the PIN, and to a question whether the key may be used does as the line says."""
        self.questions = self.sandbox.folder / "questions"
        script = (f'#!/bin/sh\nif [ "$SSH_ASKPASS_PROMPT" != confirm ]; then echo 1234; exit; fi\n'
                  f'printf \'%s\\n\' "$1" >> {shlex.quote(str(self.questions))}\n{line}\n')
        path = self.sandbox.write("answer", script, 0o700)
        self.sandbox.environment |= {"SSH_ASKPASS": str(path), "SSH_ASKPASS_REQUIRE": "force"}
        return {"SSH_ASKPASS": str(path)}

    def try_ssh(self, line):
        environment = self.answer(line)
        return self.logs_in(environment=environment)

    def test_with_a_yes_ssh_gets_in(self):
        self.assertTrue(self.try_ssh("exit 0"), self.output)
        asked = self.questions.read_text()
        self.assertEqual(1, asked.count("Allow a signature"), asked)
        self.assertIn(f"Key fingerprint {self.key}\nToken one\nProgram {os.path.realpath(programs.SSH)}, process ", asked)

    @rows({"line": "exit 1"}, {"line": "echo no"}, {"line": "kill -9 $$"})
    def test_without_it_does_not(self, line):
        self.assertFalse(self.try_ssh(line))
        self.assertIn("p11gate: a signature is refused: it was not confirmed", self.output)
        self.assertNotIn("signature-begins", audit.events(audit.read(self.file)))
        self.assertEqual("not confirmed", audit.read(self.file)[-1]["reason"])

    def test_nobody_is_waited_for_without_end(self):
        before = time.monotonic()
        self.assertFalse(self.try_ssh("trap '' TERM; sleep 100; exit 0"))
        self.assertLess(time.monotonic() - before, SECONDS + 15)
        self.assertIn(f"nobody confirmed it within {SECONDS} seconds", self.output)

    def test_without_a_program_that_asks_it_is_refused(self):
        live = self.agent_with_key()
        self.assertFalse(self.logs_in(live))
        self.assertTrue(live.alive)
        self.assertIn("it must be confirmed, and there is no display to ask on", self.sandbox.log.read_text())

    @rows({"line": "exit 0", "good": True}, {"line": "exit 1", "good": False}, {"line": "sleep 100", "good": False})
    def test_an_agent_asks_for_each_signature_and_lives_on(self, line, good):
        self.answer(line)
        live = self.agent_with_key()
        self.assertEqual([good, good], [self.logs_in(live), self.logs_in(live)])
        self.assertEqual(2, self.questions.read_text().count("Allow a signature"))
        self.assertTrue(live.alive)
        self.assertEqual(1, len(live.keys()))

    def test_a_program_that_prints_much_does_not_disturb_the_agent(self):
        self.answer("yes | head -c 300000; exit 1")
        live = self.agent_with_key()
        self.assertFalse(self.logs_in(live))
        self.assertEqual(1, len(live.keys()))


class System(Audited):
    """Under a system's file, which root alone can make."""

    def setUp(self):
        super().setUp()
        self.log = self.socket(self.syslog)
        self.enforce(log={"audit": "syslog", "audit_required": True, "stderr": "never"})
        self.addCleanup(self.system.unlink)

    def enforce(self, **more):
        self.system.write_text(json.dumps({"version": 1, "module": programs.VENDOR, "allow": [{"name": "corp", "id": "01"}], **more}))

    def narrow(self, **more):
        self.sandbox.configure({"version": 1, "allow": "all", **more})

    @rows(
        {"more": {}}, {"more": {"log": {"audit": "none", "audit_required": False}}}, {"more": {"log": {"audit": "./audit", "audit_required": False}}},
        {"more": {"log": {"file": "/dev/null", "stderr": "never"}}}, {"more": {"profiles": {"p": {"log": {"audit": "none", "audit_required": False}}}}},
    )
    def test_a_user_s_file_switches_nothing_off(self, more):
        self.narrow(**more)
        environment = {"P11GATE_PROFILE": "p"} if "profiles" in more else {}
        self.assertTrue(self.logs_in(environment=environment), self.output)
        self.assertEqual(["key-shown", *SIGNED], audit.events([audit.parse(line) for line in self.log.lines()]))
        self.log.close()
        self.assertFalse(self.logs_in(environment=environment))

    @rows({"name": "P11GATE_CONFIG", "value": "/nonexistent"}, {"name": "HOME", "value": "/"}, {"name": "XDG_STATE_HOME", "value": "/"}, {"name": "TZ", "value": "x\ny"})
    def test_no_variable_does(self, name, value):
        self.narrow()
        self.assertTrue(self.logs_in(environment={name: value}), self.output)
        self.assertEqual(["key-shown", *SIGNED], audit.events([audit.parse(line) for line in self.log.lines()]))

    def test_a_user_has_an_audit_beside_it_and_may_want_to_be_asked(self):
        self.narrow(log={"audit": str(self.file)})
        self.sandbox.configure({"version": 1, "allow": [{"name": "mine", "id": "01", "use": {"confirm": True}}], "log": {"audit": str(self.file)}})
        self.assertFalse(self.logs_in())  # askpass answers 1234, which is no yes
        records = audit.read(self.file)
        self.assertEqual(("signature-refused", "corp", "mine"), tuple(records[-1][name] for name in ("event", "rule_name", "user_rule_name")))
        self.assertEqual(records, [audit.parse(line) for line in self.log.lines()])


class Alone(Audited):
    """Where the system's file cannot be root's, nothing is shown and nothing audited."""

    def test_a_system_file_that_is_not_root_s_shows_nothing(self):
        self.system.write_text("version: 1\n")
        self.addCleanup(self.system.unlink)
        self.assertFalse(self.logs_in())
        self.assertEqual([], audit.read(self.file))


if IS_ROOT:
    del Alone
else:
    del System
del Audited

if __name__ == "__main__":
    main()
