# SPDX-License-Identifier: BSD-2-Clause
"""Logins with the real ssh, and listings with ssh-keygen -D."""

import dataclasses
import re

from . import programs

_OPTIONS = {
    "UserKnownHostsFile": "/dev/null",
    "GlobalKnownHostsFile": "/dev/null",
    "StrictHostKeyChecking": "no",
    "IdentityFile": "none",
    "IdentityAgent": "none",
    "PreferredAuthentications": "publickey",
    "ConnectTimeout": "20",
    "KexAlgorithms": "curve25519-sha256",  # the usual one takes 0.2 s of the processor's time, more than all the rest of a login
}
_OFFER = re.compile(r"(?m)^debug1: Offering public key: .*(SHA256:\S+)(.*)$")
_CHATTER = re.compile(r"debug\d:|Warning: Permanently|Pseudo-term|OpenSSH_|Authenticated to|Transferred|Bytes per")


@dataclasses.dataclass
class Login:
    """One run of ssh: offers are the fingerprints in the order offered, prompts what askpass was asked."""

    ok: bool
    rc: int | None
    offers: list
    prompts: list
    seconds: float
    output: str

    @property
    def hung(self):
        return self.rc is None

    @property
    def messages(self):
        """What a user sees on stderr: without the debug lines and ssh's greeting."""
        return [line for line in self.output.splitlines() if not _CHATTER.match(line)]

    def __str__(self):
        return f"rc={self.rc} offers={self.offers} prompts={self.prompts}\n{self.output}"


def configuration(server, **options):
    """The text of a configuration file of ssh's."""
    settings = dict(_OPTIONS, Port=server.port, User=server.user) | options
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def command(sandbox, server, module=None, agent=None, by="-I", options=None):
    """The words of one login. MODULE is given by -I or, with by="config", as PKCS11Provider in a configuration file."""
    settings = {}
    if agent is not None:
        settings["IdentityAgent"] = agent.socket
    if module is not None and by == "config":
        settings["PKCS11Provider"] = module
    settings |= options or {}
    config = sandbox.write(sandbox.name("ssh_config"), configuration(server, **settings))
    words = ["-I", module] if module is not None and by == "-I" else []
    return [programs.SSH, "-v", "-F", config, *words, "127.0.0.1"]


def login(sandbox, server, module=None, askpass=None, environment=None, timeout=60, **how):
    """Logs in once, without a terminal; HOW as in command()."""
    words = command(sandbox, server, module, **how)
    before = len(askpass.prompts) if askpass else 0
    environment = (askpass.environment if askpass else {}) | (environment or {})
    result = sandbox.run(*words, timeout=timeout, environment=environment)
    return Login(
        ok=result.ok and "LOGIN-OK" in result.stdout,
        rc=result.rc,
        offers=offers(result.stderr),
        prompts=askpass.prompts[before:] if askpass else [],
        seconds=result.seconds,
        output=result.stderr,
    )


def offers(said):
    """The fingerprints of the keys that `ssh -v` offered, in that order."""
    return [match[0] for match in _OFFER.findall(said)]


def listing(sandbox, module, askpass=None):
    """ssh-keygen -D: the keys as "TYPE BASE64", in order, and the run itself."""
    result = sandbox.run(programs.SSH_KEYGEN, "-D", module, environment=askpass.environment if askpass else {})
    return [bare(line) for line in result.stdout.splitlines() if line.strip()], result


def bare(line):
    """A line of authorized_keys without its comment."""
    return " ".join(line.split()[:2])
