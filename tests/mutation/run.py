#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Puts faults of one line (faults.py, faults_daemon.py) into a copy of the tree, one after the other, and shows that the tests catch each.

run.py [WORD ...] takes those whose file or meaning contains a word. For each the tests named with it are run; if they pass, all unit and
module tests. A fault whose line is not there any more, or there twice, or that does not compile, has failed. Prints TAP.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import faults
import faults_daemon

FAULTS = faults_daemon.FAULTS + faults.FAULTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
NICE = ["nice", "-n", "10"]


class Copy:
    """The tree, built in a folder of its own."""

    def __init__(self, folder):
        self.tree, self.build = folder / "tree", folder / "build"
        left_out = shutil.ignore_patterns("build*", ".git", "__pycache__")
        shutil.copytree(ROOT, self.tree, ignore=left_out, symlinks=True)
        self.need("meson", "setup", "-Dtests=enabled", "-Dbuildtype=debug", self.build, self.tree)
        self.need("ninja", "-C", self.build)
        self.known = self.listed()
        self.fast = self.listed("--suite", "unit", "--suite", "module")

    def listed(self, *words):
        """The names of tests, all or of some suites."""
        output = self.need("meson", "test", "-C", self.build, "--list", *words)
        return {line.split(" / ")[-1].strip() for line in output.splitlines() if " / " in line}

    @staticmethod
    def run(*words):
        return subprocess.run([*NICE, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)

    def need(self, *words):
        result = self.run(*words)
        if result.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}:\n{result.stdout[-4000:]}")
        return result.stdout

    def failing(self, names):
        """Builds what the tests need and runs them: the names of those that fail; None if it does not compile."""
        unknown = [name for name in names if name not in self.known]
        result = self.run("meson", "test", "-C", self.build, *[name for name in names if name not in unknown])
        if re.search(r"(?m)^(FAILED: |ninja: build stopped)", result.stdout):
            return None
        rows = re.findall(r"(?m)^ *\d+/\d+ (?:\S+ / )?(.+?) +(OK|FAIL|ERROR|TIMEOUT|SKIP)\b", result.stdout)
        return [name for name, verdict in rows if verdict in ("FAIL", "ERROR", "TIMEOUT")]


def outcome(copy, fault):
    """(caught, what to say)"""
    path = copy.tree / fault.file
    text = path.read_text() if path.exists() else ""
    if text.count(fault.old) != 1:
        return False, f"the line is there {text.count(fault.old)} times"
    try:
        path.write_text(text.replace(fault.old, fault.new))
        named = [name for name in fault.tests.split("|") if name in copy.known]
        failing = copy.failing(named) if named else []
        if failing == []:
            failing = copy.failing(sorted(copy.fast))
            named = []
    finally:
        path.write_text(text)
    if failing is None:
        return False, "it does not compile"
    if not failing:
        return False, "no test fails"
    return True, ("" if named else "only by all tests: ") + ", ".join(failing)


def main():
    words = sys.argv[1:]
    chosen = [fault for fault in FAULTS if not words or any(word in fault.file + " " + fault.why for word in words)]
    if not chosen:
        sys.exit(f"no fault has any of these words: {' '.join(words)}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="p11gate-mutation."))
    caught = 0
    try:
        copy = Copy(folder)
        if copy.failing(sorted({name for fault in chosen for name in fault.tests.split("|") if name in copy.known})) != []:
            sys.exit("the tests fail without a fault")
        print(f"TAP version 13\n1..{len(chosen)}", flush=True)
        for number, fault in enumerate(chosen, 1):
            good, how = outcome(copy, fault)
            caught += good
            print(f"{'ok' if good else 'not ok'} {number} - {fault.file}: {fault.why}\n# {how}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"# {caught} of {len(chosen)} faults were caught")
    return 0 if caught == len(chosen) else 1


os.environ.pop("MESON_TESTTHREADS", None)
sys.exit(main())
