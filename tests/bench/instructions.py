# SPDX-License-Identifier: BSD-2-Clause
"""Instructions of a call: what callgrind counts in two runs of `calls` differs by those of the calls that one makes more."""

import concurrent.futures
import re

from figures import Section, Target
from harness import programs
from stacks import EightKeys, policy
from subjects import DIRECT, GATE, KIT_PROXY, PLAIN, SPY, Subjects

FEW = 20
# How many more calls the second run makes: SoftHSM finds and signs slowly, and always the same.
CALLS = {"C_GetSessionInfo": 2000, "C_GenerateRandom": 2000, "C_DigestUpdate": 2000, "C_FindObjects": 40, "C_Sign": 20}
PROGRAMS = {"load": (programs.BENCH_LOAD,), "ssh-keygen -D": (programs.SSH_KEYGEN, "-D")}  # of a whole run
PASSED_ON = ("C_GetSessionInfo", "C_GenerateRandom", "C_DigestUpdate")
MOST = 200  # more than direct, for a call that is passed on
NAMES = (DIRECT, PLAIN, GATE, KIT_PROXY, SPY)


def count(sandbox, subject, *words):
    """The instructions of a whole run."""
    out = sandbox.folder / sandbox.name("callgrind")
    result = sandbox.run(programs.VALGRIND, "--tool=callgrind", f"--callgrind-out-file={out}", *words, timeout=300, environment=subject.environment)
    assert result.ok, f"{subject.name}, {words}: {result}"
    return int(re.search(r"(?m)^(?:summary|totals): (\d+)", out.read_text())[1])


def per_call(sandbox, subject, pin, call):
    if call in PROGRAMS:
        return count(sandbox, subject, *PROGRAMS[call], subject.module)
    words = (programs.BENCH_CALLS, subject.module, pin, call)
    return (count(sandbox, subject, *words, FEW + CALLS[call]) - count(sandbox, subject, *words, FEW)) / CALLS[call]


def measure_on(stack, names, calls):
    """Instructions by (call, way), one after the other: SoftHSM writes to its token with each login, and another process may fail to read it meanwhile."""
    try:
        stack.sandbox.environment |= stack.environment
        permitted = policy(stack)
        permitted["allow"] = [{"id": "01"}]
        subjects = Subjects(stack.sandbox, stack.module, permitted, stack.pin).make(*names)
        return {(call, subject.name): per_call(stack.sandbox, subject, stack.pin, call) for call in calls for subject in subjects}
    finally:
        stack.close()


def measure(names, calls):
    """The same, of two calls at a time, as other work does not change them."""
    parts = [(EightKeys(), names, calls[start::2]) for start in range(2)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda part: measure_on(*part), parts)
    return first | second


def section(rounds):
    names, calls = (NAMES, (*CALLS, *PROGRAMS)) if rounds > 1 else ((DIRECT, PLAIN), PASSED_ON)
    counted = measure(names, calls)
    rows = [[name, *[cell(counted, call, name) for call in calls]] for name in names]
    targets = [
        Target.at_most(f"`{call}` under `preset: transparent`: instructions more than direct", round(counted[call, PLAIN] - counted[call, DIRECT]), MOST)
        for call in PASSED_ON
    ]
    return Section(
        "Instructions of a call",
        "On SoftHSM, as callgrind counts them: the difference of two runs with different numbers of calls; in brackets what it is more than direct. *p11gate* is `preset: ssh`, which answers searches "
        "from memory, and verifies each signature before it hands it out. C_FindObjects is a whole search for a key by class and id, C_Sign a signature of RSA 2048 with its C_SignInit. *load* is a "
        "whole program that does dlopen, C_Initialize and C_Finalize, and *ssh-keygen -D* that program on eight keys, of which *p11gate* lists one.",
        [(["", *calls], rows)], targets=targets)


def cell(counted, call, name):
    value, direct = counted[call, name], counted[call, DIRECT]
    return f"{value:.0f}" if name == DIRECT else f"{value:.0f} ({value - direct:+.0f})"
