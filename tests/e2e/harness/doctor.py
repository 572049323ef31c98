# SPDX-License-Identifier: BSD-2-Clause
"""p11gate doctor on a machine of its own: an ssh, an agent and a pcscd that are the test's."""

import contextlib
import dataclasses
import json
import os
import re
import socket
import threading

from . import pages, programs
from .tool import Tool

ODD_NAME = "it's a \"$HOME\" & `more`"  # of a file: all of it means something to a shell
NO_KEYS = b"\0\0\0\5\x0c\0\0\0\0"  # an agent's answer to who asks for its keys


@dataclasses.dataclass
class Finding:
    check: str
    severity: str
    text: str
    advice: str


class Server:
    """A socket at which everybody gets the same answer; None: none, and the connection stays open. b"": it is closed at once."""

    def __init__(self, path, answer):
        self._answer, self._connections = answer, []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self._socket.accept()[0]
                if self._answer:
                    connection.recv(4096)
                    connection.sendall(self._answer)
                if self._answer is None:
                    self._connections.append(connection)
                else:
                    connection.close()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for one in (self._socket, *self._connections):
            one.close()


class Doctor(Tool):
    def setUp(self):
        super().setUp()
        pages.make_stand_ins(self.sandbox, {"ssh": pages.SSH})
        (self.sandbox.home / ".ssh").mkdir()
        self.conf = self.sandbox.write("opensc.conf", "app default {\n}\n")
        self.sandbox.environment |= {"PCSCLITE_CSOCK_NAME": "/nonexistent", "OPENSC_CONF": str(self.conf)}
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none")

    def ssh_config(self, *lines):
        self.sandbox.write("home/.ssh/config", "".join(f"{line}\n" for line in lines))

    def stand_in_ssh(self, body):
        """Another program in its place; {program} is the real one."""
        self.sandbox.write("bin/ssh", "#!/bin/sh\n" + body.format(program=programs.SSH), 0o700)

    def serve(self, name, answer):
        path = self.sandbox.folder / name
        server = Server(path, answer)
        self.addCleanup(server.close)
        return str(path)

    def preload(self, *libraries):
        return {"LD_PRELOAD": " ".join(filter(None, [os.environ.get("P11GATE_PRELOAD"), *libraries]))}

    def pcscd(self, **readers):
        """A pcscd with these readers, each with its state: 10 empty, 20 a card."""
        self.sandbox.environment["PCSCLITE_CSOCK_NAME"] = self.serve("pcscd", b"")
        folder = self.sandbox.folder / "pcsclite"
        if not folder.exists():
            folder.mkdir()
            (folder / "libpcsclite.so.1").symlink_to(programs.PCSCLITE)
        self.sandbox.environment["LD_LIBRARY_PATH"] = str(folder)
        if readers:
            self.sandbox.environment["READERS"] = ",".join(f"{name}={state}" for name, state in readers.items())

    def examine(self, *words, environment=None):
        """What it finds, which is what its JSON says; the exit status says whether there is a problem."""
        self.result = self.tool("doctor", "--json", *words, environment=environment)
        self.assertEqual("", self.result.stderr, str(self.result))
        names = ("check", "severity", "text", "do")
        self.findings = [Finding(*(one[name] for name in names)) for one in json.loads(self.result.stdout)]
        bad = any(one.severity == "problem" for one in self.findings)
        self.assertEqual(1 if bad else 0, self.result.rc, str(self.result))
        for one in self.findings:
            self.assertIn(one.severity, ("ok", "note", "warning", "problem"))
            self.assertTrue(one.advice or one.severity in ("ok", "note"), f"what is to be done? {one}")
        return self.findings

    def of(self, check):
        return [one for one in self.findings if one.check == check]

    def assertFound(self, check, severity, text, advice=None):
        """Of that check there is a finding with that in its text, so bad, and that in what is to be done."""
        fitting = [one for one in self.of(check) if text in one.text]
        self.assertEqual([severity], [one.severity for one in fitting], f"{check}: {text}\n{self.result}")
        if advice is not None:
            self.assertIn(advice, fitting[0].advice or "")
        return fitting[0]

    def assertNotFound(self, check, text):
        self.assertEqual([], [one for one in self.of(check) if text in one.text])

    def assertNothingWrong(self, check):
        found = self.of(check)
        self.assertEqual({"ok"}, {one.severity for one in found}, str(found))

    def paste(self, finding, **options):
        """Runs the first command that it names, as somebody does who pastes it into a shell."""
        result = self.sandbox.run("bash", "-c", self.commands(finding)[0], **options)
        self.assertTrue(result.ok, f"{finding}\n{result}")
        return result

    def commands(self, finding):
        """What it says between backticks."""
        return re.findall(r"`([^`]+)`", finding.advice)
