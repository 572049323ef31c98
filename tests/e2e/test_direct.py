#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ssh against SoftHSM without p11gate: proves the harness, and what p11gate is there to cure."""

from harness import Case, cryptoki, main, programs, rows

RSA, EC = "rsa:2048", "ec:P-256"


class Direct(Case):
    @rows({"TYPE": RSA}, {"TYPE": EC}, {"TYPE": "ec:P-384"}, {"TYPE": "ec:P-521"})
    def test_a_token_with_one_key_logs_in(self, TYPE):
        token = self.token("one", TYPE=TYPE)
        server = self.server(token.public_key("user1"))
        login = self.login(server, programs.VENDOR)
        self.assertLogin(login, [token.fingerprint("user1")])
        self.assertEqual(["Enter PIN for 'one':"], login.prompts)
        self.assertEqual([token.fingerprint("user1")], server.accepted)

    @rows({"by": "-I"}, {"by": "config"})
    def test_with_eight_keys_and_three_tries_ssh_fails(self, by):
        token = self.token("eight")
        offered, result = self.listing(programs.VENDOR)
        self.assertEqual(8, len(offered), str(result))
        last = next(line for line in token.public_keys().values() if line.startswith(offered[-1]))
        server = self.server(last)
        login = self.login(server, programs.VENDOR, by=by)
        self.assertNoLogin(login)
        self.assertEqual((3, []), (len(login.offers), login.prompts), str(login))
        self.assertEqual(login.offers, server.failed)
        self.assertIn("Too many authentication failures", login.output)

    def test_with_an_agent_and_PKCS11Provider_even_IdentitiesOnly_fails(self):
        token = self.token("eight")
        agent = self.agent()
        self.add(agent, programs.VENDOR)
        last = next(line for line in token.public_keys().values() if line.startswith(agent.keys()[-1]))
        named = self.sandbox.write("last.pub", last + "\n")
        options = {"IdentitiesOnly": "yes", "IdentityFile": named}
        server = self.server(last)
        self.assertLogin(self.login(server, agent=agent, options=options))
        together = self.login(server, programs.VENDOR, agent=agent, by="config", options=options)
        self.assertNoLogin(together)
        self.assertIn("Too many authentication failures", together.output)

    def test_an_agent_logs_in_after_a_PIN_was_given_once(self):
        token = self.token("one")
        agent = self.agent()
        self.add(agent, programs.VENDOR)
        self.assertTrue(token.public_key("user1").startswith(agent.keys()[0]))
        self.assertLogin(self.login(self.server(token.public_key("user1")), agent=agent), [token.fingerprint("user1")])
        self.assertTrue(agent.remove(programs.VENDOR).ok)
        self.assertEqual([], agent.keys())

    @rows(*[{"OTHERS": n, "TYPE": RSA} for n in (0, 7, 31)], {"OTHERS": 7, "TYPE": EC})
    def test_a_login_takes_23_calls_and_4_for_each_key(self, OTHERS, TYPE):
        token, spy = self.token("many", OTHERS=OTHERS, TYPE=TYPE), self.spy()
        server = self.server(token.public_key("user1"), tries=100)
        self.assertLogin(self.login(server, programs.SPY))
        self.assertEqual(23 + 4 * (OTHERS + 1), len(spy.calls), str(spy.counts))

    def test_two_tokens_are_asked_for_their_own_PINs(self):
        token = self.token("two-tokens")
        askpass = self.askpass({"'first'": "1111", "'second'": "2222"})
        for name, label in (("user1", "first"), ("user2", "second")):
            login = self.login(self.server(token.public_key(name)), programs.VENDOR, askpass=askpass)
            self.assertLogin(login)
            self.assertEqual([f"Enter PIN for '{label}':"], login.prompts)

    def test_without_a_terminal_or_askpass_ssh_ends(self):
        token = self.token("one")
        login = self.login(self.server(token.public_key("user1")), programs.VENDOR, askpass=None)
        self.assertNoLogin(login)
        self.assertLess(login.seconds, 10)

    def test_a_changed_token_shows_what_it_holds_now(self):
        token = self.token("eight")
        token.change('open label=eight pin=1234\ndelete public id=03\ndelete private id=03\n')
        self.assertEqual(7, len(self.listing(programs.VENDOR)[0]))


class Fixtures(Case):
    """What SoftHSM makes of imported private keys; the pairing tests rely on it."""

    def private_key(self, TYPE, *attributes):
        token = self.token("C", TYPE=TYPE)
        with cryptoki.opened(programs.VENDOR, token.environment, pin="1234") as client:
            (handle,) = client.objects(cryptoki.CKO_PRIVATE_KEY)
            return [client.attribute(handle, attribute) for attribute in attributes]

    def test_an_RSA_private_key_tells_its_public_key(self):
        modulus, exponent = self.private_key(RSA, cryptoki.CKA_MODULUS, cryptoki.CKA_PUBLIC_EXPONENT)
        self.assertEqual((256, b"\1\0\1"), (len(modulus), exponent))

    @rows({"TYPE": EC}, {"TYPE": "ec:P-384"}, {"TYPE": "ec:P-521"}, {"TYPE": "ed25519"})
    def test_an_EC_private_key_does_not_tell_its_public_key(self, TYPE):
        point, info = self.private_key(TYPE, cryptoki.CKA_EC_POINT, cryptoki.CKA_PUBLIC_KEY_INFO)
        self.assertEqual((None, b""), (point, info))

    @rows(
        {"text": "token lable=x\n", "found": "1: token: found \"lable\""},
        {"text": "\nkey a rsa:17\n", "found": "2: found type \"rsa:17\", expected rsa:BITS"},
        {"text": "key a ${WHAT}\n", "found": "1: found ${WHAT}"},
        {"text": "key a ec:P-256\npair a\n", "found": "2: found pair, expected a token before it"},
        {"text": "token\npublic b\n", "found": "2: found \"b\", expected the name of a key"},
        {"text": "token\ndata value=hex:0\n", "found": "2: found \"0\", expected pairs of hexadecimal digits"},
        {"text": "tocken\n", "found": "1: found \"tocken\", expected default, token"},
    )
    def test_a_mistake_in_a_description_is_reported_with_its_line(self, text, found):
        path = self.sandbox.write("wrong.token", text)
        result = self.sandbox.run(programs.MAKE_TOKEN, "--module", programs.VENDOR, self.sandbox.folder / "t", path)
        self.assertEqual(1, result.rc, str(result))
        self.assertIn(f"{path}:{found}", result.stderr)


if __name__ == "__main__":
    main()
