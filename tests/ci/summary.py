#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adds up the cases of meson's reports: summary.py REPORT.junit.xml ...; prints what did not pass, then "N passed, N failed, N skipped"."""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for report in map(pathlib.Path, sys.argv[1:]):
        if not report.exists():
            print(f"{report.name}: no test was run")
            counts["failed"] += 1
            continue
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            result = outcome(case)
            counts[result] += 1
            if result != "passed":
                print(f"{report.name}: {result}: {case.get('classname')}: {case.get('name')}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] or counts["skipped"] or not counts["passed"] else 0


sys.exit(main())
