# SPDX-License-Identifier: BSD-2-Clause
"""A machine of the test's own, with users of it, the system's configuration and the service's account. Its file begins with
isolation.enter("/home", "/var/lib", etc=True); root's to run."""

import json
import os
import pathlib
import pwd
import shutil
import subprocess

from . import functions, isolation, programs
from .case import Case
from .sandbox import end

_INSTALLED = pathlib.Path("/run/installed")
_CONFIG = pathlib.Path("/etc/p11gate/config.yaml")
_PYTHON = "/usr/bin/python3"  # one that every user may run


def installed(path):
    """A copy of a file where every user can read and run it."""
    _INSTALLED.mkdir(exist_ok=True)
    copy = _INSTALLED / os.path.basename(path)
    if not copy.exists():
        shutil.copyfile(path, copy)
        copy.chmod(0o755)
    return str(copy)


def installed_text(name, text):
    """A script where every user can read it."""
    _INSTALLED.mkdir(exist_ok=True)
    (_INSTALLED / name).write_text(text)
    return str(_INSTALLED / name)


class Account:
    """A user of the machine."""

    def __init__(self, sandbox, name, groups=()):
        self.name, self._sandbox = name, sandbox
        if not any(entry.pw_name == name for entry in pwd.getpwall()):
            subprocess.run(["useradd", "--no-log-init", "--create-home", "--password", "*", "--shell", "/bin/sh", name],
                check=True, capture_output=True)
        subprocess.run(["usermod", "--groups", ",".join(groups), name], check=True, capture_output=True)
        self.entry = pwd.getpwnam(name)
        self.uid, self.home = self.entry.pw_uid, pathlib.Path(self.entry.pw_dir)
        self.config = self.home / ".config" / "p11gate" / "config.yaml"

    @property
    def environment(self):
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.home), "USER": self.name, "LOGNAME": self.name}

    def words(self, *words, environment=None):
        """A command as this user, with an environment made from scratch."""
        variables = [f"{key}={value}" for key, value in (self.environment | (environment or {})).items()]
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.entry.pw_gid}", "--init-groups", "env", "-i", *variables, *map(str, words)]

    def run(self, *words, environment=None, **how):
        return self._sandbox.run(*self.words(*words, environment=environment), **how)

    def write(self, path, text, mode=0o600):
        path = self.home / path
        for folder in reversed(path.relative_to(self.home).parents[:-1]):
            (self.home / folder).mkdir(exist_ok=True)
            os.chown(self.home / folder, self.uid, self.entry.pw_gid)
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        path.chmod(mode)
        os.chown(path, self.uid, self.entry.pw_gid)
        return path

    def configure(self, policy):
        """His own file beside the system's; None: none."""
        if policy is None:
            self.config.unlink(missing_ok=True)
        else:
            self.write(self.config, policy)

    def client(self, module, environment=None):
        return Client(self._sandbox, self.words(_PYTHON, "-I", installed(pathlib.Path(__file__).with_name("puppet.py")), module, environment=environment))


class Client:
    """A process of a user's that calls a module as it is told; harness/puppet.py. Ended with its sandbox."""

    def __init__(self, sandbox, words):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/", start_new_session=True)
        sandbox.adopt(self.process)
        self._send(functions.table())

    def _send(self, what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def call(self, name, *given):
        """(what it returns, its answers)"""
        self._send([name, *given])
        line = self.process.stdout.readline()
        assert line, f"{name} {given}: {self.process.stderr.read()}"
        rv, answers = json.loads(line)
        return rv, answers

    def answers(self, name, *given):
        """Of a call that works."""
        rv, answers = self.call(name, *given)
        assert rv == 0, f"{name} {given}: 0x{rv:x}"
        return answers

    def close(self):
        end(self.process)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


class OwnMachine(Case):
    """self.module and self.tool_path are where every user finds them."""

    def setUp(self):
        assert isolation.isolated() and os.geteuid() == 0
        _CONFIG.unlink(missing_ok=True)
        super().setUp()
        self.addCleanup(_CONFIG.unlink, missing_ok=True)
        self.module, self.tool_path = installed(programs.MODULE), installed(programs.TOOL)

    def enforce(self, policy):
        """Writes the system's configuration."""
        _CONFIG.parent.mkdir(exist_ok=True)
        _CONFIG.parent.chmod(0o755)
        _CONFIG.write_text(json.dumps(policy))
        _CONFIG.chmod(0o644)

    def account(self, name, groups=()):
        return Account(self.sandbox, name, groups)

    def hsm(self, token, owner):
        """The token becomes the machine's, where SoftHSM looks by itself, with its secrets in a folder of one account's."""
        store = pathlib.Path("/var/lib/softhsm")
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(token.folder / "tokens", store / "tokens")
        pathlib.Path("/etc/softhsm").chmod(0o755)
        conf = pathlib.Path("/etc/softhsm/softhsm2.conf")
        conf.write_text("directories.tokendir = /var/lib/softhsm/tokens\nobjectstore.backend = file\n")
        conf.chmod(0o644)
        subprocess.run(["chown", "-R", f"{owner.pw_name}:", store], check=True)
        store.chmod(0o755)
        (store / "tokens").chmod(0o700)
