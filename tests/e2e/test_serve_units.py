#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The shipped units under a systemd of the test's own: the first client starts the service, whoever ends it gets a new one that is locked, and
what the unit takes from the service is taken."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import card, comment, isolation, main, pcsc, pcscd, programs, rows, units
from harness.card_case import PIN as CARD_PIN
from harness.card_case import STACKS, CardCase
from harness.own_machine import OwnMachine, installed_text
from harness.systemd import Systemd
from harness.token import fingerprint
from harness.wait import wait_for

USER = "p11alice"
PIN = "zebra-73502918"
STATE = pathlib.Path("/var/lib/p11gate")
PYTHON = "/usr/bin/python3"
# What a process of the service tries: each is an expression that fails where it must.
PROBES = {
    "memory that is written and run": "mmap.mmap(-1, 4096, prot=7)",
    "to write to /usr": "os.statvfs('/usr').f_flag & os.ST_RDONLY and fail()",
    "to write to /etc": "os.statvfs('/etc').f_flag & os.ST_RDONLY and fail()",
    "to write to /var": "os.statvfs('/var').f_flag & os.ST_RDONLY and fail()",
    "others' files in /tmp": "os.listdir('/tmp') or fail()",
    "to look into homes": "os.listdir('/home/' + os.listdir('/home')[0])",
    "to be root": "os.setuid(0)",
    "a program for root": "os.chmod(own, 0o4755)",
    "another personality": "libc.personality(8) == -1 and fail()",
    "a higher limit of core dumps": "resource.setrlimit(resource.RLIMIT_CORE, (1, 1))",
}
PROBE = """import ctypes, json, mmap, os, resource
libc, own = ctypes.CDLL(None), {state!r} + ".file"
open(own, "w").close()
def fail():
    raise OSError
def outcome(text):
    try:
        eval(text)
    except (OSError, ValueError, IndexError):
        return "refused"
    return "done"
made = {{name: outcome(text) for name, text in {probes!r}.items()}}
json.dump(made, open({state!r}, "w"))
"""
USER_SERVICE = """[Service]
User={user.name}
Environment=XDG_RUNTIME_DIR={place} HOME={user.home} SYSTEMD_LOG_TARGET=console
ExecStart=/lib/systemd/systemd --user
StandardError=append:/run/user-systemd.log
Delegate=yes
Type=notify
"""
LOCKED = "is locked; `p11gate unlock` logs in to it"


class Booted(OwnMachine):
    """A machine with the system's units; boot() starts it."""

    def setUp(self):
        super().setUp()
        self.user = self.account(USER)
        self.user.configure(None)
        units.make_account()
        for folder in (STATE, pathlib.Path("/run/p11gate")):
            shutil.rmtree(folder, ignore_errors=True)
        self.systemd = Systemd(self.sandbox)
        self.addCleanup(self.systemd.close)
        self.systemd.add("p11gate.socket", units.text("p11gate.socket", self.tool_path))
        self.systemd.add("p11gate.service", units.text("p11gate.service.in", self.tool_path))

    def boot(self, *sockets):
        self.systemd.start()
        result = self.systemd.ctl("start", "p11gate.socket", *sockets)
        self.assertTrue(result.ok, f"{result}\n{self.systemd.said()}")

    def state(self):
        return self.systemd.show("p11gate.service", "ActiveState")["ActiveState"]

    def process(self):
        """The service's main process, as its systemd counts."""
        return self.systemd.show("p11gate.service", "MainPID")["MainPID"]

    def unlock(self, pin):
        result = self.user.run(self.tool_path, "unlock", "--stdin", stdin=pin + "\n")
        self.assertTrue(result.ok, f"{result}\n{self.systemd.said()}")

    def status(self):
        return self.user.run(self.tool_path, "status", "--quiet").rc

    def job(self):
        settings = {
            "UserKnownHostsFile": "/dev/null", "StrictHostKeyChecking": "no", "LogLevel": "ERROR", "BatchMode": "yes",
            "IdentityFile": "none", "IdentityAgent": "none", "Port": self.host.port, "User": self.host.user,
        }
        words = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return self.user.run(programs.SSH, *words, "-I", self.module, "127.0.0.1", "backup")

    def assertWorks(self):
        result = self.job()
        self.assertTrue(result.ok and "LOGIN-OK" in result.stdout, str(result))

    def assertIsLocked(self):
        result = self.job()
        self.assertEqual((255, 1), (result.rc, result.stderr.count(LOCKED)), str(result))


