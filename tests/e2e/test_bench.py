#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark (tests/bench) runs, in its quick form, and what it counts is within the targets; the page tells what was measured."""

import os
import pathlib
import re
import sys
from xml.etree import ElementTree

from harness import Case, comment, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = ROOT / "tests" / "bench" / "run.py"
COUNTED = 10  # targets that are counts or instructions
WAYS = ("direct", "p11gate", "p11gate, daemon", "p11gate, transparent", "p11-kit-proxy", "pkcs11-spy", "p11-kit server", "IdentityFile")


class Bench(Case):
    def run_quickly(self, *sections):
        """(how it ended, the page)"""
        folder = self.sandbox.folder / "page"
        folder.mkdir(exist_ok=True)
        own = {name: value for name, value in os.environ.items() if name.startswith("P11GATE_")}
        result = self.sandbox.run(sys.executable, "-B", RUN, folder, *sections, timeout=600, environment=own | {"BENCH_ROUNDS": "1"})
        comment(result.stdout)
        self.assertEqual(0, result.rc, str(result))
        return result, (folder / "benchmark.md").read_text()

    def test_it_runs_and_what_is_counted_is_within_the_targets(self):
        result, page = self.run_quickly()
        passed, failed, skipped = map(int, re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", result.stdout.splitlines()[-1]).groups())
        self.assertGreaterEqual(passed, COUNTED)
        self.assertEqual((0, 0), (failed, skipped))
        for way in WAYS:
            self.assertIn(f"\n| {way} |", page)
        for plot in re.findall(r"\]\((\S+\.svg)\)", page):
            root = ElementTree.parse(self.sandbox.folder / "page" / plot).getroot()
            style = root.find("{*}style").text
            self.assertIn("prefers-color-scheme:dark", style)
            self.assertIn("path.line{fill:none", style)  # stronger than the colours of the marks

    def test_the_committed_page_has_the_same_tables(self):
        """A page of an older form would tell of something else than what is measured."""
        _, quick = self.run_quickly("footprint")
        committed = (ROOT / "docs" / "benchmark.md").read_text()
        title = re.search(r"(?m)^## Loading.*$", quick)[0]
        head = quick.index("|", quick.index(title))
        text = quick[quick.index(title) : head]
        self.assertTrue(text in committed, f"not in docs/benchmark.md: {text}")
        for plot in re.findall(r"\]\((\S+\.svg)\)", committed):
            ElementTree.parse(ROOT / "docs" / plot)


if __name__ == "__main__":
    main()
