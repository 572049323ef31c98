#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The libraries of vendors, each with a token without hardware: what ssh does with one directly, and through p11gate with one key permitted.

Prints both side by side.
"""

import collections
import os
import sys

from harness import Case, comment, isolation, main, opencryptoki, programs, rows
from harness.card_stack import Cackey, Coolkey, OpenSC, Ykcs11
from harness.nss import Nss
from harness.opencryptoki import OpenCryptoki
from harness.pin_host import PinHost
from harness.softhsm import SoftHSM
from harness.ssh import bare
from harness.token import fingerprint
from harness.tpm import Tpm

# What one way to a key gave: keys listed, and offered to a server that takes none, a login by ssh -I, PINs that it asked for, a login by an agent.
Way = collections.namedtuple("Way", "listed offered login prompts agent")

THROUGH = Way(1, 1, "yes", 1, "yes")
# Without p11gate, in the order of the table.
DIRECT = {
    (SoftHSM, "last"): Way(8, 8, "no", 0, "no"),
    (OpenCryptoki, "fitting"): Way(2, 2, "yes", 1, "yes"),
    (OpenCryptoki, "unfitting"): Way(2, 2, "no", 1, "no"),
    (Tpm, "bare"): Way(2, 2, "yes", 1, "yes"),
    (Tpm, "certified"): Way(2, 2, "yes", 1, "yes"),
    (Nss, "badge"): Way(0, 0, "no", 0, "no"),
    (OpenSC, "9a"): Way(2, 2, "yes", 1, "yes"),
    (OpenSC, "9c"): Way(2, 2, "no", 1, "no"),
    (Ykcs11, "9a"): Way(2, 2, "yes", 1, "yes"),
    (Ykcs11, "9c"): Way(2, 2, "yes", 1, "no"),
    (Coolkey, "9a"): Way(3, 3, "yes", 1, "yes"),
    (Cackey, "9a"): Way(41, 41, "yes", 1, "yes"),
}
KEEP = {"9c": {"login": {"keep_pin": {"idle": "10m", "max": "8h"}}}}  # which wants the PIN for each signature
KEYS = [{"stack": stack.name, "key": key} for stack, key in DIRECT]
STACKS = {stack.name: stack for stack, _ in DIRECT}


SESSION_HANDLE_INVALID = 0xB3

# Signs, has a child finalise the module that it never initialised, signs again.
CHILD = """
import os, sys
from harness.cryptoki import CKO_PRIVATE_KEY, Cryptoki
module = Cryptoki(sys.argv[1], sys.argv[2])
key = module.objects(CKO_PRIVATE_KEY)[0]
signature = module.sign(key, bytes(32))
child = os.fork()
if child == 0:
    try:
        module.close()
    finally:
        os._exit(0)
os.waitpid(child, 0)
print("same" if module.sign(key, bytes(32)) == signature else "another")
module.close()
"""


class OnStacks(Case):
    """One stack at a time, as a machine has room for one pcscd."""

    made = None

    @classmethod
    def tearDownClass(cls):
        OnStacks.end()

    @classmethod
    def end(cls):
        if OnStacks.made is not None:
            OnStacks.made.close()
            OnStacks.made = None

    def stack(self, name):
        """From now on the programs of the test use it."""
        kind = STACKS[name]
        if not isinstance(OnStacks.made, kind):
            OnStacks.end()
            OnStacks.made = kind()
        self.sandbox.environment |= OnStacks.made.environment
        self.sandbox.before = OnStacks.made.clients
        return OnStacks.made


class Children(OnStacks):
    @rows(*[{"stack": stack.name} for stack in (OpenSC, Ykcs11, Coolkey, Tpm)])
    def test_a_child_that_finalises_takes_the_key_from_its_parent_but_not_through_p11gate(self, stack):
        made = self.stack(stack)
        self.sandbox.configure(made.policy(next(iter(made.keys))))
        folder = os.path.dirname(os.path.abspath(__file__))
        said = []
        for module in (made.module, programs.MODULE):
            words = (sys.executable, "-B", "-c", CHILD, module, made.pin)
            said.append(self.sandbox.run(*words, environment=self.sandbox.instrument.preload() | {"PYTHONPATH": folder}))
        direct, through = said
        self.assertEqual(("", "same\n"), (direct.stdout, through.stdout), f"{direct}\n{through}")


class Stacks(OnStacks):
    """Of a program, not of libraries: what lies below the calls of one that has used them."""

    def answers(self, module, pin):
        host = PinHost(self.sandbox, module)
        answers = [host.ask("litter"), host.ask("find"), host.ask(f"login {pin}"), host.ask("sign")]
        host.close()
        return answers

    def test_coolkey_loses_its_sessions_to_what_is_on_the_stack_but_not_through_p11gate(self):
        made = self.stack("coolkey")
        self.assertEqual([0, 0, SESSION_HANDLE_INVALID, SESSION_HANDLE_INVALID], self.answers(made.module, made.pin))
        self.sandbox.configure(made.policy("9a"))
        self.assertEqual([0, 1, 0, 0], self.answers(programs.MODULE, made.pin))


class Readers(OnStacks):
    def test_ssh_says_nothing_of_readers_without_a_card(self):
        made = self.stack("cackey")
        self.assertIn("C_GetTokenInfo for provider", self.listing(made.module)[1].stderr)
        self.sandbox.configure(made.policy("9a"))
        self.assertEqual("", self.listing(programs.MODULE)[1].stderr)


class VendorLibraries(OnStacks):
    table = {}

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        comment(f"{'stack':14}{'key':12}" + "".join(f"{name + ' direct':>16}{'through':>9}" for name in Way._fields))
        for stack, key in DIRECT:
            direct, through = cls.table.get((stack, key), [Way(*"-----")] * 2)
            cells = "".join(f"{one:>16}{other:>9}" for one, other in zip(direct, through))
            comment(f"{stack.name:14}{key:12}{cells}")

    def way(self, module, stack, key):
        """What ssh does with the module, where the server takes that key only."""
        listed, run = self.listing(module)
        refused = self.login(self.server(tries=100), module, askpass=self.askpass([]))
        askpass = self.askpass(stack.pin)
        server = self.server(stack.keys[key])
        login = self.login(server, module, askpass=askpass)
        self.assertFalse(login.hung, str(login))
        agent = self.agent(debug=True)
        added = agent.add(module, self.askpass(stack.pin))
        by_agent = self.login(server, agent=agent)
        agent.remove(module)  # else what the library holds in a TPM stays there
        agent.close()
        self.said = f"{run}\n{login}\n{added}\n{by_agent}\n{agent.log}"
        return Way(len(listed), len(refused.offers), yes(login.ok), len(login.prompts), yes(by_agent.ok)), listed, login

    @rows(*KEYS)
    def test_ssh_logs_in_with_the_one_permitted_key(self, stack, key):
        made = self.stack(stack)
        direct, _, _ = self.way(made.module, made, key)
        self.assertEqual(DIRECT[type(made), key], direct, self.said)
        self.sandbox.configure(made.policy(key) | KEEP.get(key, {}))
        through, listed, login = self.way(programs.MODULE, made, key)
        self.table[type(made), key] = direct, through
        self.assertEqual(THROUGH, through, self.said)
        self.assertEqual([bare(made.keys[key])], listed)
        self.assertEqual([fingerprint(made.keys[key])], login.offers)


def yes(done):
    return "yes" if done else "no"


if __name__ == "__main__":
    isolation.enter(*opencryptoki.STATE)
    main()
