# SPDX-License-Identifier: BSD-2-Clause
"""Tokens made by make-token from softhsm-fixtures/tokens, made once per run and copied for each test."""

import atexit
import base64
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import programs

_MEMORY = "/dev/shm"  # SoftHSM writes each object some thirty times: in memory a thousand keys take 2 s, not 12


class _Store:
    """The tokens made so far, by what they were made from."""

    def __init__(self):
        self._folder = None
        self._made = {}

    def folder(self):
        if self._folder is None:
            place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
            self._folder = pathlib.Path(tempfile.mkdtemp(prefix="p11gate-tokens.", dir=place))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
            (self._folder / "cache").mkdir()
        return self._folder

    def make(self, descriptions, variables):
        key = (descriptions, tuple(sorted(variables.items())))
        if key not in self._made:
            made = self.folder() / str(len(self._made))
            try:
                build(made, descriptions, variables)
            except Exception:
                shutil.rmtree(made, ignore_errors=True)  # the next token must not find half of this one
                raise
            self._made[key] = made
        return self._made[key]

    def copy(self, made):
        copy = pathlib.Path(tempfile.mkdtemp(prefix="copy.", dir=self.folder())) / "token"
        shutil.copytree(made, copy)
        conf = copy / "softhsm2.conf"
        conf.write_text(conf.read_text().replace(str(made), str(copy)))
        return copy


_store = _Store()


def build(folder, descriptions, variables):
    """Runs make-token; each description is the name of one in softhsm-fixtures/tokens, or a path."""
    paths = [name if os.sep in name else programs.DESCRIPTIONS / f"{name}.token" for name in descriptions]
    settings = [word for name, value in variables.items() for word in ("--set", f"{name}={value}")]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "FIXTURE_KEY_CACHE": str(_store.folder() / "cache")}
    environment |= {name: os.environ[name] for name in ("FIXTURE_KEY_CACHE", "ASAN_OPTIONS") if name in os.environ}
    result = subprocess.run(
        [programs.MAKE_TOKEN, "--module", programs.VENDOR, *settings, folder, *paths],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if result.returncode != 0:
        raise AssertionError(f"make-token: {result.stderr}")


class Token:
    """A folder with one or more tokens, private to a test."""

    def __init__(self, *descriptions, **variables):
        self.folder = _store.copy(_store.make(tuple(str(name) for name in descriptions), variables))
        self.environment = {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    def close(self):
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def empty(self):
        """Takes all tokens away: SoftHSM keeps one slot, whose token is not initialised."""
        for path in (self.folder / "tokens").iterdir():
            shutil.rmtree(path)

    def change(self, text):
        """Changes a token that is there by the statements of a description (open, delete, private ...)."""
        path = self.folder / "change.token"
        path.write_text(text)
        build(self.folder, [str(path)], {})

    def public_key(self, name):
        """The key's line for authorized_keys, with its name as comment."""
        return (self.folder / "keys" / f"{name}.pub").read_text().strip()

    def public_keys(self):
        """All keys by name."""
        return {path.stem: path.read_text().strip() for path in sorted((self.folder / "keys").glob("*.pub"))}

    def fingerprint(self, name):
        return fingerprint(self.public_key(name))

    def certificate(self, name):
        return (self.folder / "certificates" / f"{name}.pem").read_text()


def fingerprint(line):
    """SHA256:... as ssh-keygen -l prints it, of a line of authorized_keys."""
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


