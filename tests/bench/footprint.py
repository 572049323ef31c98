# SPDX-License-Identifier: BSD-2-Clause
"""What a module takes before it does anything: time to load, memory, size of its file."""

import collections
import os

from figures import Section, Spread, number, ratios
from harness import programs
from stacks import EightKeys, policy
from subjects import DAEMON, DIRECT, GATE, KIT_PROXY, KIT_SERVER, PLAIN, SPY, Subjects

NAMES = (DIRECT, GATE, PLAIN, DAEMON, KIT_PROXY, SPY, KIT_SERVER)


def load(sandbox, subject):
    """(seconds, KiB resident, KiB of its share, KiB written)"""
    result = sandbox.run(programs.BENCH_LOAD, subject.module, environment=subject.environment)
    assert result.ok, f"{subject.name}: {result}"
    return [float(word) for word in result.stdout.split()]


def stripped_size(sandbox, path):
    """In KiB, without symbols."""
    copy = sandbox.folder / "stripped"
    result = sandbox.run("strip", "-o", copy, os.path.realpath(path))
    assert result.ok, str(result)
    return copy.stat().st_size / 1024


def section(rounds):
    stack = EightKeys()
    noted = collections.defaultdict(list)
    try:
        stack.sandbox.environment |= stack.environment
        subjects = Subjects(stack.sandbox, stack.module, policy(stack), stack.pin).make(*NAMES)
        for _ in range(3 * rounds):
            for subject in subjects:
                noted[subject.name].append(load(stack.sandbox, subject))
        rows = [row(subject, noted, stack.sandbox) for subject in subjects]
    finally:
        stack.close()
    return Section(
        "Loading, memory, size",
        "dlopen, C_Initialize and C_Finalize before SoftHSM: time over direct's; KiB that the process has more once it is initialised, SoftHSM's own among them (the daemon's and the server's are in "
        "their processes): resident, its share of them (PSS), written by it alone; KiB of the module's own file without symbols (p11-kit-proxy and p11-kit-client.so are libp11-kit's or use it).",
        [(["", "time", "resident", "PSS", "written", "file"], rows)])


def row(subject, noted, sandbox):
    columns = list(zip(*noted[subject.name]))
    direct = [one[0] for one in noted[DIRECT]]
    return [subject.name, str(ratios(columns[0], direct)), *[number(Spread.of(column).median) for column in columns[1:]],
            number(stripped_size(sandbox, subject.module))]
