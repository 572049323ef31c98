#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate init: what it offers, what it writes, and that ssh logs in with it."""

import json
import os
import re
import stat

from harness import main, programs, rows
from harness.ssh import bare
from harness.tool import OFFERED, VENDOR, Tool

RSA, EC = "rsa:2048", "ec:P-256"


class Init(Tool):
    @rows(*[{"TYPE": kind} for kind in (RSA, EC, "ec:P-384", "ec:P-521")])
    def test_a_key_given_by_fingerprint_is_the_one_that_ssh_logs_in_with(self, TYPE):
        token = self.token("eight", TYPE=TYPE)
        mine = token.fingerprint("user3")
        result = self.init("--key", mine)
        self.assertShows(mine)
        self.assertNotIn("serial", self.sandbox.config.read_text())
        self.assertIn(f"wrote {self.sandbox.config}\n", result.stdout)
        self.assertLogin(self.login(self.server(token.public_key("user3")), programs.MODULE), [mine])

    @rows(*[{"N": n, "TYPE": kind} for kind in (RSA, EC) for n in (1, 8, 32)])
    def test_what_it_writes_costs_a_login_18_calls_whatever_else_is_on_the_token(self, N, TYPE):
        token, spy = self.token("many", OTHERS=N - 1, TYPE=TYPE), self.spy()
        self.assertRun(self.tool("init", "--module", programs.SPY, "--key", token.fingerprint("user1")))
        spy.reset()
        server = self.server(token.public_key("user1"))
        self.assertLogin(self.login(server, programs.MODULE), [token.fingerprint("user1")])
        self.assertLessEqual(len(spy.calls), 18, str(spy.counts))

    @rows(
        {"name": "one", "id": ["01"]},
        {"name": "empty-id", "id": []},
    )
    def test_the_key_s_id_is_written_beside_the_fingerprint_where_it_has_one(self, name, id):
        token = self.token(name)
        self.init("--key", token.fingerprint("user1"))
        self.assertEqual(id, re.findall(r'(?m)^    id: "([0-9a-f]+)"$', self.sandbox.config.read_text()))
        self.assertShows(token.fingerprint("user1"))

    def test_what_it_prints_for_ssh_config_is_what_ssh_understands(self):
        token = self.token("eight")
        result = self.init("--key", token.fingerprint("user3"))
        lines = re.search(r"(?ms)^Host \*\n.*?\n\n", result.stdout)[0]
        self.assertRegex(lines, r"PKCS11Provider /.*/pkcs11/p11gate\.so\n +IdentityFile none\n")
        config = self.sandbox.write("printed", lines)
        options = self.sandbox.run(programs.SSH, "-F", config, "-G", "somewhere")
        self.assertRun(options)
        self.assertRegex(options.stdout, r"(?m)^pkcs11provider /.*/pkcs11/p11gate\.so$")
        self.assertRegex(options.stdout, r"(?m)^identityfile none$")

    def test_several_keys_may_be_given(self):
        token = self.token("eight", TYPE=EC)
        mine = [token.fingerprint(name) for name in ("user5", "user2")]
        self.init("--key", mine[0], f"--key={mine[1]}")
        self.assertShows(*mine)

    @rows(
        {"typed": "{user4}\n"},
        {"typed": "{user4} {user1}\n"},
        {"typed": " {user4},{user1} ,{user4}\t\n"},
        {"typed": "{user4}"},
    )
    def test_keys_may_be_chosen_by_number(self, typed):
        token = self.token("eight", TYPE=EC)
        numbers = self.numbers(token)
        self.init(stdin=typed.format(**numbers))
        self.assertShows(*[token.fingerprint(name) for name in ("user4", "user1") if name in typed])

    def test_what_may_be_chosen_is_shown_with_token_type_and_label(self):
        token = self.token("eight", TYPE="ec:P-384")
        result = self.init(rc=1)
        self.assertRegex(result.stdout, r'(?m)^token "eight" \(serial [0-9a-f]{16}\)$')
        shown = {fingerprint: (kind, label) for kind, fingerprint, label in OFFERED.findall(result.stdout)}
        expected = {token.fingerprint(f"user{n}"): ("ec nistp384", f"user {n}") for n in range(1, 9)}
        self.assertEqual(expected, shown)

    def test_a_key_that_cannot_sign_or_that_ssh_does_not_know_is_not_offered(self):
        for name in ("no-sign", "objects-besides"):
            token = self.token(name)
            offered = [match[1] for match in OFFERED.findall(self.init(rc=1).stdout)]
            self.assertEqual([token.fingerprint("user1")], offered, name)

    @rows(*[{"wrong": text} for text in ("0", "9", "-1", "+1", "1x", "x", "1 9", "1.", "9" * 20, "-18446744073709551615")])
    def test_a_wrong_number_is_named_and_asked_for_again(self, wrong):
        token = self.token("eight", TYPE=EC)
        numbers = self.numbers(token)
        result = self.init(stdin=f"{wrong}\n{numbers['user7']}\n")
        self.assertIn(f"`{wrong.split()[-1]}` is not a number from 1 to 8\n", result.stdout)
        self.assertShows(token.fingerprint("user7"))

    @rows({"typed": ""}, {"typed": "\n"}, {"typed": " ,\n"}, {"typed": "9\n"}, {"typed": "1 9\n"})
    def test_nothing_chosen_writes_nothing(self, typed):
        self.token("eight", TYPE=EC)
        self.assertIn("nothing was chosen", self.init(stdin=typed, rc=1).stderr)
        self.assertNothingWritten()

    def test_a_file_that_exists_is_left_alone_and_nothing_is_asked(self):
        token = self.token("eight", TYPE=EC)
        self.sandbox.configure("mine\n")
        for words in (["--key", token.fingerprint("user1")], [], ["--login"]):
            result = self.init(*words, stdin="1234\n1\n", rc=1)
            self.assertEqual("", result.stdout)
            self.assertIn(f"{self.sandbox.config} exists; --force", result.stderr)
            self.assertNotIn("PIN", result.stderr)
            self.assertUntouched()

    def test_with_force_the_old_file_is_kept_under_another_name(self):
        token = self.token("eight", TYPE=EC)
        old = self.sandbox.config.with_name("config.yaml.old")
        for text in ("mine\n", "newer\n"):
            self.sandbox.configure(text)
            self.init("--force", "--key", token.fingerprint("user2"))
            self.assertShows(token.fingerprint("user2"))
            self.assertEqual(text, old.read_text())
        self.assertEqual({"config.yaml", "config.yaml.old"}, set(os.listdir(self.sandbox.config.parent)))

    def test_with_force_nothing_chosen_changes_nothing(self):
        self.token("eight", TYPE=EC)
        self.sandbox.configure("mine\n")
        self.init("--force", stdin="\n", rc=1)
        self.init("--force", "--key", "SHA256:" + "A" * 43, rc=1)
        self.assertUntouched()

    def test_what_is_no_file_is_not_replaced(self):
        token = self.token("eight", TYPE=EC)
        os.mkfifo(self.sandbox.folder / "fifo")
        for name in ("fifo", "home"):
            path = self.sandbox.folder / name
            result = self.init("--force", "--output", path, "--key", token.fingerprint("user2"), rc=1)
            self.assertIn(f"{path} to be no file", result.stderr)
        self.assertTrue(stat.S_ISFIFO(os.stat(self.sandbox.folder / "fifo").st_mode))

    @rows({"known": False}, {"known": True})
    def test_an_unknown_fingerprint_is_named_and_nothing_written(self, known):
        token = self.token("eight", TYPE=EC)
        words = ["--key", token.fingerprint("user1")] if known else []
        result = self.init(*words, "--key", "SHA256:nosuch", rc=1)
        self.assertIn("no key with fingerprint SHA256:nosuch", result.stderr)
        self.assertNothingWritten()

    def test_without_a_token_it_says_so(self):
        token = self.token("one")
        for path in (token.folder / "tokens").iterdir():
            for file in path.iterdir():
                file.unlink()
            path.rmdir()
        self.assertRegex(self.init(rc=1).stderr, r"has no token; is the card in the reader\?")
        result = self.tool("init")
        self.assertRun(result, 1)
        self.assertIn("--module PATH", result.stderr)
        self.assertNothingWritten()

    def test_without_a_module_a_known_one_that_has_a_token_is_taken_and_named(self):
        token = self.token("one")
        result = self.tool("init", "--key", token.fingerprint("user1"))
        self.assertRun(result)
        self.assertRegex(result.stdout, r"(?m)^module /\S*softhsm2\.so \(--module names another\)$")
        self.assertNotIn("p11gate:", result.stderr)  # others that are installed may say themselves that they have no device
        self.assertShows(token.fingerprint("user1"))

    @rows(
        {"path": "/nonexistent/module.so", "says": "/nonexistent/module.so"},
        {"path": "/etc/passwd", "says": "/etc/passwd"},
        {"path": "/usr", "says": "/usr"},
        {"path": programs.MAKE_TOKEN, "says": "make-token"},
        {"path": "libc.so.6", "says": "C_GetFunctionList"},
    )
    def test_what_is_no_vendor_library_is_refused_with_its_name(self, path, says):
        if path == "libc.so.6":
            with open("/proc/self/maps", encoding="utf-8") as maps:
                path = next(word for line in maps for word in line.split() if "/libc.so" in word or "/libc-" in word)
        result = self.tool("init", "--module", path)
        self.assertRun(result, 1)
        self.assertIn(says, result.stderr)
        self.assertIn(path, result.stderr)
        self.assertNothingWritten()

    def test_p11gate_itself_is_refused_by_whatever_name(self):
        self.token("one")
        link = self.sandbox.folder / "vendor.so"
        link.symlink_to(programs.MODULE)
        copy = self.sandbox.folder / "p11gate-work.so"
        copy.write_bytes(b"")
        for path in (programs.MODULE, link, copy):
            result = self.tool("init", "--module", path, stdin="1\n")
            self.assertRun(result, 1)
            self.assertIn(f"{path} is p11gate itself", result.stderr)
            self.assertEqual("", result.stdout)
        self.assertNothingWritten()

    def test_the_file_and_its_folders_are_the_user_s_own(self):
        token = self.token("one")
        path = self.sandbox.folder / "a" / "b" / "config.yaml"
        command = 'umask 0; exec "$0" "$@"'
        words = [programs.TOOL, "init", *VENDOR, "--key", token.fingerprint("user1"), "--output", path]
        self.assertRun(self.sandbox.run("sh", "-c", command, *words))
        modes = [stat.S_IMODE(os.stat(place).st_mode) for place in (path, path.parent, path.parent.parent)]
        self.assertEqual([0o600, 0o700, 0o700], modes)
        self.assertEqual(["config.yaml"], os.listdir(path.parent))
        self.assertFalse(self.sandbox.config.exists())
        self.assertRun(self.tool("check", path))

    def test_without_P11GATE_CONFIG_it_goes_to_the_home_folder(self):
        token = self.token("one")
        self.sandbox.config.parent.rmdir()
        del self.sandbox.environment["P11GATE_CONFIG"]
        self.init("--key", token.fingerprint("user1"))
        self.assertEqual(0o700, stat.S_IMODE(os.stat(self.sandbox.config.parent).st_mode))
        self.assertShows(token.fingerprint("user1"))

    def test_where_nothing_can_be_written_it_says_so(self):
        token = self.token("one")
        place = self.sandbox.write("file", "")
        result = self.init("--output", place / "config.yaml", "--key", token.fingerprint("user1"), rc=1)
        self.assertRegex(result.stderr, rf"cannot write {place}/config\.yaml\S*: Not a directory")


