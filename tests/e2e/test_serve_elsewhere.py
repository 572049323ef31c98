#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Another machine, in a network of its own: the card stays at the desk, whose daemon's socket ssh forwards, or whose module p11-kit runs by ssh.
Policy, audit and lock are the desk's."""

import functools
import os
import pathlib
import shutil
import subprocess

from harness import audit, isolation, main, programs
from harness.own_machine import OwnMachine
from harness.wait import wait_for

DESK, ELSEWHERE = "10.9.8.1", "10.9.8.2"
USER, GUEST = "p11alice", "p11bob"  # the one at the desk, and who he is on the other machine
FOLDER = pathlib.Path("/run/elsewhere")
PIN = "zebra-73502918"
SSHD = """Port {port}
ListenAddress {address}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitUserRC no
AllowStreamLocalForwarding yes
StreamLocalBindUnlink yes
MaxAuthTries 3
LogLevel VERBOSE
{more}"""


class Network:
    """A second network, with one cable to the test's own. Everything in it ends with the test's namespaces."""

    NAME = "elsewhere"

    def __init__(self):
        for words in (
            ("ip", "netns", "add", self.NAME),
            ("ip", "link", "add", "desk0", "type", "veth", "peer", "name", "else0", "netns", self.NAME),
            ("ip", "address", "add", f"{DESK}/24", "dev", "desk0"),
            ("ip", "link", "set", "desk0", "up"),
            self.words("ip", "address", "add", f"{ELSEWHERE}/24", "dev", "else0"),
            self.words("ip", "link", "set", "else0", "up"),
            self.words("ip", "link", "set", "lo", "up"),
        ):
            subprocess.run(words, check=True, capture_output=True)

    def words(self, *words):
        return ["nsenter", f"--net=/run/netns/{self.NAME}", *map(str, words)]


the_network = functools.cache(Network)  # made once


