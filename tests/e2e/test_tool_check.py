#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate check: what the machine says to a configuration that is right in itself."""

import os

from harness import main, programs, rows
from harness.tool import Tool

P11GATE = f"module: {programs.MODULE}\n"
VENDOR = f"module: {programs.VENDOR}\n"


class Surroundings(Tool):
    def check(self):
        result = self.tool("check")
        self.assertRun(result)
        self.assertEqual(result.stderr == "", ": all right: " in result.stdout, str(result))
        return result.stderr

    def p11_kit(self, **files):
        """p11-kit has these module files, and no other."""
        folder = self.sandbox.folder / "modules"
        folder.mkdir()
        for name, text in files.items():
            self.sandbox.write(f"modules/{name}.module", text)
        preload = " ".join(filter(None, [os.environ.get("P11GATE_PRELOAD"), programs.P11KIT_FILES]))
        self.sandbox.environment |= {"P11KIT_FILES": str(folder)}
        self.preload = {"LD_PRELOAD": preload}

    def check_with_p11_kit(self):
        result = self.tool("check", environment=self.preload)
        self.assertRun(result)
        return result.stderr

    @rows({"module": "/etc/passwd"}, {"module": "/usr/bin/env"})
    def test_a_library_that_cannot_be_loaded_is_named(self, module):
        self.gate("all", module=module)
        self.assertRegex(self.check(), rf"(?m)^warning: {self.sandbox.config}:3:12: cannot load {module}: .")

    def test_a_library_that_is_not_there_is_named_once(self):
        self.gate("all", module="/nonexistent/module.so")
        (line,) = self.check().splitlines()
        self.assertTrue(line.startswith(f"warning: {self.sandbox.config}:3:12: /nonexistent/module.so cannot be read"), line)

    def test_what_the_file_hardly_means_is_told(self):
        self.gate([{"label": {"glob": "*"}}, {"label": "user 1"}], require=[{"when": {"user": "root"}}])
        stderr = self.check()
        self.assertIn("this rule is never the first that is true", stderr)
        self.assertIn("`when` in a rule of `require`", stderr)

    def test_p11gate_by_another_name_is_no_library(self):
        self.gate("all", module=str(self.sandbox.folder / "other.so"))
        (self.sandbox.folder / "other.so").symlink_to(programs.MODULE)
        self.assertIn("which is p11gate itself", self.check())

    def test_a_library_that_can_be_loaded_is_not_initialised(self):
        self.token("one")
        spy = self.spy()
        self.gate("all", module=programs.SPY)
        self.assertEqual("", self.check())
        self.assertEqual(0, spy.counts["C_Initialize"])

    @rows(
        {"p11gate": P11GATE, "vendor": VENDOR, "where": ""},
        {"p11gate": P11GATE + "enable-in: firefox, other\n", "vendor": VENDOR, "where": " for firefox"},
        {"p11gate": P11GATE + "disable-in: ssh\n", "vendor": VENDOR + "disable-in: firefox\n", "where": ""},
        {"p11gate": P11GATE, "vendor": VENDOR + "enable-in: p11-kit-proxy\n", "where": " for p11-kit-proxy"},
    )
    def test_both_p11gate_and_its_library_in_p11_kit_are_told(self, p11gate, vendor, where):
        self.gate("all")
        self.p11_kit(p11gate=p11gate, vendor=vendor)
        place = f"warning: {self.sandbox.config}:3:12: "
        expected = f"{place}found p11gate and {programs.VENDOR} both enabled in p11-kit{where}, expected one of them"
        self.assertTrue(self.check_with_p11_kit().startswith(expected))

    @rows(
        {"p11gate": P11GATE + "enable-in:\n", "vendor": VENDOR},
        {"p11gate": P11GATE, "vendor": VENDOR + "enable-in:\n"},
        {"p11gate": P11GATE + "enable-in: firefox\n", "vendor": VENDOR + "disable-in: firefox\n"},
        {"p11gate": P11GATE, "vendor": "module: opensc-pkcs11.so\n"},
        {"p11gate": "module: /nonexistent/p11gate.so\n", "vendor": VENDOR},
    )
    def test_one_of_them_is_all_right(self, p11gate, vendor):
        self.gate("all")
        self.p11_kit(p11gate=p11gate, vendor=vendor)
        self.assertEqual("", self.check_with_p11_kit())


if __name__ == "__main__":
    main()
