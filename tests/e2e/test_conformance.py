#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What conformance suites ask of a library (tests/conformance), asked of it and of p11gate before it, under `preset: transparent`: the same answers."""

import concurrent.futures
import shutil

from harness import Case, main, programs, rows

# p11gate's own, as they are asked for before anybody knows of a library. NSS's crash without a place to write to; the interfaces that are NSS's alone are not there.
OWN = ("C_GetFunctionList", "C_GetInterface", "C_GetInterfaceList")


def is_own(call, line):
    return call.endswith(OWN) and ("status" in line or call.endswith("C_GetInterfaceList"))


class Alone(Case):
    """Each function of the table, in a process of its own, in nine states of the library, with right, wrong and missing arguments."""

    def answers(self, library, folder, environment, parameters):
        words = [parameters.replace("FOLDER", str(folder))] if parameters else []
        result = self.sandbox.run(programs.ALONE, library, "1234", *words, environment=environment, timeout=500)
        self.assertEqual(0, result.rc, str(result))
        return {" ".join(line.split()[:3]): line for line in result.stdout.splitlines()}

    def run_on(self, library, side, parameters):
        """On a token of its own: some of the calls change it."""
        folder = self.sandbox.folder / f"side-{side}"
        shutil.copytree(self.made.folder, folder)
        text = (folder / "softhsm2.conf").read_text().replace(str(self.made.folder), str(folder))
        (folder / "softhsm2.conf").write_text(text)
        return self.answers(library, folder, {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}, parameters)

    @rows(
        {"vendor": "VENDOR", "states": 9},
        {"vendor": "SOFTOKEN", "states": 9, "parameters": "configdir='sql:FOLDER' certPrefix='' keyPrefix='' secmod='secmod.db' flags="},
        {"vendor": "TRUST", "states": 9},
        {"vendor": "OPENSC", "states": 2},
    )
    def test_each_function_answers_as_without_p11gate(self, vendor, states, parameters=None):
        """Libraries that read cards, without a card, come into fewer states."""
        library = getattr(programs, vendor)
        self.made = self.token("one")
        self.gate("all", module=library, preset="transparent")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            sides = [pool.submit(self.run_on, path, side, parameters) for side, path in (("direct", library), ("through", programs.MODULE))]
        direct, through = (side.result() for side in sides)
        brought_about = {line.split()[0] for line in direct.values() if not line.endswith("not brought about")}
        self.assertGreaterEqual(len(brought_about), states, sorted(brought_about))
        differing = [
            f"{line}   through: {through.get(call)}" for call, line in direct.items()
            if line != through.get(call) and not is_own(call, line)
        ]
        self.assertEqual([], differing[:20])


class Hosts(Case):
    """A process that does with libraries what it is told (tests/conformance/host.c)."""

    def host(self, *commands, environment=None):
        result = self.sandbox.run(programs.CONFORMANCE_HOST, *commands, environment=(environment or {}) | self.sandbox.instrument.preload())
        self.assertEqual(0, result.rc, str(result))
        return [line.rstrip() for line in result.stdout.splitlines()]

    def copy_of(self, token, name):
        """A token of its own with its configuration."""
        folder = self.sandbox.folder / name
        shutil.copytree(token.folder, folder)
        path = folder / "softhsm2.conf"
        path.write_text(path.read_text().replace(str(token.folder), str(folder)))
        return path

    def two_tokens(self):
        """The configurations of SoftHSM of a token with one key and one with many."""
        return [self.copy_of(self.token(name), f"of-{name}") for name in ("one", "eight")]

    def configured(self, name, module):
        return self.sandbox.write(name, f"version: 1\nmodule: {module}\npreset: transparent\n")

    def assertSame(self, commands, **options):
        """LIBRARY in the commands is the vendor's, or p11gate.so."""
        direct, through = (
            self.host(*[command.replace("LIBRARY", str(path)) for command in commands], **options) for path in (programs.VENDOR, programs.MODULE)
        )
        self.assertEqual(direct, through)
        return direct


