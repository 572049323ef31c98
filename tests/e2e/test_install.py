#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `meson setup` without options builds, and `meson install` puts where."""

import atexit
import fnmatch
import json
import os
import pathlib
import re
import shutil

for name in ("P11GATE_PRELOAD", "P11GATE_VALGRIND"):
    os.environ.pop(name, None)  # what is run here is built here, without them

from harness import Case, comment, main, programs, rows  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402
from harness.ssh import bare as bare_key  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOT_USER = os.geteuid() == 0
SIZE_MAX = 512 * 1024
EXPORTED = ["C_GetFunctionList", "C_GetInterface", "C_GetInterfaceList"]
NEEDED = {"libc.so.6", "libcrypto.so.3", "libp11-kit.so.0", "libyaml-0.so.2"}
# What a machine without the test-only and the documentation packages has not got.
MISSING_PROGRAMS = ["softhsm2*", "ssh*", "pkcs11-tool", "p11*", "valgrind*", "clang*", "scdoc", "cmake*"]
MISSING_LIBRARIES = ["cmocka*", "softhsm*"]


class Bare:
    """A build, and what it installs, on a machine that has what the build needs and no more."""

    def __init__(self):
        self.sandbox = Sandbox()
        atexit.register(self.sandbox.close)
        self.sandbox.environment |= {
            "PATH": str(self._links("bin", os.get_exec_path(self.sandbox.environment), MISSING_PROGRAMS)),
            "PKG_CONFIG_LIBDIR": str(self._links("pkgconfig", self._pkg_config_folders(), MISSING_LIBRARIES)),
        }

    def setup(self, name, *options):
        """meson setup; the folder."""
        build = self.sandbox.folder / name
        self.run("meson", "setup", *options, build, ROOT)
        return build

    def run(self, *command):
        result = self.sandbox.run(*command, timeout=240)
        assert result.ok, f"{command}: {result}"
        return result.stdout

    def _links(self, name, folders, missing):
        """A folder with links to all that is in some folders, but for what is missing."""
        links = self.sandbox.folder / name
        links.mkdir()
        for folder in filter(os.path.isdir, folders):
            for entry in os.listdir(folder):
                if not any(fnmatch.fnmatch(entry, pattern) for pattern in missing) and not (links / entry).is_symlink():
                    (links / entry).symlink_to(os.path.join(folder, entry))
        return links

    def _pkg_config_folders(self):
        return self.run("pkg-config", "--variable=pc_path", "pkg-config").strip().split(":")


