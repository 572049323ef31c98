# SPDX-License-Identifier: BSD-2-Clause
"""The libraries and tokens that are measured, each with the key that is used and its CKA_ID."""

from harness import card_stack, opencryptoki
from harness.softhsm import SoftHSM
from harness.token import Token


class EightKeys(SoftHSM):
    key, identifier = "user8", "08"

    def make(self):
        token = Token("eight")
        self.environment = token.environment
        self.keys = token.public_keys()


class Card(card_stack.OpenSC):
    """A virtual PIV card."""

    key, identifier = "9a", "01"


class OpenCryptoki(opencryptoki.OpenCryptoki):
    key, identifier = "fitting", "01"


STACKS = (EightKeys, Card, OpenCryptoki)


def policy(stack, module=None):
    """That permits the one key, as `p11gate init` writes it: by fingerprint and id."""
    made = stack.policy(stack.key)
    made["allow"][0]["id"] = stack.identifier
    if module:
        made["modules"][0]["path"] = module
    return made
