#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a libFuzzer target for a while: run.py TARGET SCHEMA_KEYS SEED_FOLDER ...

FUZZ_SECONDS (10) is how long, FUZZ_SEED what its chance comes from, FUZZ_LENGTH (4096) the longest input. What fails is kept in the
build's folder and named; `TARGET FILE` shows it again. FUZZ_KEEP names a folder for what was found to be new.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

# What stands between keys, and what the readers know by name.
WORDS = (
    "version: 1\n", "module: m.so\n", "allow:\n- ", "{", "}", "[", "]", ": ", ", ", "- ", "\n  ", "#", "'", '\\"', "&a", "*a", "!!", "<<: ",
    "---", "...", "%u", "%i", "%d", "%l", "%L", "%%", "pkcs11:", ";object=", ";id=%01", "token=", "type=private", "slot-id=", "0x", ">=",
    "2048", "true", "false", "all", "rsa", "ec", "ed25519", "ed448", "nistp256", "SHA256:", "~/a.pub", "[[:alpha:]]", "(a|b)*", "{1,3}",
    "ssh-rsa", "ssh-ed25519 ", "ecdsa-sha2-nistp256 ", "sk-ssh-", "command=\\\"a\\\" ",
)

# What a target may take, in MiB, at once and in all: what others send must not lead further. `serving` has OpenSSL's and p11-kit's memory, and the sanitizer's.
LIMITS = {"fuzz-request": (1, 512), "fuzz-serving": (8, 1024), "fuzz-remote": (16, 1024)}


def dictionary(schema_keys):
    """libFuzzer's form of it: a quoted word in each line."""
    output = subprocess.run([schema_keys], check=True, capture_output=True, text=True).stdout
    keys = {line.split()[1] + ": " for line in output.splitlines()}
    words = [word.replace("\n", "\\x0a") for word in sorted(keys) + list(WORDS)]
    return "".join(f'"{word}"\n' for word in words)


def main():
    target, schema_keys, *folders = sys.argv[1:]
    seconds = os.environ.get("FUZZ_SECONDS", "10")
    seed = os.environ.get("FUZZ_SEED", str(random.randrange(1, 2**31)))
    failures = pathlib.Path(target).parent / (pathlib.Path(target).name + "-failures")
    failures.mkdir(exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="p11gate-fuzz."))
    try:
        corpus = pathlib.Path(os.environ.get("FUZZ_KEEP", work)) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        (work / "dictionary").write_text(dictionary(schema_keys))
        print(f"{pathlib.Path(target).name}: {seconds} s, FUZZ_SEED={seed}", flush=True)
        words = [f"-max_total_time={seconds}", f"-seed={seed}", f"-dict={work}/dictionary", f"-artifact_prefix={failures}/"]
        words += [f"-max_len={os.environ.get('FUZZ_LENGTH', '4096')}", "-timeout=30", "-print_final_stats=1"]
        at_once, in_all = LIMITS.get(pathlib.Path(target).name, (0, 2560))
        words += [f"-malloc_limit_mb={at_once or in_all}", f"-rss_limit_mb={in_all}"]
        result = subprocess.run([target, *words, corpus, *folders], stderr=subprocess.PIPE, text=True, errors="replace")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(result.stderr[-12000:] if result.returncode else "\n".join(l for l in result.stderr.splitlines() if "stat::" in l))
    return 1 if result.returncode else 0


sys.exit(main())
