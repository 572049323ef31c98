# SPDX-License-Identifier: BSD-2-Clause
"""Where the programs under test and those around them are."""

import os
import pathlib
import shutil

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_BUILD = pathlib.Path(os.environ.get("P11GATE_BUILD") or _ROOT / "build")
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")


def _given(variable, built):
    """The path from the environment, else the one in the build folder, which is that of `meson setup build` if none is named."""
    return os.path.abspath(os.environ.get(variable) or _BUILD / built)


def _library(variable, *names):
    """The first of the names that exists in a library folder."""
    if os.environ.get(variable):
        return os.environ[variable]
    for folder in _LIBRARIES:
        for name in names:
            if os.path.exists(os.path.join(folder, name)):
                return os.path.join(folder, name)
    return names[0]


def _command(name):
    return shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin") or name


def _helper():
    for folder in ("/usr/lib/openssh", "/usr/libexec/openssh", "/usr/libexec", "/usr/lib/ssh"):
        if os.path.exists(os.path.join(folder, "ssh-pkcs11-helper")):
            return os.path.join(folder, "ssh-pkcs11-helper")
    return "ssh-pkcs11-helper"


MODULE = _given("P11GATE_MODULE", "module/p11gate.so")
TOOL = _given("P11GATE_TOOL", "tool/p11gate")
MAKE_TOKEN = _given("P11GATE_MAKE_TOKEN", "softhsm-fixtures/make-token")
ODD_VENDOR = _given("P11GATE_ODD_VENDOR", "tests/e2e/odd-vendor.so")
INTERFACES = _given("P11GATE_INTERFACES", "tests/e2e/interfaces")
PIN_HOST = _given("P11GATE_PIN_HOST", "tests/e2e/pin-host")
P11KIT_FILES = _given("P11GATE_P11KIT_FILES", "tests/e2e/p11kit-files.so")
PCSCLITE = _given("P11GATE_PCSCLITE", "tests/e2e/no-cards-pcsclite.so")
STRANGER = _given("P11GATE_STRANGER", "tests/e2e/stranger.so")
EVALUATION = _given("P11GATE_EVALUATION", "tests/bench/evaluation")
BENCH_CALLS = _given("P11GATE_BENCH_CALLS", "tests/bench/bench-calls")
BENCH_LOAD = _given("P11GATE_BENCH_LOAD", "tests/bench/bench-load")
BENCH_RATE = _given("P11GATE_BENCH_RATE", "tests/bench/bench-rate")
SEQUENCE = _given("P11GATE_SEQUENCE", "tests/differential/sequence")
ALONE = _given("P11GATE_ALONE", "tests/conformance/alone")
CONFORMANCE_HOST = _given("P11GATE_CONFORMANCE_HOST", "tests/conformance/host")
SIGNATURES = _given("P11GATE_SIGNATURES", "tests/load/signatures")
SCHEMA_KEYS = _given("P11GATE_SCHEMA_KEYS", "tests/schema/schema-keys")
DESCRIPTIONS = _ROOT / "softhsm-fixtures" / "tokens"

VENDOR = _library("P11GATE_VENDOR", "softhsm/libsofthsm2.so", "pkcs11/libsofthsm2.so", "libsofthsm2.so")
SOFTOKEN = _library("P11GATE_SOFTOKEN", "libsoftokn3.so", "nss/libsoftokn3.so")
OPENCRYPTOKI = _library("P11GATE_OPENCRYPTOKI", "opencryptoki/libopencryptoki.so.0", "opencryptoki/libopencryptoki.so")
TPM2_PKCS11 = _library("P11GATE_TPM2_PKCS11", "pkcs11/libtpm2_pkcs11.so", "libtpm2_pkcs11.so.1")
TRUST = _library("P11GATE_TRUST", "pkcs11/p11-kit-trust.so")
P11KIT_CLIENT = _library("P11GATE_P11KIT_CLIENT", "pkcs11/p11-kit-client.so")
SPY = _library("P11GATE_SPY", "pkcs11-spy.so", "pkcs11/pkcs11-spy.so")

OPENSC = _library("P11GATE_OPENSC", "opensc-pkcs11.so", "pkcs11/opensc-pkcs11.so")
YKCS11 = _library("P11GATE_YKCS11", "libykcs11.so.2")
COOLKEY = _library("P11GATE_COOLKEY", "pkcs11/libcoolkeypk11.so")
CACKEY = _library("P11GATE_CACKEY", "pkcs11/libcackey.so")

LIBRARIES = (VENDOR, SOFTOKEN, SPY, OPENSC, YKCS11, COOLKEY, CACKEY)

SSH = _command("ssh")
SSHD = _command("sshd")
SSH_ADD = _command("ssh-add")
SSH_AGENT = _command("ssh-agent")
GPG_AGENT = _command("gpg-agent")
SSH_KEYGEN = _command("ssh-keygen")
SSH_HELPER = _helper()
PKCS11_TOOL = _command("pkcs11-tool")
CERTUTIL = _command("certutil")
OPENSSL = _command("openssl")
VALGRIND = _command("valgrind")
