# SPDX-License-Identifier: BSD-2-Clause
"""How long logins, listings and signatures take, as ratios to direct's in the same round. All ways take turns, so that other work on the
machine hits them alike."""

import collections

import footprint
from actions import COLD, LISTING, LOGIN, WARM, Actions
from figures import Section, Spread, Target, ratios
from stacks import STACKS, policy
from subjects import DAEMON, DIRECT, FILE, GATE, KIT_PROXY, KIT_SERVER, PLAIN, SPY, Subjects

NAMES = (DIRECT, GATE, DAEMON, KIT_PROXY, SPY, KIT_SERVER, FILE)
OFTENER = 3  # than the rest what takes milliseconds is taken


def measure_agents(actions, subjects, noted):
    for subject in subjects:
        signer = actions.agent(subject)
        noted[COLD, subject.name].append(signer.cold())
        noted[WARM, subject.name] += [signer.warm() for _ in range(OFTENER)]
        signer.close()


def measure_round(actions, subjects, noted):
    for subject in subjects:
        noted[LOGIN, subject.name].append(actions.log_in(subject))
    for _ in range(OFTENER):
        for subject in subjects:
            if subject.module is not None:
                noted[LISTING, subject.name].append(actions.list(subject))
    measure_agents(actions, subjects, noted)


def measure_stack(kind, rounds):
    """Seconds by action and way, and those that loading p11gate takes without rules beyond its vendor's library."""
    stack = kind()
    noted, loads = collections.defaultdict(list), []
    try:
        stack.sandbox.environment |= stack.environment
        maker = Subjects(stack.sandbox, str(stack.module), policy(stack), stack.pin)
        actions = Actions(stack)
        subjects = maker.make(*NAMES)
        actions.authorize(subjects)
        plain, direct = maker.make(PLAIN, DIRECT)
        for number in range(rounds):  # there and back, so that what goes first is not always the same
            measure_round(actions, subjects if number % 2 == 0 else subjects[::-1], noted)
            loads += [footprint.load(stack.sandbox, plain)[0] - footprint.load(stack.sandbox, direct)[0] for _ in range(OFTENER)]
    finally:
        stack.close()
    return noted, loads


def table(noted):
    rows = []
    for name in NAMES:
        cells = [str(ratios(noted[what, name], noted[what, DIRECT])) if noted[what, name] else "-" for what in (LOGIN, LISTING, COLD, WARM)]
        rows.append([name, *cells])
    return (["", LOGIN, LISTING, COLD, WARM], rows)


def listing_target(stack, noted, loads):
    """Listing takes no longer than direct's and the load of the module together."""
    load = Spread.of(loads).median
    measured = ratios(noted[LISTING, GATE], [direct + load for direct in noted[LISTING, DIRECT]])
    return Target.at_most(f"`ssh-keygen -D`, {stack.name}: time over direct's and the load of the module", measured.median, 1, counted=False, text=str(measured))


def section(rounds):
    made = Section(
        "Logins, listings, signatures",
        "Time over direct's in the same round: median, and quartiles in brackets; less is better. *Cold*: `ssh-add` and the first signature of the agent. *Warm*: the next one. "
        "SoftHSM has eight keys of RSA 2048 and the virtual PIV card two, of which one is used; direct offers all of them to a server that takes each offer. IdentityFile is RSA 2048 in a file, with "
        "IdentitiesOnly; the agent has it from there.")
    for kind in STACKS:
        noted, loads = measure_stack(kind, rounds)
        heading, rows = table(noted)
        made.tables.append(([kind.name, *heading[1:]], rows))
        made.targets.append(listing_target(kind, noted, loads))
    return made