class InitAfterLogin(Tool):
    """Tokens that show their keys only after login: the file names the token, so that ssh may send it the PIN."""

    @rows(*[{"token": token, "TYPE": kind} for token, kind in (("K", RSA), ("K", EC), ("C", RSA), ("B", RSA))])
    def test_the_written_file_names_the_token_and_ssh_logs_in_with_it(self, token, TYPE):
        made = self.token(token, TYPE=TYPE)
        mine = made.fingerprint("user1")
        result = self.init("--login", "--key", mine, stdin="1234\n")
        self.assertIn(f'PIN of token "{token}": ', result.stderr)
        self.assertNotIn("PIN of", result.stdout)
        named = re.findall(r'token: {serial: "([0-9a-f]{16})"}', self.sandbox.config.read_text())
        self.assertEqual(0 if token == "B" else 1, len(named))
        self.assertRun(self.tool("check"))
        login = self.login(self.server(made.public_key("user1")), programs.MODULE)
        self.assertLogin(login, [mine])
        self.assertEqual([f"Enter PIN for '{token}':"], login.prompts)

    def test_without_login_it_says_what_is_missing(self):
        self.token("K")
        result = self.init(stdin="1\n", rc=1)
        self.assertIn('the token "K" shows no key before login; --login', result.stderr)
        self.assertEqual("", result.stdout)
        self.assertNothingWritten()

    def test_a_fingerprint_that_shows_only_after_login_is_explained(self):
        token = self.token("L")
        result = self.init("--key", token.fingerprint("user2"), rc=1)
        self.assertIn("does it show only after login (--login)?", result.stderr)
        self.assertNothingWritten()

    @rows(
        {"typed": "999999\n", "says": "CKR_PIN_INCORRECT", "sent": 1},
        {"typed": "\n", "says": "no PIN was given", "sent": 0},
        {"typed": "", "says": "no PIN was given", "sent": 0},
    )
    def test_a_wrong_or_no_PIN_writes_nothing(self, typed, says, sent):
        self.token("K")
        spy = self.spy()
        result = self.tool("init", "--login", "--module", programs.SPY, stdin=typed)
        self.assertRun(result, 1)
        self.assertIn(says, result.stderr)
        self.assertEqual(sent, spy.counts["C_Login"])
        self.assertNothingWritten()

    @rows({"user": "user1", "named": False}, {"user": "user2", "named": True})
    def test_only_a_key_that_needs_it_gets_its_token_named(self, user, named):
        token = self.token("L")
        self.init("--login", "--key", token.fingerprint(user), stdin="1234\n")
        self.assertEqual(named, "serial" in self.sandbox.config.read_text())
        login = self.login(self.server(token.public_key(user)), programs.MODULE)
        self.assertLogin(login, [token.fingerprint(user)])

    def test_a_token_whose_PIN_is_not_known_does_not_stand_in_the_way_of_another(self):
        token = self.token("two-tokens")
        terminal = self.terminal("init", *VENDOR, "--login", "--key", token.fingerprint("user2"))
        for _ in range(2):
            terminal.expect('PIN of token "')
            terminal.expect_secret('": ')
            terminal.type("2222\n" if terminal.text.endswith('"second": ') else "\n")
        self.assertEqual(0, terminal.close(), terminal.text)
        self.assertIn("no PIN was given", terminal.text)
        self.assertShows(token.fingerprint("user2"))


