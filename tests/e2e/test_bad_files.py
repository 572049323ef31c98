#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Broken configurations, generated from the project's own list of keys: every mistake is told with its line and column."""

import os
import pathlib
import re
import resource

from harness import Case, comment, main, programs, rows, vocabulary

NAMES = [(name, key) for name, keys in vocabulary.KEYS.items() for key in keys]


class Vocabulary(Case):
    def test_the_cases_cover_every_key_that_the_project_knows(self):
        known = sorted(entry[:2] for entry in filter(vocabulary.alone, vocabulary.schema()))
        self.assertEqual(known, sorted(NAMES))

    def test_the_maps_of_the_list_are_all_maps_that_the_project_declares(self):
        header = pathlib.Path(__file__).resolve().parents[2] / "config" / "schema.h"
        declared = re.findall(r"extern const struct schema\s+(\w+);", header.read_text())
        # An allow rule's map and that of the others are two; what is printed is one name for each.
        self.assertEqual(len(declared), len({name for name, _, _ in vocabulary.schema()}))


class Places(Case):
    """Each key in each place where its map can stand."""

    def setUp(self):
        super().setUp()
        key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk\n"
        files = {"KEYFILE": ("key.pub", key), "CAFILE": ("ca.pem", vocabulary.AUTHORITY), "CRLFILE": ("ca.crl", vocabulary.CRL)}
        self.files_named = {word: str(self.sandbox.write(name, text)) for word, (name, text) in files.items()}

    def name_files(self, text):
        for word, path in self.files_named.items():
            text = text.replace(word, path)
        return text

    def company(self, name, *keys):
        """What the map needs beside these keys."""
        left_out = {*keys, *(["module"] if "modules" in keys else []), *(["modules"] if "module" in keys else [])}
        return [pair for pair in vocabulary.COMPANY.get(name, ()) if pair[0] not in left_out]

    def each_place(self, name, pairs):
        pairs = [(key, self.name_files(value)) for key, value in pairs]
        return [vocabulary.write(self.name_files(place), pairs) for place in vocabulary.PLACES[name]]

    def check(self, text):
        path = self.sandbox.write("config.yaml", text)
        return path, self.tool("check", path)


class Broken(Places):
    files = 0

    @classmethod
    def tearDownClass(cls):
        comment(f"{cls.files} broken files")

    def expect(self, text, *errors):
        """ERRORS: (line, column, part), all of them and in any order."""
        Broken.files += 1
        path, result = self.check(text)
        found = [re.fullmatch(rf"{re.escape(str(path))}:(\d+):(\d+): (.*)", line) for line in result.stderr.splitlines()]
        self.assertEqual((1, ""), (result.rc, result.stdout), f"{text}\n{result}")
        self.assertNotIn(None, found, f"{text}\n{result}")
        self.assertEqual(sorted(error[:2] for error in errors), sorted((int(m[1]), int(m[2])) for m in found), f"{text}\n{result}")
        for *place, part in errors:
            self.assertTrue(any([int(m[1]), int(m[2])] == place and part in m[3] for m in found), f"{place} {part}\n{text}\n{result}")

    @rows(*[{"map": name, "key": key} for name, key in NAMES])
    def test_misspelt(self, map, key):
        swapped = key[1] + key[0] + key[2:]
        for wrong, near in ((swapped, True), (key.upper(), key.upper() != key and len(key) > 1), (f"x_{key}_of_mine", False)):
            pairs = [*self.company(map), (wrong, "a")]
            for text, at in self.each_place(map, pairs):
                self.expect(text, (*at[-1][0], f"found the unknown key `{wrong}`, expected "))
                if near:
                    self.expect(text, (*at[-1][0], f"; did you mean `{key}`?"))

    @rows(*[{"map": name, "key": key} for name, key in NAMES])
    def test_twice(self, map, key):
        value = vocabulary.KEYS[map][key]
        pairs = [*self.company(map, key), (key, value.good), (f'"{key}"', value.good)]
        refused = value.wrong[0][0] == value.good
        for text, at in self.each_place(map, pairs):
            (line, column), _ = at[-2]
            more = [(line, column, value.wrong[0][2])] if refused else []
            if map in ("pattern", "bytes"):  # which take one key of several: that is told at the map, of which its brace is the beginning
                more.append((line, column - ("{glob" in text or "{re" in text or "{prefix" in text), "a map with several keys"))
            self.expect(text, (*at[-1][0], f"found the key `{key}` again, expected it once"), *more)

    @rows(*[{"map": name, "key": key} for name, key in NAMES])
    def test_of_the_wrong_type_or_value(self, map, key):
        for wrong, offset, part in vocabulary.KEYS[map][key].wrong:
            pairs = [*self.company(map, key), (key, wrong)]
            for text, at in self.each_place(map, pairs):
                (line, column), value = at[-1]
                self.expect(text, (line, column, part) if offset is None else (value[0], value[1] + offset, part))

    @rows(*[{"key": key} for key in ("version", "module", "allow")])
    def test_missing(self, key):
        for text, _ in self.each_place("top", self.company("top", key)):
            line = 2 if text.startswith("---") else 3 if text.startswith("#") else 1
            self.expect(text, (line, 1, f"found no `{key}`, expected "))