class Hsm(Booted):
    def setUp(self):
        super().setUp()
        self.made = self.token("eight", PIN=PIN)
        self.host = self.server(self.made.public_key("user8"))
        self.policy = {"version": 1, "module": programs.VENDOR, "allow": [{"when": {"user": USER}, "id": "08"}], "daemon": {"use": "require"}}
        self.enforce(self.policy)
        self.hsm(self.made, units.make_account())

        self.systemd.add("p11gate.service.d/library.conf", "[Service]\nReadWritePaths=/var/lib/softhsm\n")

    def test_the_first_client_starts_it_and_whoever_ends_it_locks_it(self):
        self.boot()
        self.assertEqual("inactive", self.state())
        self.assertIsLocked()
        self.assertEqual("active", self.state())
        self.unlock(PIN)
        self.assertWorks()
        for words in (("stop",), ("kill", "--signal=KILL"), ("restart",)):
            before = self.process()
            self.assertTrue(self.systemd.ctl(*words, "p11gate.service").ok)
            self.assertIsLocked()
            wait_for(lambda: self.process() not in ("0", before), "the next service")
            self.unlock(PIN)
            self.assertWorks()

    def test_a_client_that_stays_goes_on_with_the_next_one(self):
        self.boot()
        self.unlock(PIN)
        client = self.user.client(self.module)
        self.addCleanup(client.close)
        client.answers("C_Initialize")
        ((slot,),) = client.answers("C_GetSlotList", 1)
        for _ in range(2):
            (session,) = client.answers("C_OpenSession", slot, 4)
            client.answers("C_FindObjectsInit", session, [[0, (3).to_bytes(8, "little").hex()]])
            (key,), _ = client.answers("C_FindObjects", session, 8)
            client.answers("C_SignInit", session, [1, ""], key)
            client.answers("C_Sign", session, b"data".hex())
            client.answers("C_CloseSession", session)
            self.systemd.ctl("kill", "--signal=KILL", "p11gate.service")
            self.unlock(PIN)

    def test_a_fault_that_is_mended_needs_no_hand_on_the_service(self):
        """It cannot start for as long, and whoever asks starts it again."""
        self.enforce({**self.policy, "module": "/run/no-library.so"})
        self.boot()
        self.assertEqual(255, self.job().rc)
        self.enforce(self.policy)
        wait_for(lambda: self.status() == 1, "the service", 20)
        self.unlock(PIN)
        self.assertWorks()

    def test_without_its_socket_there_is_no_daemon(self):
        self.boot()
        self.assertEqual(1, self.status())
        self.systemd.ctl("stop", "p11gate.socket", "p11gate.service")
        self.assertEqual(3, self.status())

    def test_what_the_unit_takes_from_it_is_taken(self):
        self.systemd.add("p11gate.service.d/probe.conf", f"[Service]\nExecStartPre={PYTHON} -I {self.probe()}\n")
        self.boot()
        self.assertEqual(1, self.status())
        self.assertEqual(dict.fromkeys(PROBES, "refused"), json.loads((STATE / "probe").read_text()))
        vendor = self.systemd.run("cat", f"/proc/{self.process()}/task/{self.process()}/children").stdout.strip()
        account = units.make_account()
        for process in (self.process(), vendor):
            status = dict(line.split(":\t", 1) for line in self.systemd.run("cat", f"/proc/{process}/status").stdout.splitlines())
            found = {name: status[name] for name in ("NoNewPrivs", "Seccomp", "CapBnd", "CapEff")}
            self.assertEqual({"NoNewPrivs": "1", "Seccomp": "2", "CapBnd": 16 * "0", "CapEff": 16 * "0"}, found)
            self.assertEqual({str(account.pw_uid)}, set(status["Uid"].split()))
            self.assertRegex(self.systemd.run("cat", f"/proc/{process}/limits").stdout, r"Max core file size +0 +0 ")

    @staticmethod
    def probe():
        return installed_text("probe.py", PROBE.format(probes=PROBES, state=str(STATE / "probe")))

    def test_systemd_finds_little_to_wish_for(self):
        self.boot()
        said = self.systemd.run("systemd-analyze", "--no-pager", "security", "p11gate.service").stdout
        level = re.search(r"Overall exposure level for p11gate.service: ([0-9.]+) (\w+)", said)
        comment(level[0])
        self.assertLess(float(level[1]), 5, said)

    def test_with_a_credential_nobody_has_to_unlock_it_after_a_start_of_the_machine(self):
        secret = pathlib.Path("/etc/p11gate/pin")
        secret.write_text(PIN)
        secret.chmod(0o600)
        self.addCleanup(secret.unlink)
        self.enforce({**self.policy, "login": {"pin_source": "systemd:pin"}})
        self.systemd.add("p11gate.service.d/pin.conf", f"[Service]\nLoadCredential=pin:{secret}\n")
        for _ in range(2):
            self.boot()
            self.assertWorks()
            self.assertEqual(0, self.status())
            self.systemd.end()
            shutil.rmtree("/run/p11gate")


