# SPDX-License-Identifier: BSD-2-Clause
"""A systemd as the first process of a machine of the test's own (own_machine.py): in namespaces within the test's, with the units that the test
gives it and no others. It shares the test's files, /run among them."""

import contextlib
import os
import pathlib
import pty
import shutil
import subprocess
import threading

from . import isolation
from .wait import wait_for

UNITS = pathlib.Path("/run/systemd/system")
_PROGRAM = "/lib/systemd/systemd"
_GROUPS = pathlib.Path("/run/cgroup")
# Those that every unit asks for, without what distributions hang on them.
_TARGETS = ("basic", "sysinit", "sockets", "shutdown", "multi-user")
# In a chroot nothing is mounted at / that could be shared, as systemd wants it: the tree is mounted once more, and that is its root.
_ROOT = """set -e
mkdir -p /run/root
mount --rbind / /run/root
mount --make-rprivate /run/root
exec chroot /run/root sh -c "$2" boot "$1"
"""
# What is the kernel's is for all: it is not to be written to.
_BOOT = """set -e
mountpoint -q /sys || mount -t sysfs sysfs /sys
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind "$1" /dev/console
mount --make-rshared /
export container=p11gate SYSTEMD_UNIT_PATH=/run/systemd/system
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
"""


class Systemd:
    """It starts with the units that were added before start(); what is started later is added with reload=True."""

    def __init__(self, sandbox):
        assert isolation.isolated()
        self._sandbox, self.process = sandbox, None
        UNITS.mkdir(parents=True, exist_ok=True)
        for name in _TARGETS:
            self.add(f"{name}.target", f"[Unit]\nDescription={name}\n")
        self._console, self._terminal = pty.openpty()
        self._said = b""
        threading.Thread(target=self._listen, daemon=True).start()

    def add(self, name, text):
        path = UNITS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self):
        if not os.path.ismount(_GROUPS):
            _GROUPS.mkdir()
            subprocess.run(["mount", "-t", "cgroup2", "cgroup2", _GROUPS], check=True)
        self._group = _GROUPS / self._sandbox.folder.name
        self._group.mkdir()
        namespaces = ("--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child", "--mount-proc", *isolation.propagation())
        script = 'echo $$ >"$0/cgroup.procs"; exec "$@"'
        self.process = subprocess.Popen(
            ["sh", "-c", script, str(self._group), "unshare", *namespaces, "sh", "-c", _ROOT, "root", os.ttyname(self._terminal), _BOOT],
            stdin=subprocess.DEVNULL, stdout=self._terminal, stderr=self._terminal, start_new_session=True,
        )
        wait_for(lambda: self.process.poll() is not None or self.ctl("is-active", "multi-user.target").ok, "systemd", 30)
        assert self.process.poll() is None, self.said()

    def _listen(self):
        """It would wait for ever for a console that nobody reads."""
        with contextlib.suppress(OSError):
            while part := os.read(self._console, 4096):
                self._said += part

    def said(self):
        """What it wrote on its console."""
        return self._said.decode(errors="replace")

    @property
    def first(self):
        """The first process of it, as the test sees it; None: it has not begun."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return children[0] if children else None

    def run(self, *words, **how):
        """A command among its processes."""
        return self._sandbox.run("nsenter", "--target", self.first or "0", "--mount", "--pid", "--cgroup", "--ipc", "--root", "--wd", *words, **how)

    def ctl(self, *words, **how):
        return self.run("systemctl", "--no-pager", *words, **how)

    def show(self, unit, *properties):
        """{property: value}"""
        result = self.ctl("show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in result.stdout.splitlines())

    def end(self):
        """The machine is switched off: all of its processes end with the first. It may be started again."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process = None
        wait_for(self._is_empty, "the end of systemd's processes", 20)
        for folder in sorted(self._group.rglob("*/"), reverse=True):
            if folder.is_dir():
                folder.rmdir()
        self._group.rmdir()

    def close(self):
        self.end()
        shutil.rmtree(UNITS)
        os.close(self._terminal)  # its reader ends then

    def _is_empty(self):
        return "populated 0" in (self._group / "cgroup.events").read_text()
