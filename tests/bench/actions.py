# SPDX-License-Identifier: BSD-2-Clause
"""What a user does with a token: a login by ssh, `ssh-keygen -D`, and signatures of an agent. Each must work, and tells its seconds."""

from harness import agent_client, programs, ssh
from harness.agent import Agent
from harness.askpass import Askpass
from harness.sshd import Server

LOGIN, LISTING, COLD, WARM = "ssh login", "ssh-keygen -D", "agent, cold", "agent, warm"


class Actions:
    """With one key of a stack. direct offers all of its keys: the server hears them all."""

    def __init__(self, stack):
        self._stack, self._sandbox = stack, stack.sandbox
        self.key = ssh.bare(stack.keys[stack.key])
        self.server = Server(self._sandbox, tries=100)
        self._sandbox.before = stack.clients

    def authorize(self, subjects):
        files = [subject.options["IdentityFile"].with_suffix(".pub").read_text().strip() for subject in subjects if subject.options]
        self.server.authorize(self.key, *files)

    def askpass(self):
        return Askpass(self._sandbox, self._stack.pin)

    def log_in(self, subject):
        with subject.used(self._sandbox):
            login = ssh.login(self._sandbox, self.server, subject.module, askpass=self.askpass(), options=subject.options)
        assert login.ok, f"{subject.name}: {login}"
        return login.seconds

    def list(self, subject):
        with subject.used(self._sandbox):
            keys, result = ssh.listing(self._sandbox, subject.module)
        assert self.key in keys, f"{subject.name}: {result}"
        return result.seconds

    def agent(self, subject):
        with subject.used(self._sandbox):
            return Signer(self._sandbox, subject, self.key, self.askpass())


class Signer:
    """An agent with the key."""

    def __init__(self, sandbox, subject, key, askpass):
        self._agent, self._key, self._subject = Agent(sandbox, copy=True, name=sandbox.name("agent")), key, subject
        if subject.module is None:
            self._added = sandbox.run(programs.SSH_ADD, "-q", subject.options["IdentityFile"], environment={"SSH_AUTH_SOCK": self._agent.socket})
            self._key = ssh.bare(subject.options["IdentityFile"].with_suffix(".pub").read_text())
        else:
            self._added = self._agent.add(subject.module, askpass)
        assert self._added.ok, f"{subject.name}: {self._added}"

    def cold(self):
        """ssh-add and the first signature."""
        return self._added.seconds + self.warm()

    def warm(self):
        signature = agent_client.sign(self._agent.socket, self._key, b"what is signed")
        assert signature.made, f"{self._subject.name}: the agent refused"
        return signature.elapsed

    def close(self):
        if self._subject.module is not None:
            self._agent.remove(self._subject.module)
        self._agent.close()
