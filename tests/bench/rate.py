# SPDX-License-Identifier: BSD-2-Clause
"""Signatures of a second with several threads in one process."""

import collections

import plot
from figures import Section, Spread, Target, ratios
from harness import programs
from stacks import EightKeys, policy
from subjects import DIRECT, GATE, PLAIN, Subjects

NAMES = (DIRECT, PLAIN, GATE)
LEAST = 0.97
SECONDS = 0.5
OFTENER = 3  # than with fewer threads it is measured with the most, for which there is a target


def measure(rounds, threads):
    """Signatures a second by (threads, way)."""
    stack = EightKeys()
    noted = collections.defaultdict(list)
    try:
        stack.sandbox.environment |= stack.environment
        permitted = policy(stack) | {"allow": [{"id": "01"}]}
        subjects = Subjects(stack.sandbox, stack.module, permitted, stack.pin).make(*NAMES)
        for turn in range(rounds * OFTENER):  # there and back, so that what goes first is not always the same
            for number in threads if turn < rounds else threads[-1:]:
                for subject in subjects if turn % 2 == 0 else subjects[::-1]:
                    noted[number, subject.name].append(signatures(stack, subject, number))
    finally:
        stack.close()
    return noted


def signatures(stack, subject, threads):
    result = stack.sandbox.run(programs.BENCH_RATE, subject.module, stack.pin, threads, SECONDS, environment=subject.environment)
    assert result.ok, f"{subject.name}, {threads} threads: {result}"
    return float(result.stdout)


def section(rounds):
    threads = range(1, 9) if rounds > 1 else (1, 8)
    noted = measure(rounds, threads)
    rows = [[str(number), *[str(ratios(noted[number, name], noted[number, DIRECT])) for name in NAMES[1:]]] for number in threads]
    single = Spread.of(noted[1, DIRECT]).median
    lines = {name: [(number, Spread.of(noted[number, name]).median / single) for number in threads] for name in NAMES}
    return Section(
        "Signatures of several threads",
        "RSA 2048 on SoftHSM: signatures of a second over direct's with as many threads; more is better. `preset: ssh` has one call at a time in the library, and verifies what it signs.",
        [(["threads", *NAMES[1:]], rows)],
        {"threads": plot.lines("Signatures a second, over direct's with one thread", "threads", lines)},
        [Target.at_least("8 threads sign under `preset: transparent`: rate over direct's", ratios(noted[8, PLAIN], noted[8, DIRECT]), LEAST)])
