#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/traps.md is true: it has all 52 traps, and the tests that it names are there; docs/vendors.md names tests that are there, too."""

import pathlib
import re
import unittest

from harness import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/traps.md").read_text()
VENDORS = (ROOT / "docs/vendors.md").read_text()
COUNT = 52


def traps():
    """Number and text of each."""
    return [(int(number), text) for number, text in re.findall(r"(?ms)^(\d+)\. (.*?)(?=^\d+\. |^## |\Z)", PAGE)]


def named(text):
    """(file, test) of each test behind a dash."""
    found = []
    for path, names in re.findall(r"(?m)^ +- `([^`]+)`: ((?:`\w+`(?:,\s+)?)+)$", text):
        found += [(path, name) for name in re.findall(r"`(\w+)`", names)]
    return found


def tests_of(path):
    """The names of the tests that a file runs."""
    text = (ROOT / path).read_text()
    if path.endswith(".py"):
        return set(re.findall(r"(?m)^    def (test_\w+)\(self", text))
    listed = text[text.index("int main(void)"):]
    return {name for name in re.findall(r"(\w+)\(void \*\*state\)", text) if re.search(rf"\b{name}\b", listed)}


class Traps(unittest.TestCase):
    def test_each_is_there_once_and_in_its_order(self):
        self.assertEqual(list(range(1, COUNT + 1)), [number for number, _ in traps()])

    def test_each_has_a_test_or_says_why_not(self):
        lacking = [number for number, text in traps() if bool(named(text)) == ("Not ours: " in text)]
        self.assertEqual([], lacking)

    def test_every_test_that_is_named_is_run(self):
        every = [pair for _, text in traps() for pair in named(text)]
        self.assertGreater(len(every), 2 * COUNT)
        missing = [f"{path}: {name}" for path, name in every if not (ROOT / path).exists() or name not in tests_of(path)]
        self.assertEqual([], missing)

    def test_nothing_behind_a_dash_is_passed_over(self):
        names = re.findall(r"`((?:tests/[^`]+|\w+))`", "\n".join(text for _, text in traps()))
        pairs = [pair for _, text in traps() for pair in named(text)]
        self.assertEqual(sorted([name for _, name in pairs]), sorted(name for name in names if "/" not in name))

    def test_every_test_of_traps_is_named(self):
        every = {pair for _, text in traps() for pair in named(text)}
        for path in sorted(ROOT.glob("tests/module/test-traps-*.c")):
            name = str(path.relative_to(ROOT))
            self.assertEqual(set(), {(name, test) for test in tests_of(name)} - every)


class Vendors(unittest.TestCase):
    """Of each line of the table the last cell."""

    CELLS = [line.strip(" |").rpartition(" | ")[2] for line in VENDORS.splitlines() if line.rstrip().endswith("` |")]

    def test_every_test_that_is_named_is_run(self):
        every = [(path, name) for cell in self.CELLS for path, names in re.findall(r"`([^`]+)`: ((?:`\w+`(?:, )?)+)", cell) for name in re.findall(r"\w+", names)]
        self.assertGreater(len(every), 15)
        self.assertEqual([], [pair for pair in every if not (ROOT / pair[0]).exists() or pair[1] not in tests_of(pair[0])])

    def test_what_has_no_test_is_said_to_be_left_alone(self):
        rows = [line.strip("|").split(" | ") for line in VENDORS.splitlines() if line.startswith("|")][2:]
        self.assertEqual([], [row for row in rows if len(row) != 4 or (row[3].strip() == "") != row[2].startswith("nothing")])


if __name__ == "__main__":
    main()
