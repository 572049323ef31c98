#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The sockets of `p11gate serve`: in which folders it makes them, and how it takes those that somebody else made."""

import fcntl
import os
import pathlib
import shutil
import socket
import subprocess

from harness import isolation, main, programs, rows, units
from harness.own_machine import OwnMachine
from harness.wait import wait_for

USER, OTHER = "p11alice", "p11bob"
PLACE = pathlib.Path("/run/place")
TOKENS, NO_TOKENS = pathlib.Path("/run/tokens"), pathlib.Path("/run/softhsm2.conf")
ENVIRONMENT = {"SOFTHSM2_CONF": str(NO_TOKENS)}
SERVING = "serving /"


class Sockets(OwnMachine):
    def setUp(self):
        super().setUp()
        self.user, self.other = self.account(USER), self.account(OTHER)
        shutil.rmtree(self.user.home / ".local", ignore_errors=True)
        TOKENS.mkdir(exist_ok=True)
        TOKENS.chmod(0o777)
        NO_TOKENS.write_text(f"directories.tokendir = {TOKENS}\n")
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir(mode=0o755)

    def configure(self, path, system):
        """Who the daemon is run by."""
        self.path = str(path)
        policy = {"version": 1, "module": programs.VENDOR, "allow": "all", "daemon": {"socket": self.path, "use": "require"}}
        if not system:
            self.user.configure(policy)
            return self.user
        self.enforce(policy)
        return self.account(units.make_account().pw_name)

    def serve(self, account):
        """The daemon, which listens or has ended, and what it said on stderr."""
        log = self.sandbox.folder / self.sandbox.name("serve.log")
        process = self.sandbox.start(*account.words(self.tool_path, "serve", environment=ENVIRONMENT), log=log)
        wait_for(lambda: process.poll() is not None or self.listens(), "the daemon", 20)
        return process, log.read_text()

    def listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.path + ".control") == 0


class Folder(Sockets):
    def make(self, path, owner, mode):
        path.mkdir(exist_ok=True)
        uid = {"root": 0, "the daemon's": self.daemon.uid, "another's": self.other.uid}[owner]
        os.chown(path, uid, -1)
        path.chmod(mode)

    @rows(
        {"owner": "the daemon's", "mode": 0o755, "parent": ("root", 0o755), "system": False, "good": True},
        {"owner": "the daemon's", "mode": 0o755, "parent": ("root", 0o755), "system": True, "good": True},
        {"owner": "root", "mode": 0o1777, "parent": ("root", 0o755), "system": False, "good": True},
        {"owner": "the daemon's", "mode": 0o775, "parent": ("root", 0o755), "system": False, "good": False},
        {"owner": "the daemon's", "mode": 0o757, "parent": ("root", 0o755), "system": True, "good": False},
        {"owner": "the daemon's", "mode": 0o1777, "parent": ("root", 0o755), "system": False, "good": False},
        {"owner": "another's", "mode": 0o1777, "parent": ("root", 0o755), "system": False, "good": False},
        {"owner": "another's", "mode": 0o755, "parent": ("root", 0o755), "system": True, "good": False},
        {"owner": "the daemon's", "mode": 0o755, "parent": ("root", 0o777), "system": True, "good": False},
        {"owner": "the daemon's", "mode": 0o755, "parent": ("another's", 0o755), "system": True, "good": False},
        {"owner": "the daemon's", "mode": 0o755, "parent": ("root", 0o1777), "system": True, "good": True},
    )
    def test_it_is_good_where_nobody_else_puts_files(self, owner, mode, parent, system, good):
        self.daemon = self.configure(PLACE / "folder" / "socket", system)
        self.make(PLACE, *parent)
        self.make(PLACE / "folder", owner, mode)
        process, said = self.serve(self.daemon)
        self.assertEqual(good, process.poll() is None, said)
        if not good:
            self.assertRegex(said, r"cannot listen on /run/place/folder/socket: /run/place(/folder)? (belongs to user \d+, expected root or user \d+|is writable by others than its owner, run `chmod go-w /run/place(/folder)?`)\n")
            self.assertEqual([], os.listdir(PLACE / "folder"))

    def test_the_command_that_is_named_makes_it_good(self):
        self.daemon = self.configure(PLACE / "folder" / "socket", False)
        self.make(PLACE / "folder", "the daemon's", 0o777)
        _, said = self.serve(self.daemon)
        subprocess.run(["sh", "-c", said.split("run `")[1].split("`")[0]], check=True)
        process, said = self.serve(self.daemon)
        self.assertIsNone(process.poll(), said)

    def test_behind_a_symlink_it_is_looked_at_as_well(self):
        self.daemon = self.configure(PLACE / "link" / "socket", False)
        self.make(PLACE / "folder", "the daemon's", 0o777)
        (PLACE / "link").symlink_to(PLACE / "folder")
        process, said = self.serve(self.daemon)
        self.assertEqual((1, True), (process.poll(), "/run/place/folder is writable by others" in said), said)

    @rows({"system": False, "mode": 0o700}, {"system": True, "mode": 0o755})
    def test_one_that_is_not_there_is_made_for_those_who_are_served(self, system, mode):
        self.daemon = self.configure(PLACE / "folder" / "socket", system)
        self.make(PLACE, "the daemon's", 0o755)
        process, said = self.serve(self.daemon)
        self.assertIsNone(process.poll(), said)
        self.assertEqual(mode, (PLACE / "folder").stat().st_mode & 0o7777)


