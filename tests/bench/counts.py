# SPDX-License-Identifier: BSD-2-Clause
"""What reaches the vendor's library, counted by pkcs11-spy between it and what is measured, and what reaches a card, counted by the card."""

from actions import COLD, LISTING, LOGIN, WARM, Actions
from figures import Section, Target
from harness import programs
from harness.spy import Spy
from stacks import Card, EightKeys, policy
from subjects import DAEMON, DIRECT, GATE, KIT_PROXY, KIT_SERVER, Subjects

NAMES = (DIRECT, GATE, DAEMON, KIT_PROXY, KIT_SERVER)
IN_TURN = (DIRECT, GATE, KIT_PROXY, KIT_SERVER, DAEMON)  # a daemon asks a card now and then after it came
WHAT = (LISTING, LOGIN, COLD, WARM)
LOGIN_MOST, WARM_MOST = 18, 2


class Counter:
    """reset() begins, count() tells how many there were since."""

    def __init__(self, reset, count):
        self.reset, self.count = reset, count

    def fewest(self, run):
        """Of some runs: a card that was switched off in between is asked for more."""
        counted = []
        for _ in range(3):
            self.reset()
            run()
            counted.append(self.count())
        return min(counted)


def count_all(stack, vendor, counter, wait=lambda: None):
    """Counts by (what, way). wait returns when no daemon asks the token by itself."""
    counted = {}
    stack.sandbox.environment |= stack.environment
    maker = Subjects(stack.sandbox, vendor, policy(stack, vendor), stack.pin)
    actions = Actions(stack)
    actions.authorize([])
    for name in IN_TURN:
        (subject,) = maker.make(name)
        if name == DAEMON:
            wait()
        counted[LISTING, name] = counter.fewest(lambda: actions.list(subject))
        counted[LOGIN, name] = counter.fewest(lambda: actions.log_in(subject))
        counter.reset()
        signer = actions.agent(subject)
        signer.cold()
        counted[COLD, name] = counter.count()
        counted[WARM, name] = counter.fewest(signer.warm)
        signer.close()
    return counted


def vendor_calls():
    stack = EightKeys()
    try:
        spy = Spy(stack.sandbox)
        return count_all(stack, programs.SPY, Counter(spy.reset, lambda: len(spy.calls)))
    finally:
        stack.close()


def card_commands():
    stack = Card()
    try:
        return count_all(stack, stack.module, Counter(stack.card.clear, lambda: stack.card.counts().get("all", 0)), stack.card.wait_until_quiet)
    finally:
        stack.close()


def table(title, counted):
    return [title, *WHAT], [[name, *[str(counted[what, name]) for what in WHAT]] for name in NAMES]


def section(rounds):
    calls, commands = vendor_calls(), card_commands()
    targets = [
        Target.at_most("vendor calls of a login", calls[LOGIN, GATE], LOGIN_MOST),
        Target.at_most("vendor calls of a signature, warm agent", calls[WARM, GATE], WARM_MOST),
        Target.at_most("vendor calls of a signature, warm agent, through the daemon", calls[WARM, DAEMON], WARM_MOST),
        Target.at_most("commands to the card for a login, of direct's", commands[LOGIN, GATE], commands[LOGIN, DIRECT]),
        Target.at_most("commands to the card for a listing, of direct's", commands[LISTING, GATE], commands[LISTING, DIRECT]),
        Target.at_most("commands to the card for a signature, warm agent, of direct's", commands[WARM, GATE], commands[WARM, DIRECT]),
    ]
    return Section(
        "Vendor calls and commands to a card",
        "Calls that reach SoftHSM, with eight keys of which one is permitted, counted by pkcs11-spy; commands (APDUs) that reach the virtual PIV card through OpenSC, counted by the card. The daemon has "
        "read the token and is unlocked.",
        [table("vendor calls", calls), table("commands to the card", commands)], targets=targets)
