#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A TPM that is switched off under an agent, and on again: tpm2-pkcs11 then fails until it is initialised anew."""

import time

from harness import Case, agent_client, isolation, main, openssl, programs, rows
from harness.tpm import Tpm

KEPT = {"login": {"keep_pin": {"idle": "none", "max": "none", "survive_removal": True}}}


class SwitchedOff(Case):
    def hold(self, module, **more):
        """An agent that holds the TPM's key, and has signed with it."""
        self.tpm = Tpm()
        self.addCleanup(self.tpm.close)
        self.sandbox.environment |= self.tpm.environment
        self.sandbox.configure(self.tpm.policy("bare") | more)
        self.live = self.agent(debug=True)
        self.add(self.live, module, self.tpm.pin)
        self.assertSigns()

    def ask(self):
        return agent_client.sign(self.live.socket, self.tpm.keys["bare"], b"what is signed")

    def assertSigns(self):
        signature = self.ask()
        self.assertTrue(signature.made, self.live.log)
        public = self.tpm.sandbox.folder / "bare.pub"
        self.assertTrue(openssl.verifies(public.read_text(), "sha256", b"what is signed", signature.blob))

    @rows({"noticed": True}, {"noticed": False})
    def test_an_agent_that_keeps_the_PIN_signs_again(self, noticed):
        self.hold(programs.MODULE, **KEPT)
        for _ in range(2):
            self.tpm.switch_off()
            if noticed:
                self.assertFalse(self.ask().made)
                time.sleep(1.1)  # it is looked for once a second
            self.tpm.switch_on()
            self.assertSigns()

    @rows({"through": False}, {"through": True})
    def test_without_a_kept_PIN_it_has_to_be_added_again(self, through):
        module = programs.MODULE if through else programs.TPM2_PKCS11
        self.hold(module)
        self.tpm.switch_off()
        self.tpm.switch_on()
        for _ in range(2):
            self.assertFalse(self.ask().made)
        self.live.remove(module)
        self.add(self.live, module, self.tpm.pin)
        self.assertSigns()


if __name__ == "__main__":
    isolation.enter()
    main()
