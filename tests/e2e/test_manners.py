#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate as a guest in ssh, ssh-keygen and ssh-agent: what it prints, and how it gets on with others."""

import concurrent.futures
import os
import re

from harness import Case, comment, main, programs, rows
from harness.ssh import bare

LOUD = {"level": "debug", "trace": True, "stderr": "auto"}


class Output(Case):
    def test_stdout_has_the_keys_and_nothing_else(self):
        self.token("eight")
        _, result = self.listing(self.gate("all", log=LOUD))
        lines = result.stdout.splitlines()
        self.assertEqual(8, len(lines), str(result))
        self.assertTrue(all(re.match(r"ssh-rsa AAAA\S+ user \d$", line) for line in lines), str(result))

    def test_an_agent_outlives_a_module_that_logs_everything(self):
        token = self.token("eight")
        module = self.gate([{"id": "01"}], log=LOUD)
        agent = self.agent()
        server = self.server(token.public_key("user1"))
        for _ in range(2):
            self.add(agent, module)
            self.assertLogin(self.login(server, agent=agent))
            self.assertTrue(agent.remove(module).ok)
        self.assertTrue(agent.alive)

    def test_a_vendor_that_prints_is_kept_off_an_agent_s_stdout(self):
        token = self.token("eight")
        module = self.gate([{"id": "01"}], module=self.odd_vendor("prints"))
        agent = self.agent(debug=True)
        server = self.server(token.public_key("user1"))
        for _ in range(2):
            self.add(agent, module)
            self.assertLogin(self.login(server, agent=agent))
            self.assertTrue(agent.remove(module).ok)
        self.assertTrue(agent.alive)
        for function in ("C_Initialize", "C_GetSlotList", "C_Login", "C_FindObjects", "C_GetAttributeValue", "C_Sign"):
            self.assertIn(f"odd vendor: {function}\n", agent.log)  # the agent's own stderr has it

    def test_where_there_is_no_token_the_reader_is_named_and_doctor(self):
        self.token("one").empty()
        _, result = self.listing(self.gate([{"id": "01"}]))
        said = "nothing is shown: there is no token; is the card in the reader? See `p11gate doctor`"
        self.assertEqual([f"p11gate: {said}"], [line for line in result.stderr.splitlines() if line.startswith("p11gate")])

    @rows({"stderr": "auto"}, {"stderr": "never"})
    def test_what_is_said_on_stderr_is_in_the_log_and_left_out_where_the_file_says_so(self, stderr):
        self.token("one")
        _, result = self.listing(self.gate([{"id": "99"}], log={"stderr": stderr}))
        self.assertEqual(stderr == "auto", "nothing is shown: " in result.stderr, str(result))
        self.assertEqual(1, self.sandbox.log.read_text().count("nothing is shown: "))

    def test_each_level_says_more_than_the_one_before(self):
        token = self.token("one")
        server = self.server(token.public_key("user1"))
        said = {}
        for level in ("error", "info", "debug"):
            log = self.sandbox.folder / f"{level}.log"
            module = self.gate([{"id": "01"}], log={"file": str(log), "level": level})
            self.assertLogin(self.login(server, module))
            said[level] = len(log.read_text().splitlines())
        self.assertEqual(0, said["error"])
        self.assertLess(said["error"], said["info"])
        self.assertLess(said["info"], said["debug"])

    def test_the_log_is_the_user_s_own(self):
        self.token("one")
        self.listing(self.gate([{"id": "99"}]))
        self.assertEqual(0o600, os.stat(self.sandbox.log).st_mode & 0o777)
        self.assertIn("p11gate explain", self.sandbox.log.read_text())


