# SPDX-License-Identifier: BSD-2-Clause
"""SoftHSM, with a token of softhsm-fixtures."""

from . import programs, ssh
from .stack import Stack
from .token import Token


class SoftHSM(Stack):
    """Eight keys, of which "last" is the one that ssh offers last: SoftHSM lists them in another order for each token."""

    name = "SoftHSM"
    module = programs.VENDOR
    pin = "1234"

    def make(self):
        token = Token("eight")
        self.environment = token.environment
        self.sandbox.environment |= token.environment
        offered, _ = ssh.listing(self.sandbox, self.module)
        self.keys = {"last": offered[-1]}