class Environment(Hosts):
    """It changes between C_Finalize and C_Initialize; what it is in C_Initialize holds."""

    def test_the_library_s_own_variables_reach_it(self):
        one, eight = self.two_tokens()
        self.gate("all", preset="transparent")
        said = self.assertSame([
            "load:a:LIBRARY", f"set::SOFTHSM2_CONF={one}", "initialize:a", "tokens:a", f"set::SOFTHSM2_CONF={eight}", "login:a:1234", "objects:a",
            "finalize:a", "tokens:a", "initialize:a", "tokens:a", "login:a:1234", "objects:a", "finalize:a",
            "set::SOFTHSM2_CONF=/nonexistent", "initialize:a", "tokens:a", "finalize:a",
            f"set::SOFTHSM2_CONF={one}", "initialize:a", "tokens:a", "finalize:a",
        ])
        self.assertIn("[eight", "".join(said))
        self.assertEqual(2, sum("[one" in line for line in said))

    def test_another_configuration_is_another_library(self):
        self.token("one")
        first, second = (self.configured(f"{name}.yaml", path) for name, path in (("softhsm", programs.VENDOR), ("trust", programs.TRUST)))
        makers = [line for path in (programs.VENDOR, programs.TRUST) for line in self.host(f"load:a:{path}", "initialize:a", "maker:a", "tokens:a")[2:]]
        again = [f"set::P11GATE_CONFIG={first}", "initialize:a", "maker:a", "tokens:a", "finalize:a"]
        said = self.host(f"load:a:{programs.MODULE}", *again, f"set::P11GATE_CONFIG={second}", *again[1:], *again)
        told = [line for line in said if line.startswith(("maker", "tokens"))]
        self.assertEqual([*makers, *makers[:2]], told)

    def test_the_file_is_looked_for_where_it_is_now(self):
        self.token("one")
        for name, path in (("softhsm", programs.VENDOR), ("trust", programs.TRUST)):
            (self.sandbox.folder / name / "p11gate").mkdir(parents=True)
            self.configured(f"{name}/p11gate/config.yaml", path)
        in_each = [words for name in ("softhsm", "trust", "softhsm") for words in (
            f"set::XDG_CONFIG_HOME={self.sandbox.folder / name}", "initialize:a", "maker:a", "finalize:a")]
        said = self.host(f"load:a:{programs.MODULE}", "unset::P11GATE_CONFIG", *in_each)
        makers = [line for line in said if line.startswith("maker")]
        self.assertEqual([f"maker a 0 {maker}" for maker in ("SoftHSM", "PKCS#11 Kit", "SoftHSM")], makers, str(said))


