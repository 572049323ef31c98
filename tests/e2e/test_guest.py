#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate in hosts with little around them, beside copies of itself, and where it would load itself."""

import os
import shutil
import socket
import subprocess
import sys

from harness import Case, main, programs, rows, ssh
from harness.ssh import bare

PROXY = next((path for path in (f"{folder}/p11-kit-proxy.so" for folder in (
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")) if os.path.exists(path)), "")
NOBODY = 54321  # no such user
AS_NOBODY = ["/usr/bin/setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def give_away(top):
    """To the user that there is not."""
    for folder, _, files in os.walk(top):
        os.chown(folder, NOBODY, NOBODY)
        for name in files:
            os.chown(os.path.join(folder, name), NOBODY, NOBODY)


class Bare(Case):
    """Environments without what a login gives."""

    def bare(self, *words, environment=None, **options):
        """Runs with these variables, p11gate's and SoftHSM's, and no others; stdin is /dev/null."""
        kept = {name: self.sandbox.environment[name] for name in ("P11GATE_CONFIG", "SOFTHSM2_CONF")}
        kept |= self.sandbox.instrument.preload() | (environment or {})
        return subprocess.run(
            [str(word) for word in words], env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            cwd="/", timeout=60, check=False, **options)

    def one(self):
        token = self.token("one")
        return token, self.gate([{"id": "01"}], log={"file": str(self.sandbox.log), "level": "info"})

    @rows(
        {"kind": "empty", "environment": {}},
        {"kind": "cron", "environment": {"SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", "LOGNAME": "nobody"}},
        {"kind": "unit", "environment": {"LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin", "INVOCATION_ID": "0" * 32,
                                         "JOURNAL_STREAM": "8:1", "SYSTEMD_EXEC_PID": "1"}},
    )
    def test_keys_are_listed(self, kind, environment):
        token, module = self.one()
        result = self.bare(programs.SSH_KEYGEN, "-D", module, environment=environment)
        self.assertEqual([bare(token.public_key("user1"))], [bare(line) for line in result.stdout.splitlines()],
                         str(result))
        self.assertEqual("", result.stderr)

    def test_a_unit_s_stdout_is_a_socket_and_has_the_host_s_words(self):
        token, module = self.one()
        ours, its = socket.socketpair()
        with ours, its:
            subprocess.run(
                [programs.SSH_KEYGEN, "-D", module], stdin=subprocess.DEVNULL, stdout=its, stderr=its, cwd="/",
                env={name: self.sandbox.environment[name] for name in ("P11GATE_CONFIG", "SOFTHSM2_CONF")}
                | self.sandbox.instrument.preload(), timeout=60, check=True)
            its.close()
            text = ours.makefile().read()
        self.assertEqual(bare(token.public_key("user1")), bare(text), text)

    def test_without_a_terminal_or_askpass_nothing_hangs(self):
        token, module = self.one()
        server = self.server(token.public_key("user1"))
        self.assertNoLogin(self.login(server, module, askpass=None, options={"BatchMode": "yes"}))

    def test_a_host_that_ignores_SIGCHLD_logs_in(self):
        token, module = self.one()
        server = self.server(token.public_key("user1"))
        askpass = self.askpass()
        words = ssh.command(self.sandbox, server, module)
        result = self.sandbox.run("/usr/bin/env", "--ignore-signal=CHLD", *words,
                                  environment=askpass.environment | self.sandbox.instrument.preload())
        self.assertIn("LOGIN-OK", result.stdout, str(result))

    def test_sudo_runs_it_with_what_it_is_given(self):
        if os.geteuid() != 0:
            return  # asks for a password
        token, module = self.one()
        given = {name: self.sandbox.environment[name] for name in ("P11GATE_CONFIG", "SOFTHSM2_CONF")}
        given |= self.sandbox.instrument.preload()
        words = [f"{name}={value}" for name, value in given.items()]
        result = self.bare("/usr/bin/sudo", "-n", "/usr/bin/env", *words, programs.SSH_KEYGEN, "-D", module)
        self.assertEqual(bare(token.public_key("user1")), bare(result.stdout), str(result))


class Deleted(Case):
    """A process whose user has no entry in the user database, and so no home."""

    def setUp(self):
        super().setUp()
        self.one = self.token("one")
        self.module = self.gate([{"id": "01"}], log={"file": str(self.sandbox.log)})
        self.words = []
        if os.geteuid() != 0:
            return  # only root can become nobody
        self.module = str(shutil.copy(self.module, self.sandbox.folder / "p11gate.so"))
        self.words = AS_NOBODY
        give_away(self.sandbox.folder)
        give_away(self.one.folder.parent)
        os.chmod(self.one.folder.parent.parent, 0o711)

    def run_tool(self, *names):
        kept = {name: self.sandbox.environment[name] for name in names} | self.sandbox.instrument.preload()
        return subprocess.run(
            [*self.words, programs.PKCS11_TOOL, "--module", self.module, "-O"], env=kept, capture_output=True,
            text=True, cwd="/", timeout=60, check=False)

    def test_a_named_configuration_is_used(self):
        result = self.run_tool("P11GATE_CONFIG", "SOFTHSM2_CONF")
        self.assertIn("Public Key Object", result.stdout, str(result))

    def test_without_one_the_message_says_what_is_missing(self):
        if not self.words:
            return
        result = self.run_tool("SOFTHSM2_CONF")
        self.assertIn("p11gate: no configuration: this user has no home", result.stderr, str(result))
        self.assertNotIn("Public Key Object", result.stdout)


class Itself(Case):
    """p11gate below p11gate: refused with a message, and no loop."""

    def refused(self, module, *expected, environment=None):
        self.token("one")
        result = self.sandbox.run(programs.SSH_KEYGEN, "-D", self.gate("all", module=module), timeout=20,
                                  environment=environment)
        self.assertEqual(("", 255), (result.stdout, result.rc), str(result))
        lines = [line for line in result.stderr.splitlines() if line.startswith("p11gate: ")]
        self.assertEqual(1, len(lines), str(result))
        for text in expected:
            self.assertIn(text, lines[0])

    def test_p11_kit_proxy_is_refused(self):
        self.refused(PROXY, PROXY, "p11-kit-proxy.so")

    def test_a_library_that_loads_p11gate_is_refused(self):
        self.refused(programs.SPY, "loads p11gate itself",
                     environment={"PKCS11SPY": programs.MODULE, "PKCS11SPY_OUTPUT": str(self.sandbox.folder / "spy")})

    def test_p11_kit_with_p11gate_enabled_and_the_proxy_below_it_ends(self):
        """As another user where this one is root, whose own p11-kit configuration is not read."""
        self.token("one")
        self.gate("all", module=PROXY)
        modules = self.sandbox.home / ".config" / "pkcs11" / "modules"
        modules.mkdir(parents=True)
        module = shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so")
        (modules / "p11gate.module").write_text(f"module: {module}\n")
        words = []
        if os.geteuid() == 0:
            words = AS_NOBODY
            give_away(self.sandbox.folder)
        result = self.sandbox.run(*words, programs.PKCS11_TOOL, "--module", PROXY, "-L", timeout=20,
                                  environment=self.sandbox.instrument.preload())
        self.assertIsNotNone(result.rc, str(result))
        self.assertEqual(1, result.stderr.count("p11gate: "), str(result))
        self.assertIn("p11-kit-proxy.so", result.stderr)


class Upgrade(Case):
    """The module's file is replaced while an agent has it loaded, as a package manager does: a new file by the same name."""

    def test_a_live_agent_signs_on_and_takes_the_new_one_when_it_is_added_again(self):
        token = self.token("one")
        self.gate([{"id": "01"}], log={"level": "info"})
        module = str(shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so"))
        server = self.server(token.public_key("user1"))
        agent = self.agent()
        self.add(agent, module)
        self.assertLogin(self.login(server, agent=agent))
        for _ in range(2):
            aside = shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so.new")
            os.rename(aside, module)
            self.assertLogin(self.login(server, agent=agent))
            self.assertTrue(agent.remove(module).ok)
            self.add(agent, module)
            self.assertLogin(self.login(server, agent=agent))
        self.assertTrue(agent.alive)

    def test_a_file_that_is_gone_hurts_no_live_agent(self):
        token = self.token("one")
        self.gate([{"id": "01"}])
        module = shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so")
        agent = self.agent()
        self.add(agent, str(module))
        os.unlink(module)
        self.assertLogin(self.login(self.server(token.public_key("user1")), agent=agent))


class Copies(Case):
    """Two files of p11gate, as profiles have them, in one process over one SoftHSM."""

    def test_the_second_uses_the_library_of_the_first_and_outlives_it(self):
        self.token("one")
        self.gate([{"id": "01"}], log={"level": "info"}, profiles={"other": {"allow": "all"}})
        other = shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate-other.so")
        result = self.sandbox.run(
            sys.executable, "-B", "-c", _TWO_COPIES, programs.MODULE, other,
            environment=self.sandbox.instrument.preload() | {"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))})
        self.assertEqual("signed signed signed relogged signed", result.stdout.strip(), str(result))


class Threads(Case):
    @rows(*[
        {"preset": preset, "allow": allow, "module": module}
        for preset in ("ssh", "read-only", "transparent")
        for allow in ("all", [{"id": "01"}])
        for module in ("module", "modules")
    ])
    def test_eight_find_and_sign_at_once(self, preset, allow, module):
        self.token("one")
        serialized = {"modules": [{"path": str(programs.VENDOR), "quirks": ["serialize"]}]}
        library = {"module": str(programs.VENDOR)} if module == "module" else serialized
        self.sandbox.configure({"version": 1, "allow": allow, "preset": preset, **library})
        result = self.sandbox.run(
            sys.executable, "-B", "-c", _EIGHT_THREADS, programs.MODULE,
            environment=self.sandbox.instrument.preload() | {"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))})
        self.assertEqual("160 right, 0 wrong", result.stdout.strip(), str(result))


class Profiles(Case):
    """Which profile it is, as ssh and ssh-agent see it: by a variable, or by the name of the module's file."""

    def setUp(self):
        super().setUp()
        token = self.token("eight")
        self.name = {token.fingerprint(name): name for name in token.public_keys()}
        profiles = {"work": {"allow": [{"id": "02"}]}, "home": {"deny": [{"id": "01"}], "preset": "read-only"}}
        self.module = self.gate([{"id": ["01", "03"]}], profiles=profiles)
        self.ssh_server = self.server(token.public_key("user4"))  # which no profile shows: all that is shown is offered

    def offered(self, module, profile=None, agent=None):
        environment = {"P11GATE_PROFILE": profile} if profile is not None else {}
        login = self.login(self.ssh_server, module, agent=agent, environment=environment)
        return [self.name[offer] for offer in login.offers], login

    def copy(self, name):
        return str(shutil.copy(programs.MODULE, self.sandbox.folder / name))

    @rows(
        {"file": "p11gate.so", "profile": None, "shown": ["user1", "user3"]},
        {"file": "p11gate.so", "profile": "work", "shown": ["user2"]},
        {"file": "p11gate.so", "profile": "home", "shown": ["user3"]},
        {"file": "p11gate-work.so", "profile": None, "shown": ["user2"]},
        {"file": "p11gate-home.so", "profile": None, "shown": ["user3"]},
        {"file": "p11gate-work.so", "profile": "home", "shown": ["user3"]},
        {"file": "p11gate-wrok.so", "profile": None, "shown": []},
        {"file": "p11gate.so", "profile": "wrok", "shown": []},
    )
    def test_ssh_offers_what_the_profile_shows(self, file, profile, shown):
        offered, login = self.offered(self.copy(file), profile)
        self.assertEqual(shown, offered, str(login))
        if not shown:
            self.assertIn("found no profile `wrok`", login.output)
            self.assertEqual([], login.prompts)

    def test_an_agent_has_the_profile_that_it_was_started_with_or_that_a_file_name_says(self):
        self.sandbox.environment["P11GATE_PROFILE"] = "work"
        agent = self.agent()
        self.sandbox.environment["P11GATE_PROFILE"] = "home"
        self.add(agent, self.module)
        self.assertEqual(["user2"], self.offered(None, agent=agent)[0])
        del self.sandbox.environment["P11GATE_PROFILE"]
        agent = self.agent(name="other")
        for file, shown in (("p11gate-work.so", ["user2"]), ("p11gate-home.so", ["user3"])):
            module = self.copy(file)
            self.add(agent, module)
            self.assertEqual(shown, self.offered(None, agent=agent)[0])
            self.assertTrue(agent.remove(module).ok)


# Each thread has a session and a text of its own; RSA signatures of PKCS #1 v1.5 are always the same.
_EIGHT_THREADS = """
import concurrent.futures, sys
from harness.cryptoki import CKO_PRIVATE_KEY, Cryptoki
module = Cryptoki(sys.argv[1], "1234", threads=True)
(key,) = module.objects(CKO_PRIVATE_KEY)
texts = [bytes([n]) * 32 for n in range(8)]
expected = [module.sign(key, text) for text in texts]
def work(n):
    client = module.sibling()
    return [client.sign(client.objects(CKO_PRIVATE_KEY)[0], texts[n]) == expected[n] for _ in range(20)]
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    results = [right for rights in pool.map(work, range(8)) for right in rights]
print(results.count(True), "right,", results.count(False), "wrong")
module.close()
"""

_TWO_COPIES = """
import sys
from harness.cryptoki import CKO_PRIVATE_KEY, Cryptoki
def join(path):
    module = Cryptoki(path)
    try:
        module.login("1234")
    except AssertionError as error:
        assert "0x100" in str(error)  # the process is logged in already
    return module
def sign(module):
    module.sign(module.objects(CKO_PRIVATE_KEY)[0], b"thirty-two bytes, as of a hash..")
    print("signed", end=" ", flush=True)
first, second = join(sys.argv[1]), join(sys.argv[2])
sign(first)
sign(second)
second.close()  # which did not initialise SoftHSM
sign(first)
second = join(sys.argv[2])
first.close()  # which did: the login is gone, and the library is initialised again
try:
    sign(second)
except (AssertionError, IndexError):
    second.login("1234")
    print("relogged", end=" ", flush=True)
    sign(second)
second.close()
"""


class Trace(Case):
    """An agent's environment is frozen: the file says whether it writes down calls."""

    def test_it_is_switched_under_a_live_agent(self):
        token = self.token("one")
        server = self.server(token.public_key("user1"))
        agent = self.agent()
        self.add(agent, self.gate([{"id": "01"}]))
        self.assertLogin(self.login(server, agent=agent))
        before = self.sandbox.log.read_text()
        self.assertNotIn("C_Sign", before)
        self.gate([{"id": "01"}], log={"trace": True})
        self.assertLogin(self.login(server, agent=agent))
        traced = self.sandbox.log.read_text()
        self.assertIn("C_Sign ", traced)
        self.assertNotIn("1234", traced)
        self.gate([{"id": "01"}])
        self.assertLogin(self.login(server, agent=agent))
        after = self.sandbox.log.read_text()[len(traced):]
        self.assertNotIn("C_Sign ", after)


if __name__ == "__main__":
    main()
