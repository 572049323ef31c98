#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures p11gate beside other ways to a token, in one run: run.py FOLDER [SECTION...] writes FOLDER/benchmark.md and its plots.

BENCH_ROUNDS is how often each time is taken (9); 1 is a quick form with fewer kinds of it. The last line is "N passed, N failed, N skipped":
passed are the targets that were reached, failed those missed that are counts; a time that was missed is told before.
"""

import os
import pathlib
import sys
import time

_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(_TESTS / "e2e"))
sys.dont_write_bytecode = True

import counts  # noqa: E402
import footprint  # noqa: E402
import instructions  # noqa: E402
import listing  # noqa: E402
import page  # noqa: E402
import rate  # noqa: E402
import times  # noqa: E402
from harness import isolation, opencryptoki  # noqa: E402

SECTIONS = {"instructions": instructions, "counts": counts, "times": times, "rate": rate, "listing": listing, "footprint": footprint}
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))


def measure(name):
    started = time.monotonic()
    section = SECTIONS[name].section(ROUNDS)
    print(f"== {section.title}: {time.monotonic() - started:.0f} s", flush=True)
    return section


def summary(sections):
    targets = [target for section in sections for target in section.targets]
    for target in targets:
        print(f"{'reached' if target.reached else 'not reached'}: {target.what}: {target.measured}, {target.goal}")
    failed = sum(target.counted and not target.reached for target in targets)
    print(f"{sum(target.reached for target in targets)} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


def main(folder, *names):
    isolation.enter(*opencryptoki.STATE)
    sections = [measure(name) for name in names or SECTIONS]
    page.write(pathlib.Path(folder), sections, ROUNDS)
    return summary(sections)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
