#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adds up the cases of meson's reports: summary.py REPORT.junit.xml ...; prints what did not pass, then "N passed, N failed, N skipped".

A program whose cases all passed and that failed nevertheless (a leak that a sanitizer found at its end) is a failure of its own: the
report beside, REPORT.json, knows it.
"""
import collections
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def cases(report):
    """(outcome, program, name)"""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        yield outcome(case), case.get("classname").removeprefix("p11gate."), case.get("name")


def programs(report):
    """(name, result) of those that failed"""
    for line in report.with_name(report.name.replace(".junit.xml", ".json")).read_text().splitlines():
        program = json.loads(line)
        if program["result"] not in ("OK", "SKIP"):
            yield program["name"], program["result"]


def add_up(report):
    counts = collections.Counter()
    told = set()
    for result, program, name in cases(report):
        counts[result] += 1
        if result != "passed":
            told.add(program)
            print(f"{report.name}: {result}: {program}: {name}")
    for program, result in programs(report):
        if program not in told:
            counts["failed"] += 1
            print(f"{report.name}: failed: {program}: {result}")
    return counts


def main():
    counts = collections.Counter(passed=0, failed=0, skipped=0)
    for report in map(pathlib.Path, sys.argv[1:]):
        if report.exists():
            counts += add_up(report)
        else:
            print(f"{report.name}: no test was run")
            counts["failed"] += 1
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or counts["skipped"] or not counts["passed"] else 0


sys.exit(main())