class OnATerminal(Tool):
    def test_a_PIN_is_typed_without_echo_and_keys_are_chosen_with_it(self):
        token = self.token("K")
        terminal = self.terminal("init", *VENDOR, "--login")
        terminal.expect_secret('PIN of token "K": ')
        terminal.type("1234\n")
        terminal.expect("Which keys may ssh use?")
        self.assertTrue(terminal.echoes)
        terminal.type("7\n")
        terminal.expect("`7` is not a number from 1 to 1")
        terminal.expect("Which keys may ssh use?")
        terminal.type("1\n")
        terminal.expect("wrote ")
        self.assertEqual(0, terminal.close(), terminal.text)
        self.assertNotIn("1234", terminal.text)
        self.assertLogin(self.login(self.server(token.public_key("user1")), programs.MODULE))

    @rows({"typed": "\x03"}, {"typed": "\x04"}, {"typed": "\n"})
    def test_leaving_the_PIN_out_ends_with_the_echo_back_and_nothing_written(self, typed):
        self.token("K")
        terminal = self.terminal("init", *VENDOR, "--login")
        terminal.expect_secret('PIN of token "K": ')
        terminal.type(typed)
        terminal.expect("no PIN was given")
        self.assertTrue(terminal.echoes)
        self.assertNotEqual(0, terminal.close(), terminal.text)
        self.assertNothingWritten()

    @rows({"typed": "\x04"}, {"typed": "\n"}, {"typed": "\x03"})
    def test_leaving_the_choice_out_writes_nothing(self, typed):
        self.token("one")
        terminal = self.terminal("init", *VENDOR)
        terminal.expect("Which keys may ssh use?")
        terminal.type(typed)
        self.assertNotEqual(0, terminal.close(), terminal.text)
        self.assertNothingWritten()

    @rows({"verb": "list"}, {"verb": "explain"})
    def test_colours_are_for_terminals_only(self, verb):
        self.token("eight", TYPE=EC)
        self.gate([{"id": "01"}])
        terminal = self.terminal(verb)
        self.assertEqual(0, terminal.close())
        self.assertIn("\033[32m", terminal.text)
        self.assertEqual(verb == "explain", "\033[2m" in terminal.text)
        self.assertEqual(self.tool(verb).stdout, re.sub(r"\033\[\d*m", "", terminal.text))
        terminal = self.terminal(verb, "--json")
        self.assertEqual(0, terminal.close())
        self.assertEqual(self.tool(verb, "--json").stdout, terminal.text)

    def test_list_asks_for_the_PIN_on_the_terminal_and_not_in_what_is_redirected(self):
        token = self.token("L", TYPE=EC)
        self.gate("all")
        terminal = self.terminal("list", "--login")
        terminal.expect_secret('PIN of token "L": ')
        terminal.type("1234\n")
        terminal.expect(token.fingerprint("user2"))
        self.assertEqual(0, terminal.close())
        self.assertNotIn("1234", terminal.text)


