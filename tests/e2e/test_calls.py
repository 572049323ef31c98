#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What reaches the vendor: counted by pkcs11-spy between p11gate and SoftHSM."""

import collections

from harness import Case, comment, main, programs, rows

RSA, EC = "rsa:2048", "ec:P-256"
MOST = 18
BUDGET = collections.Counter(
    C_GetFunctionList=1,
    C_Initialize=1,
    C_GetSlotList=1,
    C_GetTokenInfo=2,
    C_OpenSession=1,
    C_FindObjectsInit=2,
    C_FindObjects=2,
    C_FindObjectsFinal=2,
    C_GetAttributeValue=2,
    C_Login=1,
    C_SignInit=1,
    C_Sign=1,
    C_Finalize=1,
)
SIZES = (1, 8, 32, 1000)


class Calls(Case):
    table = []

    @classmethod
    def tearDownClass(cls):
        comment(f"{'':36}" + "".join(f"{f'N={n}':>8}" for n in SIZES) + "   (direct: 23+4N)")
        for what in dict.fromkeys(row[0] for row in cls.table):
            counts = {n: count for name, n, count in cls.table if name == what}
            comment(f"{what:36}" + "".join(f"{counts.get(n, '-'):>8}" for n in SIZES))

    def count(self, what, N, TYPE, allow):
        """One login with ssh -I; writes the number of calls down and returns the spy."""
        token, spy = self.token("many", OTHERS=N - 1, TYPE=TYPE), self.spy()
        allow = allow(token) if callable(allow) else allow
        module = self.gate(allow, module=programs.SPY)
        server = self.server(token.public_key("user1"))
        self.assertLogin(self.login(server, module), [token.fingerprint("user1")])
        self.table.append((f"{what} {TYPE}", N, len(spy.calls)))
        return spy

    @rows(*[{"N": n, "TYPE": kind} for kind in (RSA, EC) for n in SIZES])
    def test_a_login_by_id_takes_at_most_18_calls(self, N, TYPE):
        spy = self.count("login by id", N, TYPE, [{"id": "01"}])
        self.assertLessEqual(len(spy.calls), MOST, str(spy.counts))
        self.assertEqual(BUDGET, spy.counts, str(spy.calls))

    @rows(*[{"N": n, "TYPE": kind} for kind in (RSA, EC) for n in SIZES])
    def test_a_login_by_label_takes_at_most_18_calls(self, N, TYPE):
        spy = self.count("login by label", N, TYPE, [{"label": "user 1"}])
        self.assertLessEqual(len(spy.calls), MOST, str(spy.counts))

    @rows(*[{"N": n, "TYPE": RSA} for n in SIZES])
    def test_a_login_by_uri_takes_at_most_18_calls(self, N, TYPE):
        spy = self.count("login by uri", N, TYPE, [{"uri": "pkcs11:object=user%201"}])
        self.assertLessEqual(len(spy.calls), MOST, str(spy.counts))

    @rows(*[{"N": n, "TYPE": kind} for kind in (RSA, EC) for n in SIZES])
    def test_a_login_by_fingerprint_and_id_takes_at_most_18_calls(self, N, TYPE):
        def allow(token):
            return [{"fingerprint": token.fingerprint("user1"), "id": "01"}]

        spy = self.count("login by fingerprint and id", N, TYPE, allow)
        self.assertEqual(BUDGET, spy.counts, str(spy.calls))

    @rows(*[{"N": n, "TYPE": kind} for kind in (RSA, EC) for n in SIZES])
    def test_a_login_by_fingerprint_closes_every_find_and_finalizes_once(self, N, TYPE):
        spy = self.count("login by fingerprint", N, TYPE, lambda token: [{"fingerprint": token.fingerprint("user1")}])
        counts = spy.counts
        self.assertEqual(counts["C_FindObjectsInit"], counts["C_FindObjectsFinal"], str(counts))
        self.assertEqual(1, counts["C_Finalize"], str(counts))
        self.assertEqual(1, counts["C_Login"], str(counts))

    def test_the_order_of_the_calls_is_that_of_the_budget(self):
        spy = self.count("login by id", 8, RSA, [{"id": "01"}])
        search = ["C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal", "C_GetAttributeValue"]
        calls = [call for call in spy.calls if call != "C_GetTokenInfo"]
        self.assertEqual(
            ["C_GetFunctionList", "C_Initialize", "C_GetSlotList", "C_OpenSession", *search]
            + ["C_Login", *search, "C_SignInit", "C_Sign", "C_Finalize"],
            calls,
        )

    @rows(*[{"N": n, "TYPE": kind} for kind in (RSA, EC) for n in SIZES])
    def test_a_warm_agent_signs_with_two_calls(self, N, TYPE):
        token, spy = self.token("many", OTHERS=N - 1, TYPE=TYPE), self.spy()
        module = self.gate([{"id": "01"}], module=programs.SPY)
        server = self.server(token.public_key("user1"))
        agent = self.agent()
        self.add(agent, module)
        self.assertLogin(self.login(server, agent=agent))
        spy.reset()
        self.assertLogin(self.login(server, agent=agent))
        self.table.append((f"warm agent signature {TYPE}", N, len(spy.calls)))
        self.assertEqual(["C_SignInit", "C_Sign"], spy.calls)

    def test_a_listing_opens_no_hidden_token_and_logs_in_nowhere(self):
        token, spy = self.token("two-tokens"), self.spy()
        module = self.gate([{"token": {"label": "first"}, "id": "01"}], module=programs.SPY)
        keys, result = self.listing(module)
        self.assertEqual([token.public_key("user1").rsplit(" ", 1)[0]], keys, str(result))
        self.assertEqual((1, 0), (spy.counts["C_OpenSession"], spy.counts["C_Login"]), str(spy.counts))


if __name__ == "__main__":
    main()