class Passed(Sockets):
    """By whoever listens for the daemon, as systemd does."""

    def setUp(self):
        super().setUp()
        self.paths = [PLACE / "socket", PLACE / "socket.control"]
        os.chown(PLACE, self.user.uid, -1)
        self.configure(self.paths[0], False)

    def passing(self, *paths):
        """The daemon's descriptors from 3 on are sockets at these paths, listening."""
        sockets = []
        for path in paths:
            sockets.append(socket.socket(socket.AF_UNIX))
            sockets[-1].bind(str(path))
            os.chown(path, self.user.uid, -1)
            sockets[-1].listen(16)
            self.addCleanup(sockets[-1].close)

        def place():
            for at, one in enumerate([fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in sockets], 3):
                os.dup2(one, at)

        return {"pass_fds": tuple(range(3, 3 + len(paths))), "preexec_fn": place}

    def serve_passed(self, paths, script):
        """Started by a shell, whose number is the daemon's."""
        log = self.sandbox.folder / self.sandbox.name("serve.log")
        words = self.user.words("sh", "-c", script, self.tool_path, environment=ENVIRONMENT)
        with open(log, "ab") as output:
            process = self.sandbox.adopt(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", **self.passing(*paths)))
        wait_for(lambda: process.poll() is not None or SERVING in self.said(), "the daemon", 20)
        return process, log.read_text() + self.said()

    def said(self):
        own = self.user.home / ".local" / "state" / "p11gate" / "log"
        return own.read_text() if own.exists() else ""

    def assertAnswers(self, process, said):
        self.assertIsNone(process.poll(), said)
        result = self.user.run(self.tool_path, "status", "--quiet")
        self.assertEqual(2, result.rc, str(result))

    @rows({"order": (0, 1)}, {"order": (1, 0)})
    def test_they_are_taken_in_any_order_and_left_behind(self, order):
        process, said = self.serve_passed([self.paths[place] for place in order], "export LISTEN_PID=$$ LISTEN_FDS=2; exec $0 serve")
        self.assertAnswers(process, said)
        self.assertEqual({self.paths[0].name, self.paths[1].name}, set(os.listdir(PLACE)), "a lock is for sockets of its own")
        process.terminate()
        process.wait()
        self.assertEqual({self.paths[0].name, self.paths[1].name}, set(os.listdir(PLACE)))

    @rows({"names": ("socket",)}, {"names": ("socket", "other")}, {"names": ("socket.control", "other.control")}, {"names": ("socket", "socket.control", "third")})
    def test_others_than_the_two_are_refused(self, names):
        process, said = self.serve_passed([PLACE / name for name in names], f"export LISTEN_PID=$$ LISTEN_FDS={len(names)}; exec $0 serve")
        self.assertEqual((1, True), (process.poll(), f"found {len(names)} sockets of systemd's, expected two: " in said), said)

    def test_what_was_passed_to_another_process_is_not_taken(self):
        process, said = self.serve_passed([PLACE / "other", PLACE / "other.control"], "export LISTEN_PID=1 LISTEN_FDS=2; exec $0 serve")
        self.assertAnswers(process, said)
        self.assertIn("socket.lock", os.listdir(PLACE))

    def test_the_vendor_s_process_gets_neither_them_nor_their_variables(self):
        process, said = self.serve_passed(self.paths, "export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b; exec $0 serve")
        self.assertAnswers(process, said)
        (child,) = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        self.assertNotIn("LISTEN_", pathlib.Path(f"/proc/{child}/environ").read_text())
        listening = {os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in (3, 4)}
        self.assertFalse(listening & {os.readlink(path) for path in pathlib.Path(f"/proc/{child}/fd").iterdir()})

    def test_the_first_client_starts_it(self):
        words = ["systemd-socket-activate", *(f"--listen={path}" for path in self.paths), "--setenv=SOFTHSM2_CONF", self.tool_path, "serve"]
        log = self.sandbox.folder / "activate.log"
        process = self.sandbox.start(*self.user.words(*words, environment=ENVIRONMENT), log=log)
        wait_for(self.paths[1].exists, log.read_text())
        self.assertNotIn("p11gate", pathlib.Path(f"/proc/{process.pid}/comm").read_text())
        self.assertEqual(2, self.user.run(self.tool_path, "status", "--quiet").rc, log.read_text())
        self.assertIn("p11gate", pathlib.Path(f"/proc/{process.pid}/comm").read_text())


del Sockets

if __name__ == "__main__":
    isolation.enter("/home", "/var/lib", etc=True)
    main()