class Names(Hosts):
    """The file of the module has another name, or several."""

    def linked(self, kind, name):
        path = self.sandbox.folder / name
        if kind == "symbolic link":
            path.symlink_to(programs.MODULE)
        else:
            shutil.copy(programs.MODULE, path)
        return path

    @rows(*[{"kind": kind, "name": name} for kind in ("symbolic link", "copy") for name in ("libvendor.so", "p11gate.so.1", "p11gate", "softhsm-link")])
    def test_any_name_will_do(self, kind, name):
        self.token("one")
        self.gate("all", preset="transparent")
        commands = ["initialize:a", "tokens:a", "login:a:1234", "objects:a", "finalize:a", "unload:a"]
        direct = self.host(f"load:a:{programs.VENDOR}", *commands)
        self.assertEqual(direct, self.host(f"load:a:{self.linked(kind, name)}", *commands))

    def test_links_to_a_file_are_one_library(self):
        self.token("one")
        self.gate("all", preset="transparent")
        links = {path: self.sandbox.folder / f"link-{number}.so" for number, path in enumerate((programs.VENDOR, programs.MODULE))}
        for path, link in links.items():
            link.symlink_to(path)
        direct, through = (self.host(
            f"load:a:{path}", f"load:b:{link}", "same:a:b", "initialize:a", "initialize:b", "login:b:1234", "finalize:b", "finalize:a", "unload:b", "initialize:a",
        ) for path, link in links.items())
        self.assertEqual(direct, through)
        self.assertIn("same a 1", direct)

    def test_copies_have_configurations_of_their_own(self):
        """Each has the one that was there when it was initialised, and keeps it."""
        self.token("one")
        first, second = (self.configured(f"{name}.yaml", path) for name, path in (("softhsm", programs.VENDOR), ("trust", programs.TRUST)))
        said = self.host(
            f"load:a:{self.linked('copy', 'a.so')}", f"load:b:{self.linked('copy', 'b.so')}", "same:a:b",
            f"set::P11GATE_CONFIG={first}", "initialize:a", f"set::P11GATE_CONFIG={second}", "initialize:b",
            "maker:a", "maker:b", "login:a:1234", "objects:a", "finalize:b", "objects:a", "maker:b", "finalize:a",
        )
        direct = self.host(
            f"load:a:{programs.VENDOR}", f"load:b:{programs.TRUST}", "same:a:b", "set::X=", "initialize:a", "set::X=", "initialize:b",
            "maker:a", "maker:b", "login:a:1234", "objects:a", "finalize:b", "objects:a", "maker:b", "finalize:a",
        )
        self.assertEqual(direct, said)


class Two(Hosts):
    """Two libraries, or two ways to one, in one process."""

    def test_another_library_beside_p11gate_is_left_alone(self):
        self.token("one")
        self.gate("all", preset="transparent")
        said = self.assertSame([
            "load:a:LIBRARY", f"load:b:{programs.TRUST}", "initialize:b", "initialize:a", "maker:a", "maker:b", "tokens:b", "login:a:1234", "objects:a",
            "finalize:a", "tokens:b", "initialize:a", "finalize:b", "login:a:1234", "objects:a", "finalize:a",
        ])
        self.assertIn("maker b 0 PKCS#11 Kit", said)

    def test_the_library_itself_beside_p11gate_has_the_state_of_both(self):
        """As two links to it have it: whoever initialises does it for both, and so does who finalises."""
        self.token("one")
        self.gate("all", preset="transparent")
        for first, second in (("a", "b"), ("b", "a")):
            self.assertSame([
                "load:a:LIBRARY", f"load:b:{programs.VENDOR}", f"tokens:{second}", f"initialize:{first}", f"tokens:{second}", f"initialize:{second}",
                "login:a:1234", "login:b:1234", "objects:a", "objects:b", f"finalize:{second}", f"tokens:{first}", f"finalize:{first}", f"initialize:{second}",
                f"tokens:{first}", f"finalize:{first}", f"finalize:{second}",
            ])


class Guest(Hosts):
    def test_after_C_Finalize_the_process_is_as_it_was(self):
        """Its descriptors, threads, signals, umask and locale; in between there is the log's descriptor."""
        self.token("one")
        self.gate("all", preset="transparent")
        said = self.assertSame(["load:a:LIBRARY", "tokens:a", *["initialize:a", "login:a:1234", "objects:a", "finalize:a", "tokens:a", "refuse:a", "traces::"] * 3])
        traces = [line for line in said if line.startswith("traces")]
        self.assertEqual([traces[0]] * 3, traces)

    def test_what_it_left_at_dlclose_is_there_again_with_it(self):
        """As it stays in memory; a library that does not would be a new one."""
        self.token("one")
        self.gate("all", preset="transparent")
        said = self.host(f"load:a:{programs.MODULE}", "initialize:a", "unload:a", f"load:a:{programs.MODULE}", "initialize:a", "finalize:a", "initialize:a")
        self.assertEqual(["initialize a 0", "initialize a 191", "initialize a 0"], [line for line in said if line.startswith("initialize")])


if __name__ == "__main__":
    main()
