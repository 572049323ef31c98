# SPDX-License-Identifier: BSD-2-Clause
"""A test with a sandbox, tokens, a server, agents and p11gate's policy at hand."""

import atexit
import os
import unittest

from . import programs, ssh, tap
from .agent import Agent
from .askpass import Askpass
from .sandbox import Sandbox
from .spy import Spy
from .sshd import Server
from .terminal import Terminal
from .token import Token

_servers = {}


def _server(tries):
    """One server for each limit, for the whole run: starting one costs more than a login."""
    if not _servers:
        _servers["sandbox"] = Sandbox()
        atexit.register(_servers["sandbox"].close)
    if tries not in _servers:
        _servers[tries] = Server(_servers["sandbox"], tries)
    return _servers[tries]


class Case(unittest.TestCase):
    """Everything that its methods make ends with the test."""

    maxDiff = None

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__(**arguments)
        tap.expand(cls)

    def setUp(self):
        self.assertFalse(os.path.exists("/etc/p11gate/config.yaml"), "a system policy would be enforced in the tests")
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)

    def tearDown(self):
        self.sandbox.end()
        findings = self.sandbox.instrument.findings()
        self.assertFalse(findings, "\n\n".join(findings))

    def token(self, *descriptions, **variables):
        """A private token, which all programs started from now on see."""
        token = Token(*descriptions, **variables)
        self.addCleanup(token.close)
        self.sandbox.environment |= token.environment
        return token

    def gate(self, allow, module=programs.VENDOR, **more):
        """Writes a policy; returns the module that ssh is to load."""
        self.sandbox.configure({"version": 1, "module": module, "allow": allow, **more})
        return programs.MODULE

    def spy(self):
        return Spy(self.sandbox)

    def odd_vendor(self, *habits):
        """SoftHSM with bad habits (odd_vendor.c), for programs started from now on."""
        self.sandbox.environment |= {"ODD_VENDOR_OF": programs.VENDOR, "ODD_VENDOR_HABITS": ",".join(habits)}
        return programs.ODD_VENDOR

    def tool(self, *words, **options):
        """Runs p11gate without a terminal."""
        return self.sandbox.run(programs.TOOL, *words, **options)

    def terminal(self, *words, **options):
        """Starts p11gate on a terminal."""
        return Terminal(self.sandbox, programs.TOOL, *words, **options)

    def server(self, *authorized, tries=3):
        server = _server(tries)
        server.authorize(*authorized)
        return server

    def askpass(self, answers="1234"):
        return Askpass(self.sandbox, answers)

    def agent(self, **options):
        return Agent(self.sandbox, **options)

    def login(self, server, module=None, **options):
        """Logs in; without askpass= the PIN is 1234."""
        if "askpass" not in options:
            options["askpass"] = self.askpass()
        return ssh.login(self.sandbox, server, module, **options)

    def listing(self, module, askpass=None):
        return ssh.listing(self.sandbox, module, askpass)

    def add(self, agent, module, pin="1234"):
        """ssh-add -s that must work."""
        result = agent.add(module, self.askpass(pin))
        self.assertTrue(result.ok, f"ssh-add -s: {result}\n{agent.log}")
        return result

    def assertLogin(self, login, offers=None):
        self.assertTrue(login.ok, f"expected a login: {login}")
        if offers is not None:
            self.assertEqual(offers, login.offers, str(login))

    def assertNoLogin(self, login, offers=None):
        self.assertFalse(login.hung, f"expected an end: {login}")
        self.assertFalse(login.ok, f"expected no login: {login}")
        if offers is not None:
            self.assertEqual(offers, login.offers, str(login))
