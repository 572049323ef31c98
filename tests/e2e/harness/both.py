# SPDX-License-Identifier: BSD-2-Clause
"""The same commands on two copies of a token: with the vendor's library, and with p11gate before it."""

import re
import shlex
import shutil

from . import programs
from .case import Case

# What differs between two runs of the same command on the same library.
_MOMENTARY = [
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"(?m)^[0-9A-F]{12,16}:error:"), "THREAD:error:"),
    (re.compile(r"gnupg-pkcs11-scd\[[\d.]+\]"), "gnupg-pkcs11-scd[PID]"),
    (re.compile(r"\((handle )?0x[0-9a-f]+\)"), "(HANDLE)"),
]
_RANDOM = [(re.compile(r"[0-9a-f]{32,}|[A-Za-z0-9+/\n]{60,}={0,2}"), "RANDOM")]
# The one thing by which p11gate may be told from the vendor.
_DESCRIPTION = (re.compile(r"(p11gate: Implementation of PKCS1\b|Implementation of PKCS11) *"), "DESCRIPTION ")


def plain(text, random=False):
    for pattern, name in _MOMENTARY + (_RANDOM if random else []) + [_DESCRIPTION]:
        text = pattern.sub(name, text)
    for module in (programs.VENDOR, programs.ODD_VENDOR, programs.MODULE):
        text = text.replace(str(module), "MODULE")
    return re.sub(r"[ \t]+\n", "\n", text)


class Both(Case):
    """A command is a line; MODULE in it is the library. Files belong into work/, which is empty at the beginning. A line that begins
    with ! is to fail."""

    TOKEN = "all-usage"

    def commands(self, module, lines, stdin="", **options):
        """What each line says: its exit code and its output."""
        work = self.sandbox.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        before = self.prepare(work, module) or ""
        said = []
        for line in lines:
            words = shlex.split(before + line.lstrip("! ").replace("MODULE", str(module)))
            result = self.sandbox.run(*words, stdin=stdin, **options)
            self.assertEqual(line.startswith("!"), result.rc != 0, f"{line}: {result}")
            said.append((line, result.rc, result.stdout, result.stderr))
        return said

    def vendor(self):
        return programs.VENDOR

    def prepare(self, work, module):
        """Writes what the commands need. May return words that each begins with."""
        (work / "text").write_text("some text")
        (work / "hash").write_bytes(bytes(range(32)))
        (work / "block").write_bytes(bytes(range(64)))

    def direct(self, lines, **options):
        self.made = self.token(self.TOKEN)
        return self.commands(self.vendor(), lines, **options)

    def through(self, lines, allow="all", preset="transparent", **options):
        self.made = self.token(self.TOKEN)
        self.gate(allow, module=self.vendor(), preset=preset)
        return self.commands(programs.MODULE, lines, **options)

    def assertSame(self, lines, random=False, **options):
        """Through p11gate, transparent, they say what they say directly. Returns what that was."""
        both = [self.direct(lines, **options), self.through(lines, **options)]
        direct, through = ([(line, rc, plain(o, random), plain(e, random)) for line, rc, o, e in said] for said in both)
        self.assertEqual(direct, through)
        return direct
