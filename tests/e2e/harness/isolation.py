# SPDX-License-Identifier: BSD-2-Clause
"""Runs a test in namespaces of its own: its own /run, loopback and processes, so that daemons of which a machine has one can run in it."""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

_MARK = "P11GATE_ISOLATED"
_NAMESPACES = ("--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc")
# A plain user needs a namespace of users for the others, in which he stays himself: sshd and pcscd then are as they are outside.
_PLAIN_USER = ("--user", "--map-current-user", "--keep-caps")
_EMPTY = ("/run", "/var/cache")  # coolkey keeps what it read of cards in /var/cache
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_MS_BIND = 4096
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4


def enter(*folders, etc=False):
    """Starts the running test over in namespaces of its own, where these folders of the machine are empty; returns there. All that is started
    there ends with it. etc: /etc is a copy, in which users and a configuration of p11gate's can be made; root's to ask for."""
    if isolated():
        _furnish(folders)
        if etc:
            _copy_etc()
        return
    os.environ[_MARK] = "1"
    user = () if os.geteuid() == 0 else _PLAIN_USER
    os.execvp("unshare", ["unshare", *user, *_NAMESPACES, *propagation(), sys.executable, *sys.argv])


def propagation():
    """For unshare: in a chroot nothing is mounted at / that could be made private."""
    return () if _is_mounted("/") else ("--propagation", "unchanged")


def isolated():
    return bool(os.environ.get(_MARK))


def _is_mounted(folder):
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return any(line.split()[4] == folder for line in mounts)


def _furnish(folders):
    libc = ctypes.CDLL(None, use_errno=True)
    for folder in _EMPTY + folders:
        mode = b"mode=1777" if folder == "/dev/shm" else b"mode=0755"
        _must(libc.mount(b"tmpfs", folder.encode(), b"tmpfs", 0, mode), folder)
    with socket.socket() as loopback:
        name, flags = struct.unpack("16sh22x", fcntl.ioctl(loopback, _SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0)))
        fcntl.ioctl(loopback, _SIOCSIFFLAGS, struct.pack("16sh22x", name, flags | _IFF_UP))
    if os.geteuid() != 0:
        _must(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl")  # what a plain user starts has no rights of root's


def _copy_etc():
    copy = "/run/etc"
    subprocess.run(["cp", "-a", "/etc", copy], check=True)
    shutil.rmtree(copy + "/p11gate", ignore_errors=True)
    _must(ctypes.CDLL(None, use_errno=True).mount(copy.encode(), b"/etc", None, _MS_BIND, None), "/etc")


def mount_tmpfs(folder, options):
    """A file system of its own, until the test's namespaces end."""
    libc = ctypes.CDLL(None, use_errno=True)
    _must(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options.encode()), folder)


def _must(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), what)