class TwoMachines(OwnMachine):
    def setUp(self):
        super().setUp()
        self.network = the_network()
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(mode=0o755)
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.alice, self.bob = self.account(USER), self.account(GUEST)
        self.made = self.token("eight", PIN=PIN)
        self.key = self.made.public_key("user8")
        self.gateway = self.sshd("gateway", ELSEWHERE, 2201, self.file_key(self.alice))
        self.goal = self.sshd("goal", "127.0.0.1", 2202, self.key, more="ForceCommand echo LOGIN-OK $USER\n")
        self.begin_at_the_desk()
        self.begin_elsewhere()

    def sshd(self, name, address, port, key, more="", here=False):
        """On the other machine, or here; returns its port."""
        folder = FOLDER / name
        folder.mkdir(mode=0o755)
        subprocess.run([programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", folder / "host_key"], check=True)
        (folder / "authorized_keys").write_text(key + "\n")
        (folder / "config").write_text(SSHD.format(address=address, port=port, folder=folder, more=more))
        words = [programs.SSHD, "-D", "-e", "-f", str(folder / "config")]
        self.sandbox.start(*(words if here else self.network.words(*words)), log=folder / "log")
        wait_for(lambda: "Server listening" in (folder / "log").read_text(), f"sshd: {(folder / 'log').read_text()}")
        return port

    def file_key(self, account):
        """A key in a file of his, to get from one machine to the other."""
        path = account.home / "file_key"
        for old in (path, path.with_suffix(".pub")):
            old.unlink(missing_ok=True)
        account.run(programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", path)
        return path.with_suffix(".pub").read_text().strip()

    def begin_at_the_desk(self):
        """The user's daemon, unlocked."""
        for entry in self.alice.home.iterdir():
            if entry.name in ("token", ".local"):
                shutil.rmtree(entry)
        shutil.copytree(self.made.folder, self.alice.home / "token")
        conf = self.alice.home / "token" / "softhsm2.conf"
        conf.write_text(conf.read_text().replace(str(self.made.folder), str(conf.parent)))
        subprocess.run(["chown", "-R", f"{USER}:", conf.parent], check=True)
        self.softhsm = {"SOFTHSM2_CONF": str(conf)}
        place = pathlib.Path(f"/run/user/{self.alice.uid}")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700, parents=True)
        os.chown(place, self.alice.uid, -1)
        self.socket = place / "p11gate" / "socket"
        self.records = self.alice.home / ".local" / "audit"
        self.alice.write(".local/audit", "")
        self.alice.configure({
            "version": 1, "module": programs.VENDOR, "allow": [{"id": "08"}], "daemon": {"use": "require"},
            "log": {"audit": str(self.records), "audit_required": True},
        })
        log = self.sandbox.folder / "daemon.log"
        self.sandbox.start(*self.alice.words(self.tool_path, "serve", environment=self.softhsm), log=log)
        wait_for(lambda: self.at_the_desk("status", "--quiet").rc == 1, f"the daemon: {log.read_text()}")
        self.assertTrue(self.at_the_desk("unlock", "--stdin", stdin=PIN + "\n").ok)

    def at_the_desk(self, *words, **how):
        return self.alice.run(self.tool_path, *words, **how)

    def begin_elsewhere(self):
        self.forwarded = self.bob.home / "p11gate" / "socket"
        shutil.rmtree(self.forwarded.parent, ignore_errors=True)
        self.forwarded.parent.mkdir(mode=0o700)
        os.chown(self.forwarded.parent, self.bob.uid, -1)
        self.configure_elsewhere()

    def configure_elsewhere(self):
        self.bob.configure({"version": 1, "module": "none.so", "allow": "all", "daemon": {"socket": str(self.forwarded), "use": "require"}})
        self.stock = {"P11_KIT_SERVER_ADDRESS": f"unix:path={self.forwarded}"}

    @staticmethod
    def ssh(account, address, port, *options):
        settings = {
            "UserKnownHostsFile": "/dev/null", "StrictHostKeyChecking": "no", "BatchMode": "yes", "IdentityAgent": "none",
            "Port": port, "User": GUEST if port != 2203 else USER, "IdentityFile": account.home / "file_key" if port != 2202 else "none",
        }
        return [programs.SSH, *(word for name, value in settings.items() for word in ("-o", f"{name}={value}")), *options, address]

    def forward(self):
        """From the desk, as docs/serve.md has it."""
        words = self.ssh(self.alice, ELSEWHERE, self.gateway, "-N", "-o", "ExitOnForwardFailure=yes", "-R", f"{self.forwarded}:{self.socket}")
        log = self.sandbox.folder / self.sandbox.name("forward.log")
        process = self.sandbox.start(*self.alice.words(*words), log=log)
        wait_for(lambda: self.forwarded.exists() or process.poll() is not None, "the socket", 20)
        self.assertIsNone(process.poll(), log.read_text())
        return process

    def elsewhere(self, *words, environment=None):
        return self.sandbox.run(*self.network.words(*self.bob.words(*words, environment=environment)))

    def login(self, module, environment=None):
        """From the other machine to a third."""
        result = self.elsewhere(*self.ssh(self.bob, "127.0.0.1", self.goal, "-v", "-I", module), environment=environment)
        return result.ok and f"LOGIN-OK {GUEST}" in result.stdout, str(result)

    def assertWorks(self, module, environment=None):
        good, said = self.login(module, environment)
        self.assertTrue(good, said)

    def assertFails(self, module, environment=None):
        good, said = self.login(module, environment)
        self.assertFalse(good, said)
        return said


class Forwarded(TwoMachines):
    def clients(self):
        return ((self.module, {}), (programs.P11KIT_CLIENT, self.stock))

    def test_the_other_machine_logs_in_and_the_desk_writes_it_down(self):
        self.assertFails(self.module)
        process = self.forward()
        for module, environment in self.clients():
            before = len(audit.read(self.records))
            self.assertWorks(module, environment)
            made = [record for record in audit.read(self.records)[before:] if record["event"] == "signature-made"]
            self.assertEqual([(str(self.alice.uid), str(process.pid), os.path.realpath(programs.SSH), "08", "CKR_OK")],
                [tuple(record[name] for name in ("uid", "pid", "program", "id", "result")) for record in made])

    def test_the_desk_s_policy_holds_there(self):
        self.forward()
        for module, environment in self.clients():
            listed = self.elsewhere(programs.PKCS11_TOOL, "--module", module, "-O", environment=environment)
            self.assertEqual((2, 2), (listed.stdout.count("Object;"), listed.stdout.count("ID:         08")), str(listed))

    def test_a_lock_at_the_desk_ends_it_at_once_and_an_unlock_begins_it_again(self):
        self.forward()
        self.assertWorks(self.module)
        self.assertTrue(self.at_the_desk("lock").ok)
        for module, environment in self.clients():
            self.assertFails(module, environment)
        self.at_the_desk("unlock", "--stdin", stdin=PIN + "\n")
        for module, environment in self.clients():
            self.assertWorks(module, environment)

    def test_the_commands_stay_at_the_desk(self):
        self.forward()
        for words in (("status", "--quiet"), ("unlock", "--stdin"), ("lock",)):
            result = self.sandbox.run(*self.network.words(*self.bob.words(self.tool_path, *words)), stdin=PIN + "\n")
            self.assertEqual(3, result.rc, str(result))
        self.assertEqual(0, self.at_the_desk("status", "--quiet").rc)

    def test_another_user_of_the_other_machine_is_not_let_in(self):
        self.forward()
        carol = self.account("p11carol")
        listed = self.sandbox.run(*self.network.words(*carol.words(programs.PKCS11_TOOL, "--module", programs.P11KIT_CLIENT, "-O", environment=self.stock)))
        self.assertEqual(0, listed.stdout.count("Object;"))
        self.assertEqual(0o600, self.forwarded.stat().st_mode & 0o777)

    def test_in_a_folder_for_all_who_listens_decides(self):
        place = FOLDER / "for-all"
        place.mkdir()
        place.chmod(0o1777)
        self.forwarded = place / "socket"
        self.configure_elsewhere()
        self.forward()
        self.assertWorks(self.module)
        carol = self.account("p11carol")
        self.forwarded = place / "carol"
        self.configure_elsewhere()
        listener = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(9); time.sleep(600)"
        self.sandbox.start(*carol.words("/usr/bin/python3", "-c", f"import os; os.umask(0); {listener}", self.forwarded), log=self.sandbox.folder / "carol.log")
        wait_for(self.forwarded.exists, "another user's socket")
        self.assertIn(f"the server is user {carol.uid}, which is none of those that it may be", self.assertFails(self.module))

    def test_without_the_connection_it_fails_and_with_the_next_one_it_works(self):
        process = self.forward()
        self.assertWorks(self.module)
        process.terminate()
        process.wait()
        said = self.assertFails(self.module)
        self.assertIn(f"p11gate: {self.forwarded}: ", said)
        self.forwarded.unlink(missing_ok=True)
        self.forward()
        self.assertWorks(self.module)


class Remoting(TwoMachines):
    """p11-kit's own: the module at the desk is p11gate.so, which is the daemon's client there."""

    def setUp(self):
        super().setUp()
        self.sshd("desk", DESK, 2203, self.file_key(self.bob), here=True)

    def test_p11_kit_runs_it_at_the_desk_by_ssh(self):
        words = " ".join(self.ssh(self.bob, DESK, 2203, "-o", "LogLevel=ERROR"))
        self.bob.write(".config/pkcs11/pkcs11.conf", "user-config: only\n")
        self.bob.write(".config/pkcs11/modules/desk.module", f"remote: |{words} p11-kit remote {self.module}\n")
        self.assertWorks(f"{os.path.dirname(programs.P11KIT_CLIENT)}/../p11-kit-proxy.so")

    def test_its_server_at_the_desk_is_forwarded_as_well(self):
        place = self.socket.parent.parent / "p11-kit-server"
        words = ("p11-kit", "server", "--foreground", "--name", place, "--provider", self.module, "pkcs11:")
        self.sandbox.start(*self.alice.words(*words), log=self.sandbox.folder / "server.log")
        wait_for(place.exists, "p11-kit's server")
        self.socket = place
        self.forward()
        self.assertWorks(programs.P11KIT_CLIENT, self.stock)
        self.assertWorks(self.module)


del TwoMachines

if __name__ == "__main__":
    isolation.enter("/home", "/var/lib", etc=True)
    main()