class Configuration(Case):
    def refused(self, *expected):
        """ssh logs in nowhere, asks for nothing, and says why in one line of p11gate's."""
        token = self.token("one")
        login = self.login(self.server(token.public_key("user1")), programs.MODULE)
        self.assertNoLogin(login, [])
        self.assertEqual([], login.prompts)
        lines = [line for line in login.messages if all(text in line for text in expected)]
        self.assertEqual(1, len(lines), str(login))

    def test_without_one_p11gate_init_is_named(self):
        self.refused("p11gate init")

    @rows(
        {"text": "version: 1\nmodule: x\nallow: all\nsurprise: 1\n", "at": "config.yaml:4:1: "},
        {"text": "version: 1\nmodul: x\nallow: all\n", "at": "config.yaml:2:1: "},
        {"text": "version: 1\nmodule: x\nallow: [\n", "at": "config.yaml:"},
        {"text": "version: 1\nmodule: x\n", "at": "allow: []"},
    )
    def test_a_mistake_is_reported_with_its_place(self, text, at):
        self.sandbox.configure(text)
        self.refused(at)

    @rows(
        {"text": "version: 1\nmodule: x\nallow: all\nsurprise: 1\n"},
        {"text": "version: 1\nallow: [\n"},
        {"text": None},
    )
    def test_an_agent_s_user_finds_the_mistake_in_the_log(self, text):
        self.token("one")
        if text is not None:
            self.sandbox.configure(text)
        agent = self.agent()
        self.assertFalse(agent.add(programs.MODULE, self.askpass()).ok)
        self.assertTrue(agent.alive)
        lines = [line for line in self.sandbox.log.read_text().splitlines() if str(self.sandbox.config) in line]
        self.assertEqual(1, len(lines), self.sandbox.log.read_text())
        self.assertEqual(0o600, os.stat(self.sandbox.log).st_mode & 0o777)
        self.gate("all")
        self.add(agent, programs.MODULE)

    def test_one_that_others_may_write_is_refused_with_the_chmod_that_mends_it(self):
        self.gate("all")
        os.chmod(self.sandbox.config, 0o622)
        self.refused(f"chmod go-w {self.sandbox.config}")

    def test_one_in_a_folder_that_others_may_write_is_refused(self):
        self.gate("all")
        os.chmod(self.sandbox.config.parent, 0o777)
        self.refused("chmod go-w")

    def test_a_vendor_module_that_is_not_there_is_named(self):
        self.gate("all", module="/nonexistent/module.so")
        self.refused("/nonexistent/module.so")


class Company(Case):
    """Others use the same vendor library in the same process: the one helper of ssh-agent up to 9.3."""

    def setUp(self):
        super().setUp()
        self.mixed = self.token("one")
        self.mixed.change('open label=one\nkey user2 rsa:2048\nprivate user2 id=02 label="user 2"\n')
        self.module = self.gate([{"token": {"label": "one"}, "id": "02"}])
        self.live = self.agent()
        self.add(self.live, programs.VENDOR)
        self.add(self.live, self.module)

    def logs_in(self, user):
        return self.login(self.server(self.mixed.public_key(user), tries=100), agent=self.live, askpass=None).ok

    def test_a_vendor_that_is_initialised_already_is_used(self):
        self.assertEqual((True, True), (self.logs_in("user1"), self.logs_in("user2")))

    def test_a_vendor_that_others_use_is_not_finalised(self):
        self.assertTrue(self.live.remove(self.module).ok)
        self.assertTrue(self.logs_in("user1"))

    def test_a_vendor_that_somebody_else_finalised_is_initialised_again(self):
        self.assertTrue(self.live.remove(programs.VENDOR).ok)
        self.logs_in("user2")
        self.assertTrue(self.live.alive)
        self.assertTrue(self.live.remove(self.module).ok)
        self.add(self.live, self.module)
        self.assertEqual([bare(self.mixed.public_key("user2"))], self.live.keys())
        self.assertTrue(self.logs_in("user2"))


class Together(Case):
    def login_unless_SoftHSM_fails(self, *words):
        """SoftHSM reads its token's file while another process writes it: of 3000 logins of eight processes
        without p11gate 22 were refused with 258 and one with 5."""
        for _ in range(3):
            login = self.login(*words)
            if login.ok or not re.search(r"PKCS#11 login failed: error (5|258)\b", str(login)):
                return login
            comment("SoftHSM's C_Login failed, as it does without p11gate: once more")
        return login

    def test_eight_logins_at_once_all_succeed(self):
        token = self.token("eight")
        module = self.gate([{"id": "01"}])
        server = self.server(token.public_key("user1"))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = [pool.submit(self.login_unless_SoftHSM_fails, server, module) for _ in range(8)]
        for run in runs:
            self.assertLogin(run.result(), [token.fingerprint("user1")])

    def test_one_agent_serves_eight_logins_at_once(self):
        token = self.token("eight")
        agent = self.agent()
        self.add(agent, self.gate([{"id": "01"}]))
        server = self.server(token.public_key("user1"))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = [pool.submit(self.login, server, agent=agent) for _ in range(8)]
        for run in runs:
            self.assertLogin(run.result(), [token.fingerprint("user1")])


if __name__ == "__main__":
    main()
