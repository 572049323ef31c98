# SPDX-License-Identifier: BSD-2-Clause
"""Users of the machine under a system file: a build that reads another one than /etc's, and users who log in. Root makes them, and removes them."""

import grp
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess

from . import programs
from .case import Case
from .sandbox import Sandbox
from .sshd import Server

_ROOT = pathlib.Path(__file__).resolve().parents[3]
IS_ROOT = os.geteuid() == 0


def run(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


class User:
    """A user of the machine, with a home of his own and a copy of the token."""

    def __init__(self, sandbox, name, token, groups=()):
        self.name, self._sandbox = name, sandbox
        self.home = sandbox.folder / "homes" / name
        run("useradd", "--no-log-init", "--create-home", "--home-dir", self.home, "--password", "*", "--shell", "/bin/sh",
            *(["--groups", ",".join(groups)] if groups else []), name)
        self.id = pwd.getpwnam(name)
        self.config = self.home / ".config" / "p11gate" / "config.yaml"
        shutil.copytree(token.folder, self.home / "token")
        conf = self.home / "token" / "softhsm2.conf"
        conf.write_text(conf.read_text().replace(str(token.folder), str(conf.parent)))
        self.write(self.home / "askpass", "#!/bin/sh\necho 1234\n", 0o700)
        self.config.parent.mkdir(parents=True, mode=0o700)
        run("chown", "-R", f"{name}:", self.home)

    def write(self, path, text, mode=0o600):
        path.write_text(text)
        path.chmod(mode)
        os.chown(path, self.id.pw_uid, self.id.pw_gid)
        return path

    def configure(self, policy):
        if policy is None:
            self.config.unlink(missing_ok=True)
        else:
            self.write(self.config, policy if isinstance(policy, str) else json.dumps(policy))

    def run(self, *words, environment=None):
        own = {
            "PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.home), "USER": self.name, "LOGNAME": self.name,
            "SOFTHSM2_CONF": str(self.home / "token" / "softhsm2.conf"),
            "SSH_ASKPASS": str(self.home / "askpass"), "SSH_ASKPASS_REQUIRE": "force",
        }
        become = ["setpriv", f"--reuid={self.id.pw_uid}", f"--regid={self.id.pw_gid}", "--init-groups", "env", "-i"]
        variables = [f"{key}={value}" for key, value in (own | (environment or {})).items()]
        return self._sandbox.run(*become, *variables, *words)

    def login(self, server, module, environment=None):
        """(is he in, fingerprints in the order they were offered, ssh's stderr)"""
        settings = {
            "UserKnownHostsFile": "/dev/null", "StrictHostKeyChecking": "no", "IdentityFile": "none", "IdentityAgent": "none",
            "PreferredAuthentications": "publickey", "Port": server.port, "User": self.name, "PKCS11Provider": module,
        }
        config = self.write(self.home / "ssh_config", "".join(f"{key} {value}\n" for key, value in settings.items()))
        result = self.run(programs.SSH, "-v", "-F", config, "127.0.0.1", environment=environment)
        offers = re.findall(r"(?m)^debug1: Offering public key: .*(SHA256:\S+)", result.stderr)
        return result.ok and f"LOGIN-OK {self.name}" in result.stdout, offers, result.stderr


class Machine(Case):
    """self.system is the system's file, self.module and self.tool_path are built to read it; self.users are those of make_users."""

    users = ()

    @classmethod
    def setUpClass(cls):
        cls.shared = Sandbox()
        cls.addClassCleanup(cls.shared.close)
        cls.shared.folder.chmod(0o755)
        cls.system = cls.shared.folder / "etc" / "p11gate" / "config.yaml"
        cls.system.parent.mkdir(parents=True)
        for folder in (cls.system.parent, cls.system.parent.parent):
            folder.chmod(0o755)
        build = cls.shared.folder / "build"
        for words in (["meson", "setup", "-Dtests=disabled", f"-Dsystem_config={cls.system}", build, _ROOT], ["ninja", "-C", build]):
            result = cls.shared.run(*words, timeout=240)
            assert result.ok, str(result)
        cls.module, cls.tool_path = build / "module" / "p11gate.so", build / "tool" / "p11gate"

    @classmethod
    def make_users(cls, names, token, group=None, members=()):
        """Users with a copy of the token each, a server for all of them, and a group of some. They go with the class."""
        cls.users = []
        cls.addClassCleanup(cls._remove, names, group)
        if group is not None:
            run("groupadd", group)
        (cls.shared.folder / "homes").mkdir(mode=0o755)
        (cls.shared.folder / "homes").chmod(0o755)
        for name in names:
            cls.users.append(User(cls.shared, name, token, groups=[group] if name in members else []))
        cls.ssh_server = Server(cls.shared, 6)
        folder = cls.shared.folder / "sshd-6"
        folder.chmod(0o755)
        cls.ssh_server.authorize(*token.public_keys().values())
        (folder / "authorized_keys").chmod(0o644)

    @classmethod
    def _remove(cls, names, group):
        """Those that were made, and no others; their homes go with the shared folder."""
        for name in names:
            if any(entry.pw_name == name for entry in pwd.getpwall()):
                run("userdel", "--force", name)
        for name in (group, *names):
            if any(entry.gr_name == name for entry in grp.getgrall()):
                run("groupdel", name)

    def enforce(self, policy):
        """Writes the system's file."""
        self.system.write_text(json.dumps(policy))
        self.system.chmod(0o644)
