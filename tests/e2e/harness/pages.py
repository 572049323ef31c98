# SPDX-License-Identifier: BSD-2-Clause
"""Pages for people whose commands are run: README.md and the man pages."""

import shutil

SERVER = """Host myserver
    HostName 127.0.0.1
    Port {port}
    User {user}
    UserKnownHostsFile /dev/null
    StrictHostKeyChecking no
    PreferredAuthentications publickey
"""
# ssh looks for its files in the real home.
SSH = 'exec {program} -F "$HOME/.ssh/config" "$@"\n'


def make_stand_ins(sandbox, stand_ins, *folders):
    """Programs that must not touch the machine, found before the real ones, and more folders for PATH."""
    folder = sandbox.folder / "bin"
    folder.mkdir()
    for program, body in stand_ins.items():
        text = "#!/bin/sh\n" + body.format(program=shutil.which(program, path="/usr/local/bin:/usr/bin:/bin"))
        sandbox.write(f"bin/{program}", text, 0o700)
    sandbox.environment["PATH"] = ":".join([str(folder), *map(str, folders), sandbox.environment["PATH"]])


def write_ssh_config(sandbox, server, text):
    """The user's configuration of ssh, which knows the server as myserver."""
    (sandbox.home / ".ssh").mkdir(exist_ok=True)
    sandbox.write("home/.ssh/config", SERVER.format(port=server.port, user=server.user) + text)


def run_all(case, commands, steps, run):
    """Runs the commands one after the other, and what steps says of each: a function of the result. Both must name the same."""
    names = [command.split(" --")[0] if command not in steps else command for command in commands]
    case.assertEqual([], [name for name in names if name not in steps], "on the page, and not known here")
    case.assertEqual([], [name for name in steps if name not in names], "known here, and not on the page")
    for command, name in zip(commands, names):
        result = run(command, name)
        case.assertTrue(result.ok, f"{command}: {result}")
        try:
            steps[name](result)
        except AssertionError as error:
            raise AssertionError(f"{command}: {error}\n{result}") from error
