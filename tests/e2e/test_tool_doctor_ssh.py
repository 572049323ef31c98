#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate doctor: the agent, and ssh with its settings."""

import os
import re
import shutil
import time

from harness import main, programs, rows
from harness.doctor import NO_KEYS, Doctor
from harness.wait import wait_for


class Agents(Doctor):
    def setUp(self):
        super().setUp()
        self.token("eight")
        self.gate([{"id": "01"}])

    def use(self, socket):
        self.sandbox.environment["SSH_AUTH_SOCK"] = socket

    def test_none_is_all_right(self):
        self.examine()
        self.assertNothingWrong("agent")

    def test_a_socket_without_one_is_told(self):
        self.use("/nonexistent/agent")
        self.examine()
        self.assertFound("agent", "warning", "/nonexistent/agent leads to none", "`unset SSH_AUTH_SOCK`")

    def test_ssh_agent_is_known_by_its_process(self):
        self.use(self.agent().socket)
        self.examine()
        self.assertFound("agent", "ok", "is OpenSSH's ssh-agent")
        self.assertFound("agent", "ok", "it may load")
        self.assertFound("agent", "ok", "it holds no keys")

    def test_one_in_the_background_is_known_by_its_number(self):
        socket = self.sandbox.folder / "background"
        started = self.sandbox.run(programs.SSH_AGENT, "-a", socket, "-P", "/nonexistent/*")
        pid = re.search(r"SSH_AGENT_PID=(\d+)", started.stdout)[1]
        self.addCleanup(self.sandbox.run, "kill", pid)
        self.use(str(socket))
        self.sandbox.environment["SSH_AGENT_PID"] = pid
        self.examine()
        self.assertFound("agent", "ok", "is OpenSSH's ssh-agent")
        self.assertFound("agent", "warning", "(its list is /nonexistent/*)")

    def test_gpg_agent_is_known_and_refuses_modules(self):
        folder = self.sandbox.folder / "g"
        folder.mkdir(mode=0o700)
        words = ("--homedir", folder, "--enable-ssh-support", "--daemon", "sleep", "600")
        self.sandbox.start(programs.GPG_AGENT, *words, log=self.sandbox.folder / "gpg.log")
        wait_for((folder / "S.gpg-agent.ssh").exists, "gpg-agent")
        self.addCleanup(self.sandbox.run, "gpg-connect-agent", "--homedir", folder, "--no-autostart", "killagent", "/bye")
        self.use(str(folder / "S.gpg-agent.ssh"))
        self.examine()
        self.assertFound("agent", "warning", "is gpg-agent, which refuses `ssh-add -s`", "PKCS11Provider")
        refused = self.sandbox.run(programs.SSH_ADD, "-s", programs.MODULE, environment=self.askpass().environment)
        self.assertFalse(refused.ok, "it takes modules")

    @rows({"name": "gcr/ssh"}, {"name": "keyring/ssh"})
    def test_GNOME_s_is_known_by_its_socket(self, name):
        self.use(self.serve(name, NO_KEYS))
        self.examine()
        self.assertFound("agent", "warning", "GNOME's agent", "`eval $(ssh-agent)`")

    def test_another_is_not_known(self):
        self.use(self.serve("other", NO_KEYS))
        self.examine()
        self.assertFound("agent", "ok", "a kind that is not known")

    def test_one_that_does_not_answer_is_given_up(self):
        self.use(self.serve("silent", None))
        self.examine()
        self.assertFound("agent", "problem", "it does not answer within 5 seconds", "`ssh -o IdentityAgent=none`")
        self.assertTrue(self.of("ssh"))

    @rows(
        {"patterns": "/nonexistent/*", "takes": False},
        {"patterns": "{module}", "takes": True},
        {"patterns": "/nonexistent/*,{folder}/*", "takes": True},
        {"patterns": "{folder}/*,!*gate.so", "takes": False},
    )
    def test_its_list_of_modules_is_compared_as_it_does(self, patterns, takes):
        module = os.path.realpath(programs.MODULE)
        patterns = patterns.format(module=module, folder=os.path.dirname(module))
        socket = self.sandbox.folder / "a"
        self.sandbox.start(programs.SSH_AGENT, "-D", "-a", socket, "-P", patterns, log=self.sandbox.folder / "a.log")
        wait_for(socket.exists, "ssh-agent")
        self.use(str(socket))
        self.examine()
        added = self.sandbox.run(programs.SSH_ADD, "-s", programs.MODULE, environment=self.askpass().environment)
        if takes:
            self.assertFound("agent", "ok", "it may load")
        else:
            found = self.assertFound("agent", "warning", "`ssh-add -s` is refused", "`eval $(ssh-agent -P /")
            self.assertIn(module, found.advice)
        if not os.environ.get("P11GATE_PRELOAD"):  # its helper could not load it
            self.assertEqual(takes, added.ok, str(added))

    def test_the_keys_that_it_holds_come_first(self):
        agent = self.agent()
        self.use(agent.socket)
        for number in range(6):
            path = self.sandbox.folder / f"key{number}"
            self.assertTrue(self.sandbox.run(programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", path).ok)
            self.assertTrue(self.sandbox.run(programs.SSH_ADD, path).ok)
            if number == 0:
                self.examine()
                self.assertFound("agent", "note", "it holds 1 keys, which ssh offers before all others", "`IdentityAgent none`")
        self.examine()
        self.assertFound("agent", "warning", "it holds 6 keys", "`IdentityAgent none`")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", "IdentityAgent none")
        self.examine()
        self.assertFound("agent", "note", "it holds 6 keys")

    def test_the_one_that_ssh_s_settings_name_is_looked_at(self):
        agent = self.agent()
        self.use("/nonexistent/agent")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", f"IdentityAgent {agent.socket}")
        self.examine()
        self.assertFound("agent", "ok", f"{agent.socket} is OpenSSH's")

    def test_one_that_is_older_than_the_module_is_told(self):
        module = str(shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so"))
        self.ssh_config(f"PKCS11Provider {module}", "IdentityFile none")
        agent = self.agent()
        self.use(agent.socket)
        self.add(agent, module)
        self.examine()
        self.assertFound("agent", "ok", "p11gate is loaded into it")
        self.assertFound("agent", "note", "it holds 1 keys", "`ssh-add -d FILE`")
        os.utime(module, times=(time.time() + 10, time.time() + 10))  # as one that is written over
        self.examine()
        self.assertFound("agent", "warning", "it runs the p11gate that was")
        os.rename(shutil.copy(programs.MODULE, self.sandbox.folder / "p11gate.so.new"), module)
        self.examine()
        self.assertFound("agent", "warning", f"it runs the p11gate that was in {module} before", "end it and start another")


class Ssh(Doctor):
    def setUp(self):
        super().setUp()
        self.token("one")
        self.gate("all")

    @rows({"version": "10.1"}, {"version": "10.2"})
    def test_a_version_that_asks_for_no_PIN_is_told(self, version):
        self.stand_in_ssh(f"echo 'OpenSSH_{version}p1, OpenSSL 3.5' >&2")
        self.examine()
        self.assertFound("ssh", "problem", f"OpenSSH_{version}p1, OpenSSL 3.5: this version asks for no PIN", "`ssh-add -s`")

    @rows({"version": "9.2"}, {"version": "10.0"}, {"version": "10.3"}, {"version": "11.1"})
    def test_another_is_not(self, version):
        self.stand_in_ssh(f"echo 'OpenSSH_{version}p1, OpenSSL 3.5' >&2")
        self.examine()
        self.assertFound("ssh", "ok", f"OpenSSH_{version}p1")

    def test_another_program_of_that_name_is_told(self):
        self.stand_in_ssh("echo 'Other 1.0'")
        self.examine()
        self.assertFound("ssh", "warning", "Other 1.0: not OpenSSH", "`command -v ssh`")

    def test_no_ssh_is_told(self):
        self.sandbox.environment["PATH"] = str(self.sandbox.folder / "empty")
        self.examine()
        self.assertFound("ssh", "warning", "there is no ssh in $PATH")

    def test_a_mistake_in_its_configuration_is_told(self):
        self.ssh_config("Surprise yes")
        self.examine()
        self.assertFound("ssh", "problem", "`ssh -G localhost` fails: ", "~/.ssh/config")
        self.assertIn("line 1", self.of("ssh")[-1].text)

    def test_good_settings_are_all_right(self):
        self.examine()
        self.assertNothingWrong("ssh")

    def test_settings_of_the_host_that_is_named_hold(self):
        other = ("Host other", f"    PKCS11Provider {programs.VENDOR}")
        self.ssh_config(*other, "Host *", f"    PKCS11Provider {programs.MODULE}", "    IdentityFile none")
        self.examine()
        self.assertNothingWrong("ssh")
        self.examine("other")
        self.assertFound("ssh", "problem", f"other: ssh loads {programs.VENDOR}, which is not p11gate", "`PKCS11Provider ")

    def test_a_host_cannot_be_an_option(self):
        self.examine("--", "-oProxyCommand=touch x")
        self.assertFalse((self.sandbox.folder / "x").exists())

    def test_no_provider_is_told(self):
        self.ssh_config("IdentityFile none")
        self.examine()
        self.assertFound("ssh", "note", "no PKCS11Provider", "`ssh-add -s /")

    def key(self, name):
        path = self.sandbox.home / ".ssh" / name
        self.assertTrue(self.sandbox.run(programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", path).ok)
        return path

    def test_key_files_beside_the_token_s_are_told(self):
        path = self.key("id_work")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", f"IdentityFile {path}", f"IdentityFile {path}.not-there")
        self.examine()
        found = self.assertFound("ssh", "warning", "key files are offered beside", "`IdentityFile none`")
        self.assertTrue(found.text.endswith(f": {path}"), found.text)

    def test_IdentitiesOnly_without_a_key_of_the_token_keeps_them_away(self):
        path = self.key("id_work")
        lines = [f"PKCS11Provider {programs.MODULE}", "IdentitiesOnly yes"]
        self.ssh_config(*lines, f"IdentityFile {path}")
        self.examine()
        found = self.assertFound("ssh", "problem", "no IdentityFile names a key of the token", "p11gate keys | head")
        command = next(one for one in self.commands(found) if one.startswith("p11gate keys"))
        command = command.replace("p11gate", programs.TOOL).replace("~", str(self.sandbox.home))
        self.assertTrue(self.sandbox.run("sh", "-c", command).ok)
        self.ssh_config(*lines, f"IdentityFile {self.sandbox.home}/.ssh/token.pub")
        self.examine()
        self.assertNothingWrong("ssh")

    def test_a_certificate_file_is_told(self):
        path = self.sandbox.write("cert.pub", "ssh-ed25519-cert-v01@openssh.com AAAA\n")
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", f"CertificateFile {path}")
        self.examine()
        self.assertFound("ssh", "note", f"the certificate {path} is offered", "CertificateFile")

    @rows(
        {"line": "PubkeyAuthentication no", "severity": "problem", "text": "offers no key at all"},
        {"line": "BatchMode yes", "severity": "warning", "text": "asks for no PIN"},
        {"line": "AddKeysToAgent yes", "severity": "note", "text": "kept by the agent"},
    )
    def test_settings_that_defeat_it_are_told(self, line, severity, text):
        self.ssh_config(f"PKCS11Provider {programs.MODULE}", "IdentityFile none", line)
        self.examine()
        self.assertFound("ssh", severity, text)


if __name__ == "__main__":
    main()
