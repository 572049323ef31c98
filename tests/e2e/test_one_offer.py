#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One permitted key among N: it is the only one offered, however ssh gets at it."""

from harness import Case, main, rows
from harness.ssh import bare

RSA, EC = "rsa:2048", "ec:P-256"
SIZES = [{"N": n, "TYPE": kind} for n in (1, 8, 32, 1000) for kind in (RSA, EC)]
CURVES = [{"N": 8, "TYPE": "ec:P-384"}, {"N": 8, "TYPE": "ec:P-521"}]


class OneOffer(Case):
    def many(self, N, TYPE, allow=None):
        """A token with N keys of which one is authorised and permitted; the module, the server and its fingerprint."""
        token = self.token("many", OTHERS=N - 1, TYPE=TYPE)
        mine = token.fingerprint("user1")
        module = self.gate(allow or [{"fingerprint": mine}])
        return module, self.server(token.public_key("user1")), mine

    @rows(*SIZES, *CURVES)
    def test_ssh_I_offers_one_key_and_logs_in(self, N, TYPE):
        module, server, mine = self.many(N, TYPE)
        login = self.login(server, module)
        self.assertLogin(login, [mine])
        self.assertEqual(["Enter PIN for 'many':"], login.prompts)
        self.assertEqual(([], [mine]), (server.failed, server.accepted))

    @rows(*SIZES, *CURVES)
    def test_PKCS11Provider_offers_one_key_and_logs_in(self, N, TYPE):
        module, server, mine = self.many(N, TYPE)
        self.assertLogin(self.login(server, module, by="config"), [mine])

    @rows(*SIZES, *CURVES)
    def test_an_agent_offers_one_key_and_does_so_after_it_was_removed_and_added_again(self, N, TYPE):
        module, server, mine = self.many(N, TYPE)
        agent = self.agent()
        for _ in range(2):
            self.add(agent, module)
            self.assertEqual(1, len(agent.keys()))
            self.assertLogin(self.login(server, agent=agent), [mine])
            self.assertLogin(self.login(server, agent=agent), [mine])
            self.assertTrue(agent.remove(module).ok)
            self.assertEqual([], agent.keys())

    @rows(*SIZES, *CURVES)
    def test_an_agent_and_PKCS11Provider_together_offer_one_key(self, N, TYPE):
        module, server, mine = self.many(N, TYPE)
        agent = self.agent()
        self.add(agent, module)
        self.assertLogin(self.login(server, module, agent=agent, by="config"), [mine])

    @rows(
        {"selector": "id", "value": "01"},
        {"selector": "label", "value": "user 1"},
        {"selector": "uri", "value": "pkcs11:token=many;object=user%201;id=%01"},
        {"selector": "all", "value": [{"token": {"label": "many"}}, {"label": {"glob": "user*"}}]},
        {"selector": "not", "value": {"label": {"glob": "filler*"}}},
        {"selector": "any", "value": [{"id": "77"}, {"id": "01"}]},
    )
    def test_every_selector_finds_the_one_key(self, selector, value):
        module, server, mine = self.many(8, RSA, [{selector: value}])
        self.assertLogin(self.login(server, module), [mine])

    def test_a_public_key_file_names_the_one_key(self):
        token = self.token("eight")
        path = self.sandbox.write("home/card.pub", token.public_key("user4") + "\n")
        module = self.gate([{"public_key": str(path)}])
        login = self.login(self.server(token.public_key("user4")), module)
        self.assertLogin(login, [token.fingerprint("user4")])


class Listing(Case):
    def names(self, token, keys):
        """The names of listed keys, in order."""
        known = {bare(line): name for name, line in token.public_keys().items()}
        return [known.get(key, key) for key in keys]

    @rows(
        {"TYPE": RSA, "allow": ["05"], "shown": "5"},
        {"TYPE": RSA, "allow": ["05", "02", "07"], "shown": "5 2 7"},
        {"TYPE": RSA, "allow": ["08", "07", "06", "05", "04", "03", "02", "01"], "shown": "8 7 6 5 4 3 2 1"},
        {"TYPE": EC, "allow": ["05", "99", "02"], "shown": "5 2"},
        {"TYPE": "ec:P-384", "allow": ["03", "01"], "shown": "3 1"},
        {"TYPE": "ec:P-521", "allow": ["03", "01"], "shown": "3 1"},
    )
    def test_ssh_keygen_D_lists_the_permitted_keys_in_the_order_of_the_rules(self, TYPE, allow, shown):
        token = self.token("eight", TYPE=TYPE)
        keys, result = self.listing(self.gate([{"id": id} for id in allow]))
        self.assertEqual([f"user{n}" for n in shown.split()], self.names(token, keys), str(result))

    def test_order_goes_before_the_order_of_the_rules(self):
        token = self.token("eight")
        allow = [{"id": f"0{n}", "use": {"order": 9 - n}} for n in (2, 4, 3)]
        keys, result = self.listing(self.gate(allow))
        self.assertEqual(["user4", "user3", "user2"], self.names(token, keys), str(result))

    def test_ssh_offers_the_keys_in_the_order_of_the_rules(self):
        token = self.token("eight")
        order = ["user6", "user1", "user3"]
        module = self.gate([{"fingerprint": token.fingerprint(name)} for name in order])
        login = self.login(self.server(token.public_key("user3")), module)
        self.assertLogin(login, [token.fingerprint(name) for name in order])

    def test_show_label_is_what_ssh_keygen_D_prints(self):
        self.token("eight")
        module = self.gate([{"id": "02", "use": {"show_label": "%u on the card"}}])
        _, result = self.listing(module)
        user = self.sandbox.environment["USER"]
        self.assertEqual(f"{user} on the card", " ".join(result.stdout.split()[2:]), str(result))

    def test_all_eight_are_listed_with_allow_all(self):
        token = self.token("eight")
        keys, _ = self.listing(self.gate("all"))
        self.assertEqual(sorted(token.public_keys()), sorted(self.names(token, keys)))

    def test_the_policy_may_be_given_by_the_home_folder_s_XDG_CONFIG_HOME(self):
        token = self.token("eight")
        module = self.gate([{"id": "05"}])
        del self.sandbox.environment["P11GATE_CONFIG"]
        keys, result = self.listing(module)
        self.assertEqual(["user5"], self.names(token, keys), str(result))

    def test_a_module_is_found_by_its_name_in_p11_kit_s_folder(self):
        token, spy = self.token("eight"), self.spy()
        keys, result = self.listing(self.gate([{"id": "05"}], module="pkcs11-spy.so"))
        self.assertEqual(["user5"], self.names(token, keys), str(result))
        self.assertIn("C_Initialize", spy.calls)


if __name__ == "__main__":
    main()