class Right(Places):
    @rows(*[{"map": name, "key": key} for name, key in NAMES])
    def test_right(self, map, key):
        value = vocabulary.KEYS[map][key]
        if value.wrong[0][0] == value.good:
            return
        for text, _ in self.each_place(map, [*self.company(map, key), (key, value.good)]):
            _, result = self.check(text)
            errors = [line for line in result.stderr.splitlines() if not line.startswith("warning: ")]  # a rule may be unwise
            self.assertEqual((0, []), (result.rc, errors), f"{text}\n{result}")
            self.assertEqual(result.stderr == "", ": all right: " in result.stdout, str(result))


HEAD = "version: 1\nmodule: m.so\nallow: all\n"
LAUGHS = "a0: &a0 lol\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
# What it is: (text or bytes, line and column, part of the error).
HOSTILE = {
    "nothing": ("", (1, 1), "found an empty file"),
    "a comment": ("# version: 1\n", (1, 1), "found an empty file"),
    "a scalar": ("version 1\n", (1, 1), "found `version 1`, expected a map"),
    "an empty document": ("---\n", (1, 1), "found nothing, expected a map"),
    "a list": ("- version: 1\n", (1, 1), "found a list, expected a map"),
    "50 000 brackets": ("[" * 50000, (1, 33), "at most 32"),
    "50 000 braces": ("{a: " * 50000, (1, 129), "at most 32"),
    "50 000 brackets in a value": (HEAD + "deny: " + "[" * 50000, (4, 38), "at most 32"),
    "50 000 dashes": ("- " * 50000, (1, 65), "at most 32"),
    "deep blocks": ("".join(" " * i + "a:\n" for i in range(300)), (33, 33), "at most 32"),
    "billion laughs": (LAUGHS, (1, 5), "found an anchor"),
    "an alias to itself": (HEAD + "deny: &a [*a]\n", (4, 7), "found an anchor"),
    "a merge key": (HEAD + "<<: {deny: []}\n", (4, 1), "found a merge key"),
    "a tag": ("!!python/object {}\n", (1, 1), "found a tag"),
    "a second document": (HEAD + "---\n" + HEAD, (4, 1), "found a second document"),
    "20 000 keys": ("".join(f"k{i}: 1\n" for i in range(20000)), (1025, 1), "at most 1024 in a map"),
    "20 000 values": (HEAD + "deny: [{id: [" + "01," * 20000 + "]}]\n", (4, 14 + 3 * 16372), "at most 16384"),
    "a key of 200 KB": (HEAD + "? " + "k" * 200000 + "\n: 1\n", (4, 3), "found the unknown key `kkk"),
    "a value of 200 KB": (HEAD + "preset: " + "v" * 200000 + "\n", (4, 9), "found `vvv"),
    "a tab": ("version: 1\n\tmodule: m.so\n", (2, 1), "tab"),
    "not UTF-8": (HEAD.encode() + b"# caf\xe9\n", (4, 6), "found bytes that are not UTF-8"),
    "an overlong NUL": (HEAD.encode() + b"# \xc0\x80\n", (4, 3), "found bytes that are not UTF-8"),
    "a surrogate": (HEAD.encode() + b"# \xed\xa0\x80\n", (4, 3), "found bytes that are not UTF-8"),
    "UTF-16": (HEAD.encode("utf-16"), (1, 1), "found bytes that are not UTF-8"),
    "a NUL": (HEAD + "# a\0b\n", (4, 4), "found a NUL character"),
    "a NUL in quotes": (HEAD + 'deny: [{label: "a\\0b"}]\n', (4, 16), "found a NUL character"),
    "an escape sequence": (HEAD + "# \x1b[2J\n", (4, 3), "found a control character"),
    "a line end that hides a line": (HEAD + "# a\rallow: all\n", (4, 4), "a carriage return without a line feed"),
    "U+2028": (HEAD + "# a\u2028allow: all\n", (4, 4), "a line end"),
    "a byte order mark within": (HEAD + "# \ufeff\n", (4, 3), "a character that is not text"),
    "parentheses without end": (HEAD + "deny: [{label: {re: '" + "(" * 50000 + "'}}]\n", (4, 21), "too large"),
    "repetitions of repetitions": (HEAD + "deny: [{label: {re: '((a{1,255}){1,255}){1,255}'}}]\n", (4, 21), "too large"),
    "repetitions of nothing": (HEAD + "deny: [{label: {re: '(a*|b*){1,510}'}}]\n", (4, 21), "may be empty"),
    "an unclosed quote": (HEAD + 'preset: "ssh\n', (4, 9), "unexpected end of stream"),
    "an unclosed list": (HEAD + "deny: [", (4, 8), "did not find expected node content"),
}


