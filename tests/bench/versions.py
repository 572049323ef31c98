# SPDX-License-Identifier: BSD-2-Clause
"""What was measured with what: the names and versions that the page tells."""

import json
import os
import pathlib
import re
import subprocess

from harness import programs

PACKAGES = ("openssh-client", "openssh-server", "libsofthsm2", "opensc-pkcs11", "opencryptoki", "pcscd", "vsmartcard-vpcd", "p11-kit", "libp11-kit0", "libssl3",
            "libc6", "valgrind")
_BUILD = pathlib.Path(programs.MODULE).parents[1]
_ROOT = pathlib.Path(__file__).resolve().parents[2]


def said(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def package(name):
    return said("dpkg-query", "-W", "-f", "${Version}", name)


def compiler():
    """As it has signed the module, and how meson was told to have it work."""
    signed = sorted(set(re.findall(r"(?m)\]  (.*)$", said("readelf", "-p", ".comment", programs.MODULE))))
    options = {option["name"]: option["value"] for option in json.loads((_BUILD / "meson-info" / "intro-buildoptions.json").read_text())}
    return f"{', '.join(signed)}; buildtype {options['buildtype']}, b_ndebug {options['b_ndebug']}"


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"(?m)^(?:model name|CPU part)\s*: (.*)$", text)
    return f"{os.cpu_count()} processors, {model[1] if model else 'of an unknown model'}"


def project():
    return re.search(r"version: '([^']+)'", (_ROOT / "meson.build").read_text())[1]


def rows():
    """(what, version)"""
    return [["p11gate", project()], ["compiler", compiler()], ["processor", processor()], *[[name, package(name)] for name in PACKAGES]]