class Install(Case):
    @classmethod
    def setUpClass(cls):
        cls.bare = Bare()
        cls.build = cls.bare.setup("build")
        cls.bare.run("meson", "install", "-C", cls.build, "--destdir", cls.bare.sandbox.folder / "root")
        cls.root = cls.bare.sandbox.folder / "root"
        cls.prefix = cls.root / "usr/local"
        (cls.module,) = cls.prefix.glob("lib*/**/p11gate.so")

    def output(self, *command):
        result = self.sandbox.run(*command)
        self.assertTrue(result.ok, str(result))
        return result.stdout

    def test_setup_without_options_needs_no_package_for_tests_or_documentation(self):
        self.assertIsNone(shutil.which("softhsm2-util", path=self.bare.sandbox.environment["PATH"]))
        self.assertFalse(self.bare.sandbox.run("pkg-config", "--exists", "cmocka").ok)

    def test_setup_without_tests_builds_none_of_what_they_need(self):
        build = self.bare.setup("without", "-Dtests=disabled")
        targets = json.loads(self.bare.run("meson", "introspect", "--targets", build))
        names = {target["name"] for target in targets if target["type"] in ("executable", "shared module")}
        self.assertEqual({"p11gate"}, names)
        self.assertEqual([], json.loads(self.bare.run("meson", "introspect", "--tests", build)))

    def test_what_is_installed_is_the_module_the_command_and_what_others_read_of_them(self):
        installed = sorted(str(path.relative_to(self.prefix)) for path in self.root.rglob("*") if not path.is_dir())
        libraries = self.module.parent.relative_to(self.prefix)
        expected = [
            "bin/p11gate",
            f"{libraries}/p11gate.so",
            "lib/systemd/system/p11gate.service",
            "lib/systemd/system/p11gate.socket",
            "lib/systemd/user/p11gate.service",
            "lib/systemd/user/p11gate.socket",
            "lib/sysusers.d/p11gate.conf",
            "share/bash-completion/completions/p11gate",
            "share/doc/p11gate/example.yaml",
            "share/doc/p11gate/pcscd.socket.conf",
            "share/fish/vendor_completions.d/p11gate.fish",
            "share/p11-kit/modules/p11gate.module",
            "share/zsh/site-functions/_p11gate",
        ]
        self.assertEqual(expected, installed)
        self.assertEqual("pkcs11", libraries.name)
        options = json.loads(self.bare.run("meson", "introspect", "--buildoptions", self.build))
        (libdir,) = [option["value"] for option in options if option["name"] == "libdir"]
        self.assertEqual(f"{libdir}/pkcs11", str(libraries))

    def test_with_scdoc_there_are_man_pages(self):
        build = self.sandbox.folder / "documented"
        self.output("meson", "setup", "-Dtests=disabled", "-Ddocs=enabled", build, ROOT)
        installed = json.loads(self.output("meson", "introspect", "--installed", build)).values()
        pages = sorted(path.removeprefix("/usr/local/share/man/") for path in installed if "/man/" in path)
        self.assertEqual(["man1/p11gate.1", "man5/p11gate-config.5", "man7/p11gate.7"], pages)
        self.output("ninja", "-C", build, *(f"docs/man/{os.path.basename(page)}" for page in pages))

    def test_p11_kit_loads_it_when_it_is_enabled(self):
        text = (self.prefix / "share/p11-kit/modules/p11gate.module").read_text()
        place = "/" + str(self.module.relative_to(self.root))
        self.assertIn(f"\nmodule: {place}\n", text)
        text = text.replace(place, str(self.module))
        self.token("one")
        self.gate("all")
        (self.sandbox.folder / "modules").mkdir()
        environment = {"LD_PRELOAD": programs.P11KIT_FILES, "P11KIT_FILES": str(self.sandbox.folder / "modules")}
        for written, listed in ((text, False), (text.removesuffix("enable-in:\n"), True), (text[:-1] + " p11-kit\n", True)):
            self.sandbox.write("modules/p11gate.module", written)
            result = self.sandbox.run("p11-kit", "list-modules", environment=environment)
            self.assertEqual((listed, 0), ("p11gate" in result.stdout, result.rc), str(result))

    def test_the_modes_let_everybody_read_and_nobody_write(self):
        for path in self.root.rglob("*"):
            mode = os.stat(path).st_mode & 0o777
            self.assertEqual((0, 0o444), (mode & 0o022, mode & 0o444), path)

    def test_the_module_exports_three_symbols(self):
        lines = self.output("nm", "-D", "--defined-only", self.module).splitlines()
        self.assertEqual(EXPORTED, sorted(line.split()[-1] for line in lines))

    def test_the_module_has_no_undefined_symbol(self):
        result = self.sandbox.run("ldd", "-r", self.module)
        self.assertEqual((0, ""), (result.rc, result.stderr), str(result))
        self.assertNotIn("undefined symbol", result.stdout)

    def test_the_module_is_never_unloaded_and_hardened(self):
        dynamic = self.output("readelf", "-dW", self.module)
        flags = " ".join(re.findall(r"\(FLAGS\S*\) +(.*)", dynamic)).split()
        self.assertIn("NODELETE", flags)
        self.assertTrue({"NOW", "BIND_NOW"} & set(flags), dynamic)
        self.assertNotRegex(dynamic, r"\((TEXTREL|RPATH|RUNPATH)\)")
        segments = self.output("readelf", "-lW", self.module)
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK .* RW +0x")

    def test_the_module_needs_four_libraries(self):
        dynamic = self.output("readelf", "-dW", self.module)
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
        self.assertLessEqual(needed, NEEDED)

    def test_the_module_is_small(self):
        stripped = self.sandbox.folder / "stripped.so"
        self.output("strip", "-o", stripped, self.module)
        size = stripped.stat().st_size
        comment(f"p11gate.so, stripped: {size / 1024:.0f} KiB (at most {SIZE_MAX // 1024})")
        self.assertLessEqual(size, SIZE_MAX)

    @rows({"prefix": "/usr"}, {"prefix": "/usr/local"})
    def test_ssh_agent_s_own_allow_list_lets_the_module_in(self, prefix):
        build = self.bare.setup("prefix" + prefix.replace("/", "-"), "--prefix", prefix)
        installed = json.loads(self.bare.run("meson", "introspect", "--installed", build))
        (path,) = [path for path in installed.values() if path.endswith("/p11gate.so")]
        real = os.path.join(os.path.realpath(os.path.dirname(path)), "p11gate.so")
        agent = pathlib.Path(programs.SSH_AGENT).read_bytes()
        (allowed,) = set(re.findall(rb"/usr/lib\*/\*[\x20-\x7e]*", agent))
        patterns = allowed.decode().split(",")
        self.assertTrue(any(fnmatch.fnmatchcase(real, pattern) for pattern in patterns), f"{real}: {patterns}")

    def test_the_command_knows_where_the_module_is(self):
        token = self.token("one")
        words = ["--module", programs.VENDOR, "--key", token.fingerprint("user1")]
        result = self.sandbox.run(self.prefix / "bin/p11gate", "init", *words)
        self.assertTrue(result.ok, str(result))
        place = "/" + str(self.module.relative_to(self.root))
        self.assertIn(f"    PKCS11Provider {place}\n", result.stdout)
        self.assertIn(f"ssh-add -s {place}\n", result.stdout)

    def test_the_example_is_right(self):
        example = self.sandbox.write("example.yaml", (self.prefix / "share/doc/p11gate/example.yaml").read_text())
        result = self.sandbox.run(self.prefix / "bin/p11gate", "check", example)
        self.assertEqual((0, ""), (result.rc, result.stderr), str(result))

    def test_ssh_logs_in_with_what_was_installed(self):
        token = self.token("eight")
        self.gate([{"id": "03"}])
        login = self.login(self.server(token.public_key("user3")), self.module)
        self.assertLogin(login, [token.fingerprint("user3")])