class Hostile(Case):
    """Nothing is shown, and the reason is told within a second of work, by the command and by the module."""

    def expect(self, *parts):
        path = self.sandbox.config
        for run in (lambda: self.tool("check", path), lambda: self.listing(programs.MODULE)[1]):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            result = run()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            self.assertLess(seconds, self.sandbox.instrument.slowness, str(result)[:2000])
            self.assertNotEqual(0, result.rc)
            self.assertEqual("", result.stdout)
            self.assertLess(len(result.stderr), 4096)
            for part in parts:
                self.assertIn(part, result.stderr)
        self.assertIn("C_Initialize", result.stderr)  # ssh-keygen says what failed

    @rows(*[{"what": what} for what in HOSTILE])
    def test_a_text(self, what):
        self.token("one")
        text, (line, column), part = HOSTILE[what]
        self.sandbox.config.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.sandbox.config.chmod(0o600)
        self.expect(f"{self.sandbox.config}:{line}:{column}: ", part)

    @rows({"size": 256 * 1024 + 1}, {"size": 100 << 20}, {"size": 1 << 40})
    def test_a_large_file(self, size):
        self.token("one")
        self.gate("all")
        os.truncate(self.sandbox.config, size)
        self.expect(f"{self.sandbox.config}: larger than 256 KiB")

    @rows(*[{"mode": mode} for mode in (0o666, 0o620, 0o602, 0o622)])
    def test_a_file_that_others_may_write(self, mode):
        self.token("one")
        self.gate("all")
        self.sandbox.config.chmod(mode)
        self.expect(f"chmod go-w {self.sandbox.config}")

    @rows(*[{"mode": mode} for mode in (0o777, 0o770, 0o1777)])
    def test_a_folder_that_others_may_write(self, mode):
        self.token("one")
        self.gate("all")
        folder = self.sandbox.config.parent
        folder.chmod(mode)
        if mode == 0o1777 and os.geteuid() == 0:  # as /tmp is: others cannot replace the file
            self.assertEqual(0, self.tool("check").rc)
            return
        self.expect(f"chmod go-w {folder}")

    @rows({"what": "file"}, {"what": "folder"}, {"what": "target"}, {"what": "link"})
    def test_somebody_else_s(self, what):
        """Root gives it away; where another user runs the tests, /proc has files that he does not own, and none of them is his policy."""
        self.token("one")
        self.gate("all")
        path = self.sandbox.config
        if os.geteuid() != 0:
            path.unlink()
            path.symlink_to("/proc/version")
            self.expect(str(path))
            return
        target = self.sandbox.folder / "target"
        if what in ("target", "link"):
            path.rename(target)
            path.symlink_to(target)
        os.lchown({"file": path, "folder": path.parent, "target": target, "link": path}[what], 65534, 65534)
        self.expect("belongs to user 65534, expected root")

    @rows({"to": "nowhere"}, {"to": "itself"}, {"to": "a folder"}, {"to": "a pipe"}, {"to": "a device"}, {"to": "a file for all"})
    def test_a_link(self, to):
        self.token("one")
        self.gate("all")
        path, folder = self.sandbox.config, self.sandbox.folder
        path.rename(folder / "real")
        os.mkfifo(folder / "pipe")
        (folder / "open").mkdir()
        (folder / "open").chmod(0o777)
        (folder / "open/config.yaml").write_text(HEAD)
        targets = {"nowhere": "/nonexistent", "itself": path, "a folder": folder, "a pipe": folder / "pipe", "a device": "/dev/zero",
                   "a file for all": folder / "open/config.yaml"}
        path.symlink_to(targets[to])
        words = {"nowhere": f"{path}: ", "itself": "symbolic links", "a file for all": f"chmod go-w {folder}/open"}
        self.expect(words.get(to, "not a regular file"))

    def test_a_link_to_a_file_of_one_s_own_is_followed(self):
        self.token("one")
        self.gate("all")
        path = self.sandbox.config
        path.rename(self.sandbox.folder / "real")
        path.symlink_to(self.sandbox.folder / "real")
        self.assertEqual(0, self.tool("check").rc)
        self.assertEqual(1, len(self.listing(programs.MODULE)[0]))


if __name__ == "__main__":
    main()
