#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What ./try shows: one login with ssh alone, one with p11gate, side by side. demonstration.py BUILD_FOLDER"""

import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import programs, ssh  # noqa: E402
from harness.askpass import Askpass  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402
from harness.spy import Spy  # noqa: E402
from harness.sshd import Server  # noqa: E402
from harness.token import Token  # noqa: E402

TRIES, NO_LIMIT = 3, 100
TOO_MANY = "Too many authentication failures"
WIDTH = 38
_STEPS = re.compile(r"(?m)^(?:debug1: )?((?:Offering public key|Server accepts key): .* (?=SHA256)|Received disconnect .*)")


@dataclasses.dataclass
class Run:
    """One login and the calls that it cost the vendor library."""

    login: ssh.Login
    calls: int

    @property
    def refused(self):
        """It failed, and for the reason that p11gate is there to remove."""
        return not self.login.ok and TOO_MANY in self.login.output

    @property
    def outcome(self):
        return "logged in" if self.login.ok else TOO_MANY if self.refused else f"ssh ended with {self.login.rc}"

    @property
    def transcript(self):
        """What ssh did, line for line."""
        lines = [re.sub(r"^Received disconnect.*: ", "", step).strip() for step in _STEPS.findall(self.login.output)]
        return lines + self.login.prompts + (["logged in"] if self.login.ok else [])


class Demonstration:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.token = Token("eight", LABEL="demo")
        sandbox.environment |= self.token.environment
        self.keys, listing = ssh.listing(sandbox, programs.VENDOR)
        if len(self.keys) != 8:
            raise AssertionError(f"ssh-keygen -D {programs.VENDOR}: {listing}")
        names = {ssh.bare(line): name for name, line in self.token.public_keys().items()}
        self.mine = names[self.keys[-1]]
        self.id = "0" + self.mine.removeprefix("user")

    def server(self, tries):
        server = Server(self.sandbox, tries)
        server.authorize(self.token.public_key(self.mine))
        return server

    def run(self, server, module):
        """Logs in with a configuration file that names the module; the spy is its last link before SoftHSM."""
        spy = Spy(self.sandbox)
        spy.reset()
        login = ssh.login(self.sandbox, server, module, by="config", askpass=Askpass(self.sandbox, "1234"))
        server.wait_until_idle()
        return Run(login, len(spy.calls))

    def gate(self):
        self.sandbox.configure({"version": 1, "module": programs.SPY, "allow": [{"id": self.id}]})
        return programs.MODULE


def is_convincing(alone, gated):
    """Did ssh fail by itself as described, and log in with p11gate?"""
    return alone.refused and gated.login.ok


def table(head, rows):
    """Rows of three cells, and a line below the first."""
    rows = [head, tuple("-" * len(cell) for cell in head), *rows]
    return [f"  {name:<15}{left:<{WIDTH}}{right}".rstrip() for name, left, right in rows]


def comparison(alone, gated, keys):
    """The two runs side by side, as lines."""
    steps = max(len(alone.transcript), len(gated.transcript))
    left, right = ([*run.transcript, *[""] * (steps - len(run.transcript))] for run in (alone, gated))
    rows = [("", *pair) for pair in zip(left, right)]
    rows += [
        ("", "", ""),
        ("keys offered", f"{len(alone.login.offers)} of {keys}", str(len(gated.login.offers))),
        ("PIN prompts", str(len(alone.login.prompts)), str(len(gated.login.prompts))),
        ("vendor calls", str(alone.calls), str(gated.calls)),
        ("result", alone.outcome, gated.outcome),
    ]
    return table(("", "ssh alone", "ssh with p11gate"), rows)


def colour(line):
    """On a terminal: green for a login, red for none, bold for the heads."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb":
        return line
    line = re.sub("logged in", "\033[32m\\g<0>\033[0m", line)
    line = re.sub(TOO_MANY, "\033[31m\\g<0>\033[0m", line)
    return re.sub("ssh alone|ssh with p11gate", "\033[1m\\g<0>\033[0m", line)


def installed_module(build):
    """Where `meson install` puts the module."""
    words = ["meson", "introspect", "--installed", build]
    places = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return next(place for place in places.values() if place.endswith("/p11gate.so"))


def next_steps(module):
    sudo = "" if os.geteuid() == 0 else "sudo "
    return [
        "With a token of your own (nothing of yours was touched so far):",
        f"  meson setup build && meson compile -C build && {sudo}meson install -C build",
        "  p11gate init        # shows its keys, asks which ssh may see, writes the configuration",
        "and in ~/.ssh/config:",
        "  Host *",
        f"      PKCS11Provider {module}",
        "      # key files, and the keys of an agent, are offered too: none of them here",
        "      IdentityFile none",
        "      IdentityAgent none",
    ]


def show(build):
    """Returns the exit status."""
    sandbox = Sandbox()
    try:
        demo = Demonstration(sandbox)
        server = demo.server(TRIES)
        alone = demo.run(server, programs.SPY)
        endless = demo.run(demo.server(NO_LIMIT), programs.SPY)
        gated = demo.run(server, demo.gate())
        lines = [
            f"A token with {len(demo.keys)} keys. The server accepts one of them, and allows {TRIES} tries.",
            "",
            *comparison(alone, gated, len(demo.keys)),
            "",
            f"All that p11gate was told: allow: [{{id: \"{demo.id}\"}}]",
            f"From a server without a limit, ssh alone gets in by {len(endless.login.offers)} offers and {endless.calls} calls.",
            "",
            *next_steps(installed_module(build)),
        ]
        print("\n".join(colour(line) for line in lines), flush=True)
        if is_convincing(alone, gated):
            return 0
        print(f"\nThis is not what was to be shown.\n\n{alone.login}\n\n{gated.login}\n\n{server.log}", file=sys.stderr)
        return 1
    finally:
        sandbox.close()


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(2))  # so that all that was started ends
    try:
        sys.exit(show(sys.argv[1]))
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"it could not be shown: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