# Texts that a card may hold, as bytes; and what is printed of them.
LABELS = [
    (b'"q" \\ \'s\'', '"q" \\ \'s\''),
    (b"#hash: {a}, [b] & *c", "#hash: {a}, [b] & *c"),
    ("Schlüssel €".encode(), "Schlüssel €"),
    ("\U0001f511".encode(), "\U0001f511"),
    (b"%u@%L %%", "%u@%L %%"),
    (b" lead trail ", " lead trail "),
    (b"nl\nallow: all", "nl?allow: all"),
    (b"\r\n", "??"),
    (b"tab\t\x1b[31m", "tab??[31m"),
    (b"nul\0x", "nul?x"),
    ("\u2028allow: all".encode(), "?allow: all"),
    ("\u0085deny: all".encode(), "?deny: all"),
    ("a\u009b31mred".encode(), "a?31mred"),
    ("\ufeffbom".encode(), "?bom"),
    ("\u202eevil".encode(), "?evil"),
    (b"\xff\xfe bad", "?? bad"),
    (b"\xc3", "?"),
    (b"\xed\xa0\x80", "???"),
]


class OddTexts(Tool):
    def labelled(self):
        """A token with a key for each label; the names of the keys by what is printed."""
        lines = ["token label=odd"]
        for number, (label, _) in enumerate(LABELS):
            lines += [f"key key{number} {EC}", f"pair key{number} id={number + 1:02x} label=hex:{label.hex()}"]
        token = self.token(self.sandbox.write("odd.token", "\n".join(lines) + "\n"))
        return token, {token.fingerprint(f"key{number}"): printed for number, (_, printed) in enumerate(LABELS)}

    def test_odd_labels_give_a_file_that_is_right_and_no_more_than_was_chosen(self):
        token, printed = self.labelled()
        chosen = sorted(printed)[: len(printed) // 2]
        self.init(*[word for fingerprint in chosen for word in ("--key", fingerprint)])
        self.assertShows(*chosen)
        self.assertEqual(len(chosen), self.sandbox.config.read_text().count("\n  - "))
        user = next(name for name in token.public_keys() if token.fingerprint(name) in chosen)
        self.assertLogin(self.login(self.server(token.public_key(user), tries=100), programs.MODULE))

    def test_odd_labels_are_listed_without_what_a_terminal_would_obey(self):
        _, printed = self.labelled()
        self.assertEqual(printed, {match[1]: match[2] for match in OFFERED.findall(self.init(rc=1).stdout)})
        self.gate("all")
        lines = re.findall(r'(?m)^  ec nistp256 +(SHA256:\S+) "(.*)"$', self.tool("list").stdout)
        self.assertEqual(printed, dict(lines))

    def test_odd_labels_are_in_json_as_applications_see_them(self):
        token, printed = self.labelled()
        self.gate("all")
        result = self.tool("list", "--json")
        self.assertTrue(all(ord(letter) >= 0x20 or letter == "\n" for letter in result.stdout))
        self.assertNotIn("\u009b", result.stdout)
        labels = {key["fingerprint"]: key["label"] for key in json.loads(result.stdout)}
        for number, (label, _) in enumerate(LABELS):
            label = re.sub(rb"[\x00-\x1f\x7f]", b"?", label)
            expected = re.sub("\ufffd+", "\ufffd", label.decode(errors="replace"))
            self.assertEqual(expected, re.sub("\ufffd+", "\ufffd", labels[token.fingerprint(f"key{number}")]))

    def test_odd_labels_make_one_line_each_for_authorized_keys(self):
        token, printed = self.labelled()
        self.gate("all")
        lines = self.tool("keys").stdout.removesuffix("\n").split("\n")
        expected = {f"{bare(token.public_key(f'key{n}'))} {text}".strip() for n, (_, text) in enumerate(LABELS)}
        self.assertEqual(expected, {line.strip() for line in lines})
        self.assertEqual(len(LABELS), len(lines))

    @rows(
        *[
            {"serial": text}
            for text in (b'a"b\\c', b"%u%%%L", b"#1: {x}, [y]", "sé\u2028".encode(), b"\xff\x01\n", b"  x", b"")
        ]
    )
    def test_a_token_with_an_odd_serial_is_named_so_that_ssh_logs_in(self, serial):
        token = self.token("K", TYPE=EC)
        self.set_serial(token, serial)
        self.init("--login", "--key", token.fingerprint("user1"), stdin="1234\n")
        self.assertRun(self.tool("check"))
        self.assertLogin(self.login(self.server(token.public_key("user1")), programs.MODULE))
        self.set_serial(token, b"0123456789abcdef")
        login = self.login(self.server(token.public_key("user1")), programs.MODULE)
        self.assertEqual(not serial, login.ok, str(login))

    def test_a_token_that_nothing_names_gets_no_rule(self):
        text = f'token label=" "\nkey user1 {EC}\npair user1 id=01 CKA_PRIVATE=true\n'
        token = self.token(self.sandbox.write("nameless.token", text))
        self.set_serial(token, b"")
        result = self.init("--login", "--key", token.fingerprint("user1"), stdin="1234\n", rc=1)
        self.assertIn("neither serial nor label to name it by", result.stderr)
        self.assertNothingWritten()

    def set_serial(self, token, serial):
        """Changes what SoftHSM keeps of the token: 16 bytes, behind their length (8 bytes)."""
        (path,) = (token.folder / "tokens").glob("*/token.object")
        data = path.read_bytes()
        found = re.findall(rb"(?s)\0{7}\x10([^\0].{15}|%s)" % re.escape(getattr(self, "serial", b"-")), data)
        self.assertEqual(1, len(found), "the serial in SoftHSM's file")
        self.serial = serial.ljust(16)
        path.write_bytes(data.replace(b"\0" * 7 + b"\x10" + found[0], b"\0" * 7 + b"\x10" + self.serial))


if __name__ == "__main__":
    main()