class Reader(Booted, CardCase):
    """pcscd under the same systemd, with its units and the shipped drop-in for its socket."""

    def setUp(self):
        super().setUp()
        for name in ("pcscd.socket", "pcscd.service"):
            self.systemd.add(name, pathlib.Path("/lib/systemd/system", name).read_text())
        self.systemd.add("pcscd.socket.d/p11gate.conf", units.text("pcscd.socket.conf", self.tool_path))
        pathlib.Path("/etc/reader.conf.d").mkdir(exist_ok=True)
        pathlib.Path("/etc/reader.conf.d/vpcd").write_text(pcscd.reader_file("Virtual PCD"))
        self.stack = STACKS["OpenSC"]
        self.reader = card.Reader(self.sandbox, pcscd=self.systemd)
        self.addCleanup(self.reader.close)
        self.card = self.another()
        self.host = self.server(self.card.keys["9a"])
        rule = {"when": {"user": USER}, "fingerprint": fingerprint(self.card.keys["9a"])}
        self.enforce({"version": 1, "module": programs.OPENSC, "allow": [rule], "daemon": {"use": "require"}})

    def test_the_service_alone_reaches_the_card(self):
        self.boot("pcscd.socket")
        wait_for(pcsc.readers, "pcscd's reader")
        self.card.insert()
        self.unlock(CARD_PIN)
        self.assertWorks()
        said = self.user.run("opensc-tool", "--list-readers")
        self.assertNotIn("Virtual PCD", said.stdout + said.stderr)
        self.card.pull()
        wait_for(lambda: self.status() == 2, "the card to be missed", 20)
        self.card.insert()
        wait_for(lambda: self.status() == 1, "the card", 20)
        self.assertIsLocked()
        self.unlock(CARD_PIN)
        self.assertWorks()


class Own(Booted):
    """The units of a user's, under a systemd of his."""

    def test_the_first_client_of_the_user_starts_it(self):
        made = self.token("eight")
        self.host = self.server(made.public_key("user8"))
        shutil.copytree(made.folder, self.user.home / "token", dirs_exist_ok=True)
        conf = self.user.write("token/softhsm2.conf", (made.folder / "softhsm2.conf").read_text().replace(str(made.folder), str(self.user.home / "token")))
        subprocess.run(["chown", "-R", f"{USER}:", self.user.home], check=True)
        self.user.configure({"version": 1, "module": programs.VENDOR, "allow": [{"id": "08"}], "daemon": {"use": "require"}})
        self.boot_user(conf)
        self.assertEqual("inactive", self.user_ctl("is-active", "p11gate.service").stdout.strip())
        self.assertIsLocked()
        self.unlock("1234")
        self.assertWorks()
        self.assertEqual("active", self.user_ctl("is-active", "p11gate.service").stdout.strip())
        self.user_ctl("kill", "--signal=KILL", "p11gate.service")
        self.assertIsLocked()

    def boot_user(self, conf):
        """What user@.service is where there is a login."""
        self.place = pathlib.Path(f"/run/user/{self.user.uid}")
        self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(self.place, self.user.uid, -1)
        for name, source in (("p11gate.socket", "p11gate-user.socket"), ("p11gate.service", "p11gate-user.service.in")):
            self.user.write(f".config/systemd/user/{name}", units.text(source, self.tool_path))
        self.user.write(".config/systemd/user/p11gate.service.d/library.conf", f"[Service]\nEnvironment=SOFTHSM2_CONF={conf}\n")
        self.systemd.add("user.service", USER_SERVICE.format(user=self.user, place=self.place))
        self.boot("user.service")
        wait_for(lambda: (self.place / "systemd" / "private").exists(), f"the user's systemd {self.systemd.said()}")
        started = self.user_ctl("start", "p11gate.socket")
        self.assertTrue(started.ok, f"{started}\n{self.systemd.said()}")

    def user_ctl(self, *words):
        return self.systemd.run(*self.user.words("systemctl", "--user", *words, environment={"XDG_RUNTIME_DIR": str(self.place)}))


class Files(OwnMachine):
    @rows({"folder": "system", "service": "p11gate.service.in", "listening": "p11gate.socket"},
        {"folder": "user", "service": "p11gate-user.service.in", "listening": "p11gate-user.socket"})
    def test_systemd_has_nothing_to_say_of_them(self, folder, service, listening):
        (self.sandbox.folder / folder).mkdir()
        paths = [self.sandbox.write(f"{folder}/{name}", units.text(source, self.tool_path))
            for name, source in (("p11gate.service", service), ("p11gate.socket", listening))]
        result = self.sandbox.run("systemd-analyze", f"--{folder}", "--man=no", "verify", *paths)
        self.assertEqual((0, ""), (result.rc, result.stdout + result.stderr))


del Booted

if __name__ == "__main__":
    isolation.enter("/home", "/var/lib", etc=True)
    main()
