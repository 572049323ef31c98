# SPDX-License-Identifier: BSD-2-Clause
"""Runs that watch p11gate's memory: P11GATE_PRELOAD (the ASan runtime) and P11GATE_VALGRIND=1.

ssh, OpenSSL and SoftHSM leave memory behind when they end; only reports that name p11gate in a stack count.
"""

import contextlib
import os
import re
from xml.etree import ElementTree

from . import programs
from .wait import wait_for

_LOADERS = ("ssh", "ssh-keygen", "p11gate")
# pkcs11-tool --test seeds SoftHSM's generator from memory that it never wrote: to valgrind all that follows is suspect.
_OTHER_LOADERS = ("pkcs11-tool",)
# What these leave behind is theirs, whoever called them.
_OTHERS = tuple(os.path.basename(os.path.realpath(path)) for path in programs.LIBRARIES)


class Instrument:
    def __init__(self, sandbox):
        self._sandbox = sandbox
        self._preload = os.environ.get("P11GATE_PRELOAD", "")
        self._valgrind = os.environ.get("P11GATE_VALGRIND") == "1"
        self._reports = sandbox.folder / "reports"
        self.slowness = 10 if self._valgrind else 3 if self._preload else 1
        if self.active:
            self._reports.mkdir(mode=0o700)

    @property
    def active(self):
        return bool(self._preload or self._valgrind)

    def command(self, words):
        """The words to run, and what the environment needs, for a program that may load p11gate."""
        name = os.path.basename(words[0])
        if self._valgrind and name in _LOADERS:
            return [*self._valgrind_words(), *words], {}
        return words, self.preload() if name in _LOADERS + _OTHER_LOADERS else {}

    def preload(self):
        """The environment for a program, or an agent whose helper, loads an instrumented p11gate."""
        if not self._preload:
            return {}
        log = self._reports / "asan"
        return {
            "LD_PRELOAD": self._preload,
            "ASAN_OPTIONS": f"log_path={log}:detect_leaks=1:stack_trace_format='    #%n %F %L %M'",
            "LSAN_OPTIONS": "exitcode=0",
            "UBSAN_OPTIONS": f"log_path={self._reports / 'ubsan'}:print_stacktrace=1",
        }

    def helper(self):
        """The environment with which ssh-agent runs its PKCS#11 helper under valgrind."""
        if not self._valgrind:
            return {}
        words = " ".join(f"'{word}'" for word in [*self._valgrind_words(), programs.SSH_HELPER])
        script = self._sandbox.write("ssh-pkcs11-helper", f'#!/bin/sh\nexec {words} "$@"\n', 0o700)
        return {"SSH_PKCS11_HELPER": str(script)}

    def findings(self):
        """Every error of p11gate's in the reports of what has ended; waits for valgrind to write them."""
        if not self.active:
            return []
        reports = sorted(self._reports.iterdir())
        if self._valgrind:
            return [finding for path in reports for finding in _valgrind_findings(path)]
        return [finding for path in reports for finding in _sanitizer_findings(path)]

    def _valgrind_words(self):
        return [
            programs.VALGRIND,
            "--quiet",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--num-callers=40",
            "--child-silent-after-fork=yes",
            "--xml=yes",
            f"--xml-file={self._reports}/valgrind.%p",
        ]


def _valgrind_findings(path):
    """The errors with a stack frame in p11gate's file."""
    with contextlib.suppress(AssertionError):  # a process that was killed leaves its report open
        wait_for(lambda: path.read_text().rstrip().endswith("</valgrindoutput>"), path, 20)
    text = path.read_text(errors="replace").rstrip()
    if not text.endswith("</valgrindoutput>"):
        text += "</valgrindoutput>"
    for error in ElementTree.fromstring(text).iter("error"):
        frames = [(frame.findtext("obj", ""), frame.findtext("fn", "?")) for frame in error.iter("frame")]
        kind = error.findtext("kind")
        if _counts([os.path.basename(file) for file, _ in frames], kind.startswith("Leak")):
            stack = "\n".join(f"  {function} in {file}" for file, function in frames)
            yield f"{kind} {error.findtext('what') or error.findtext('xwhat/text')}\n{stack}"


def _sanitizer_findings(path):
    """All errors but leaks, of which only those count that have a stack frame in p11gate's file. A frame without a function is none: ours
    have names, and the addresses of a library that was unloaded are told as somebody else's."""
    text = path.read_text(errors="replace")
    if "ERROR: AddressSanitizer" in text or "runtime error" in text:
        yield text
        return
    for paragraph in text.split("\n\n"):
        if _counts(re.findall(r"(?m)^ +#\d+ in .*\((?:.*/)?([^/+]+)\+0x\w+\)", paragraph), leak=True):
            yield paragraph


def _counts(files, leak):
    """Whether an error with a stack through these files is p11gate's. A library that was unloaded, as p11gate never is, has no file any more."""
    return any("p11gate" in file for file in files) and not (leak and any(not file or file in _OTHERS for file in files))