class SystemFile(Case):
    """Where the system's configuration exists, it is the only one that is read. It has to be root's: where the tests run
    as somebody else, it cannot be, and then nothing is shown."""

    @classmethod
    def setUpClass(cls):
        bare = Bare()
        cls.system = bare.sandbox.folder / "etc/p11gate/config.yaml"
        cls.build = bare.setup("system", "-Dtests=disabled", f"-Dsystem_config={cls.system}", "--prefix=/opt/p11gate")
        bare.run("ninja", "-C", cls.build)

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.system.parents[1], ignore_errors=True)
        self.system.parent.mkdir(parents=True)
        for folder in self.system.parents[:3]:
            folder.chmod(0o755)
        self.eight = self.token("eight")
        self.gate("all")

    def enforce(self, allow, mode=0o644, **more):
        self.system.write_text(json.dumps({"version": 1, "module": programs.VENDOR, "allow": allow, **more}))
        self.system.chmod(mode)

    def narrow(self, allow):
        """The user's file, as it is allowed beside the system's."""
        self.sandbox.configure({"version": 1, "allow": allow})

    def shown(self):
        keys, result = self.listing(self.build / "module/p11gate.so")
        return [name for name, line in self.eight.public_keys().items() if bare_key(line) in keys], result.stderr

    def command(self, *words):
        return self.sandbox.run(self.build / "tool/p11gate", *words)

    def test_without_it_the_user_s_is_read(self):
        self.assertEqual(8, len(self.shown()[0]))

    def test_with_it_the_user_s_may_only_take_away(self):
        self.enforce([{"id": "03"}])
        self.narrow([{"id": ["03", "05"]}])
        self.assertShown("user3")
        self.narrow([{"id": "05"}])
        self.assertShown()
        self.sandbox.config.unlink()
        self.assertShown("user3")

    def test_doctor_names_the_files_and_the_one_that_is_not_read(self):
        for more, text in (({}, f"{self.sandbox.config}, the user's, which narrows it"), ({"user_config": "none"}, f"{self.sandbox.config} is not read")):
            self.enforce([{"id": "03"}], **more)
            self.narrow([{"id": "03"}])
            result = self.sandbox.run(self.build / "tool/p11gate", "doctor", environment={"PATH": "/nonexistent", "PCSCLITE_CSOCK_NAME": "/nonexistent"})
            if ROOT_USER:
                self.assertIn(f"{self.system}, the system's: 1 allow", result.stdout)
                self.assertIn(text, result.stdout)
            else:
                self.assertIn("problem  configuration: ", result.stdout)

    def test_with_it_a_user_s_that_says_more_shows_nothing(self):
        self.enforce([{"id": "03"}])
        self.gate("all")
        self.assertShown()

    def test_one_that_permits_nothing_is_not_widened_by_the_user_s(self):
        self.enforce([])
        self.assertShown()

    def test_one_that_only_audits_offers_all_keys_the_permitted_first_and_writes_down_the_others(self):
        self.sandbox.config.unlink()
        self.enforce([{"id": "03"}], audit_only=True, log={"file": str(self.sandbox.log), "stderr": "never"})
        if not ROOT_USER:
            self.assertRefused()
            return
        keys, result = self.listing(self.build / "module/p11gate.so")
        names = [name for key in keys for name, line in self.eight.public_keys().items() if bare_key(line) == key]
        self.assertEqual(("user3", 8, ""), (names[0], len(set(names)), result.stderr))
        lines = self.sandbox.log.read_text().splitlines()
        self.assertEqual(7, len(lines), lines)
        for name in set(names) - {"user3"}:
            (line,) = [line for line in lines if self.eight.fingerprint(name) in line]
            self.assertIn("audit_only: ", line)
        self.enforce([{"id": "03"}])
        self.assertShown("user3")

    def test_a_broken_one_shows_nothing_whatever_the_user_s_says(self):
        self.system.write_text("version: 1\nallow: [\n")
        self.assertRefused(f"{self.system}:3:1: not valid YAML")

    @rows({"mode": 0o664}, {"mode": 0o646})
    def test_one_that_others_may_write_shows_nothing(self, mode):
        self.enforce("all", mode)
        self.assertRefused(f"chmod go-w {self.system}")

    def test_one_in_a_folder_that_others_may_write_shows_nothing(self):
        self.enforce("all")
        self.system.parents[1].chmod(0o777)
        self.assertRefused(str(self.system.parents[1]))

    def test_check_and_init_say_that_it_is_the_one(self):
        self.enforce([{"id": "03"}])
        self.sandbox.config.unlink()
        check = self.command("check")
        expected = f"{self.system}: no mistake, but there are warnings: 1 allow" if ROOT_USER else "expected root"
        self.assertIn(expected, check.stdout + check.stderr)
        words = ["init", "--module", programs.VENDOR, "--key", self.eight.fingerprint("user1")]
        init = self.command(*words)
        self.assertEqual(1, init.rc, str(init))
        self.assertIn(f"{self.system} is the only file that is read here", init.stderr)
        self.assertFalse(self.sandbox.config.exists())
        self.assertTrue(self.command(*words, "--output", self.sandbox.config).ok)

    def test_explain_tells_the_rules_of_both_files(self):
        self.enforce([{"id": ["03", "05"]}])
        if not ROOT_USER:
            self.assertRefused()
            return
        self.narrow([{"id": ["03", "04"]}])
        keys = {key["label"]: key for key in json.loads(self.command("explain", "--json").stdout)}
        system, user = f"{self.system}", f"{self.sandbox.config}"
        self.assertEqual([system, user], [rule["file"] for rule in keys["user 3"]["rules"]])
        self.assertRegex(keys["user 3"]["why"], f"^shown by {system}:[0-9:]+ and {user}:[0-9:]+$")
        self.assertEqual([user], [rule["file"] for rule in keys["user 5"]["rules"]])
        self.assertEqual([system], [rule["file"] for rule in keys["user 4"]["rules"]])
        text = self.command("explain", "user 3").stdout
        self.assertRegex(text, rf"(?m)^    true     {system}:[0-9:]+\n      true     id  wants 03, 05  seen 03\n    true     {user}:")

    def test_check_and_diff_put_a_file_in_the_place_of_the_user_s_or_the_system_s(self):
        self.enforce([{"id": ["03", "05"]}])
        if not ROOT_USER:
            self.assertRefused()
            return
        narrow = self.sandbox.write("narrow.yaml", json.dumps({"version": 1, "allow": [{"id": "03"}]}))
        wide = self.sandbox.write("wide.yaml", json.dumps({"version": 1, "allow": "all"}))
        check = self.command("check", narrow)
        self.assertEqual(0, check.rc, str(check))
        self.assertEqual(2, check.stdout.count(": no mistake, but there are warnings: 1 allow"), str(check))  # of ssh-agent, for /opt
        self.assertEqual(1, self.command("check", self.sandbox.folder / "missing.yaml").rc)
        lost = json.loads(self.command("diff", "--json", wide, narrow).stdout)
        self.assertEqual([("lost", "user 5")], [(one["change"], one["old"]["label"]) for one in lost])
        other = self.system.with_name("other.yaml")
        other.write_text(json.dumps({"version": 1, "module": programs.VENDOR, "audit_only": False, "allow": [{"id": "03"}]}))
        self.assertTrue(self.command("check", "--system", other).ok)
        self.assertEqual(1, self.command("check", other).rc)
        lost = json.loads(self.command("diff", "--json", "--system", self.system, other).stdout)
        self.assertEqual([("lost", "user 5")], [(one["change"], one["old"]["label"]) for one in lost])

    @rows(
        {"policy": {"allow": "all", "deny": [{"name": "old", "id": "05"}]}, "by": 'the deny rule "old" {at}:[0-9:]+', "rules": ["true"]},
        {"policy": {"allow": "all", "require": [{"id": "03"}]}, "by": "the require rule {at}:[0-9:]+", "rules": ["false"]},
        {"policy": {"allow": [{"id": "03"}, {"id": "04"}]}, "by": "allow: none of its rules is true", "rules": ["false", "false"]},
        {"policy": {"allow": []}, "by": "allow: none of its rules is true", "rules": []},
    )
    def test_list_and_explain_say_what_is_shown_because_of_the_audit_alone(self, policy, by, rules):
        self.enforce(**policy, audit_only=True)
        self.sandbox.config.unlink()
        if not ROOT_USER:
            self.assertRefused()
            return
        why = f"shown because of audit_only; it would be hidden by {by.format(at=re.escape(str(self.system)))}"
        keys = {key["label"]: key for key in json.loads(self.command("list", "--json").stdout)}
        self.assertEqual((8, True, True), (len(keys), keys["user 5"]["shown"], keys["user 5"]["audited"]))
        self.assertRegex(keys["user 5"]["why"], f"^{why}$")
        permitted = [key for key in keys.values() if not key["audited"]]
        self.assertNotIn("audit", "".join(key["why"] for key in permitted))
        self.assertRegex(self.command("list").stdout, rf'(?m)"user 5"\n    {why}$')
        self.assertRegex(self.command("explain", "user 5").stdout, rf'(?m)"user 5"\n    {why}$')
        (key,) = json.loads(self.command("explain", "--json", "user 5").stdout)
        self.assertEqual((True, rules), (key["audited"], [rule["truth"] for rule in key["rules"]]))

    def test_keys_for_a_server_are_the_permitted_ones_also_under_an_audit(self):
        self.enforce([{"id": "03"}], audit_only=True)
        self.sandbox.config.unlink()
        if ROOT_USER:
            lines = self.command("keys").stdout.splitlines()
            self.assertEqual([bare_key(self.eight.public_key("user3"))], [bare_key(line) for line in lines])
        else:
            self.assertRefused()

    def test_explain_tells_of_an_audited_key_the_rule_of_the_user_s_that_shows_it(self):
        self.enforce([{"id": "03"}], audit_only=True)
        if not ROOT_USER:
            self.assertRefused()
            return
        self.narrow([{"id": "05"}])
        keys = {key["label"]: key for key in json.loads(self.command("explain", "--json").stdout)}
        files = [rule["file"] for rule in keys["user 5"]["rules"]]
        self.assertEqual((True, [str(self.system), str(self.sandbox.config)]), (keys["user 5"]["audited"], files))
        self.assertEqual((False, False), (keys["user 3"]["shown"], keys["user 3"]["audited"]))
        self.assertEqual("hidden: no allow rule is true", keys["user 3"]["why"])

    def test_diff_says_what_becomes_of_keys_when_an_audit_ends(self):
        self.enforce([{"id": "03"}], audit_only=True)
        if not ROOT_USER:
            self.assertRefused()
            return
        other = self.system.with_name("other.yaml")
        why = "shown because of audit_only; it would be hidden by allow: none of its rules is true"

        def changes(allow, audit):
            other.write_text(json.dumps({"version": 1, "module": programs.VENDOR, "audit_only": audit, "allow": allow}))
            words = ["diff", "--system", self.system, other]
            found = {one["old"]["label"]: one for one in json.loads(self.command(*words, "--json").stdout)}
            return found, self.command(*words).stdout.splitlines()

        found, lines = changes([{"id": "03"}], False)
        self.assertEqual({"lost"}, {one["change"] for one in found.values()})
        self.assertEqual((7, True, False), (len(found), found["user 5"]["old"]["audited"], found["user 5"]["new"]["audited"]))
        found, lines = changes([{"id": "03"}, {"label": {"glob": "*"}}], True)
        self.assertEqual((7, {"changed"}), (len(found), {one["change"] for one in found.values()}))
        self.assertEqual(7, sum(line.endswith(f"; was {why}") and line.startswith(f"    shown by {other}:") for line in lines), lines)

    def test_check_says_that_ssh_agent_does_not_take_the_module_from_its_folder(self):
        result = self.command("check", self.sandbox.config)
        self.assertTrue(result.ok, str(result))
        self.assertRegex(result.stderr, r"^warning: (/opt/p11gate/lib\S*/pkcs11/p11gate.so): .* start the agent with `-P \1`\n$")

    def assertShown(self, *names):
        if not ROOT_USER:
            self.assertRefused()
        else:
            shown, messages = self.shown()
            self.assertEqual(list(names), shown, messages)

    def assertRefused(self, why=""):
        shown, messages = self.shown()
        self.assertEqual([], shown, messages)
        self.assertIn(why if ROOT_USER else "expected root", messages)


if __name__ == "__main__":
    main()
