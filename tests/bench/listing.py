# SPDX-License-Identifier: BSD-2-Clause
"""Tokens with many keys, of which one is permitted."""

import collections

import plot
from figures import Section, Spread, Target
from harness import programs
from harness.sandbox import Sandbox
from harness.spy import Spy
from harness.token import Token
from subjects import DIRECT, GATE, Subjects

KIND = "ec:P-256"
SPEED = 20
SLOW = 10000  # keys that direct takes minutes for: it lists them once
ALONE = "one search alone"


class Large:
    """A token with so many keys in all."""

    def __init__(self, keys):
        self.token, self.sandbox = Token("many", OTHERS=keys - 1, TYPE=KIND), Sandbox()
        self.sandbox.environment |= self.token.environment
        self.keys = keys

    def close(self):
        self.sandbox.close()
        self.token.close()

    def subjects(self, vendor, *names):
        permitted = {"version": 1, "modules": [{"name": "vendor", "path": vendor}], "allow": [{"id": "01"}]}
        return Subjects(self.sandbox, vendor, permitted, "1234").make(*names)

    def list(self, subject, listed):
        with subject.used(self.sandbox):
            result = self.sandbox.run(programs.SSH_KEYGEN, "-D", subject.module, timeout=900)
        assert len(result.stdout.splitlines()) == listed, f"{subject.name}: {result}"
        return result.seconds

    def search(self, subject):
        """What the vendor's library takes to be loaded and find one key by its id."""
        result = self.sandbox.run(programs.BENCH_CALLS, subject.module, "1234", "C_GetSessionInfo", 0, timeout=900)
        assert result.ok, str(result)
        return result.seconds


def calls(large):
    spy = Spy(large.sandbox)
    (gate,) = large.subjects(programs.SPY, GATE)
    large.list(gate, 1)
    return len(spy.calls)


def measure(keys, rounds):
    """(vendor calls, seconds by way)"""
    large, noted = Large(keys), collections.defaultdict(list)
    try:
        counted = calls(large)
        direct, gate = large.subjects(programs.VENDOR, DIRECT, GATE)
        for _ in range(rounds):
            noted[GATE].append(large.list(gate, 1))
            noted[ALONE].append(large.search(direct))
            if keys < SLOW or not noted[DIRECT]:
                noted[DIRECT].append(large.list(direct, keys))
    finally:
        large.close()
    return counted, noted


def section(rounds):
    sizes = (10, 100, 1000, SLOW) if rounds > 1 else (10, 100)
    counted, noted = {}, {}
    for keys in sizes:
        counted[keys], noted[keys] = measure(keys, rounds)
    rows = [[str(keys), str(counted[keys]), *[str(over_direct(noted[keys], name)) for name in (GATE, ALONE)]] for keys in sizes]
    base = Spread.of(noted[sizes[0]][DIRECT]).median
    lines = {name: [(keys, Spread.of(noted[keys][name]).median / base) for keys in sizes] for name in (DIRECT, GATE, ALONE)}
    targets = [Target.at_most(f"vendor calls of a listing with {sizes[-1]} keys, of those with {sizes[0]}", counted[sizes[-1]], counted[sizes[0]])]
    if SLOW in sizes:
        measured = over_direct(noted[SLOW], GATE)
        targets.append(Target.at_most(f"listing with {SLOW} keys: time over direct's", measured.median, 1 / SPEED, counted=False, text=str(measured)))
    return Section(
        "Listing with one permitted key of many",
        f"`ssh-keygen -D` on SoftHSM with keys of {KIND}: vendor calls through p11gate, and time over direct's, which lists all of them (with {SLOW} keys once). *One search alone* is what the vendor's library takes "
        "by itself to be loaded and to find one key by its id.",
        [(["keys", "vendor calls", GATE, ALONE], rows)],
        {"listing": plot.lines("Time to list, over direct's with 10 keys", "keys", lines, logarithmic=True)}, targets)


def over_direct(noted, name):
    direct = Spread.of(noted[DIRECT]).median
    return Spread.of(value / direct for value in noted[name])
