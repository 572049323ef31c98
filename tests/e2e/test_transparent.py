#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Under preset transparent every client says what it says without p11gate: exit code and output."""

import shutil

from harness import Both, clients, main, programs, rows

LOGIN = "pkcs11-tool --module MODULE --login --pin 1234"
OPEN = "pkcs11-tool --module MODULE"
URI = "pkcs11:token=usage;object"


class PKCS11Tool(Both):
    @rows(*[{"words": words} for words in ("-I", "-L", "-T", "-M", "-O", "-r --type cert --id 01 -o work/out")],
          {"words": "--list-interfaces", "rc": "!"})
    def test_without_a_login(self, words, rc=""):
        self.assertSame([f"{rc}{OPEN} {words}"])

    @rows(
        {"words": "-O"},
        {"words": "--test", "rc": "!"},
        {"words": "--session-rw --test-ec --key-type EC:prime256v1 --id 0a", "rc": "!", "random": True},
        {"words": "-r --type data --label 'a file'"},
        {"words": "--sign -m SHA256-RSA-PKCS --id 01 -i work/text"},
        {"words": "--decrypt -m RSA-PKCS --id 01 -i work/hash", "rc": "!"},
        {"words": "--hash -m SHA256 -i work/text"},
        {"words": "--sign -m ECDSA --id 01 -i work/hash", "rc": "!"},
        {"words": "--unlock-pin --new-pin 5678", "rc": "!"},
        {"words": "--test-fork -O", "rc": "!"},
        {"words": "--login-type so --so-pin 12345678 -O", "rc": "!"},
        {"words": "--init-token --label x --so-pin 99999999", "rc": "!"},
    )
    def test_with_a_login(self, words, rc="", random=False):
        self.assertSame([f"{rc}{LOGIN} {words}"], random)

    def test_signatures_verify(self):
        sign = f"{LOGIN} --sign --id 02 -m ECDSA --signature-format openssl -i work/hash -o work/signature"
        self.assertSame([
            sign,
            f"{LOGIN} --verify --id 02 -m ECDSA --signature-format openssl -i work/hash --signature-file work/signature",
            f"{LOGIN} --sign --id 01 -m SHA256-RSA-PKCS-PSS -i work/text -o work/pss",
            f"{LOGIN} --verify --id 01 -m SHA256-RSA-PKCS-PSS -i work/text --signature-file work/pss",
        ])

    def test_keys_are_made_used_and_deleted(self):
        self.assertSame([
            f"{LOGIN} --keypairgen --key-type rsa:1024 --id 0a --label new",
            f"{LOGIN} --keypairgen --key-type EC:prime256v1 --id 0b --label newec",
            f"{LOGIN} --sign -m ECDSA --id 0b -i work/hash -o work/signature",
            f"{LOGIN} --keygen --key-type AES:16 --id 0c --label aes",
            f"{LOGIN} --encrypt -m AES-CBC --iv 00000000000000000000000000000000 --id 0c -i work/block -o work/encrypted",
            f"{LOGIN} --decrypt -m AES-CBC --iv 00000000000000000000000000000000 --id 0c -i work/encrypted",
            f"{LOGIN} --write-object work/text --type data --label note --application-label application",
            f"{LOGIN} --set-id 0d --type pubkey --id 0a",
            f"{LOGIN} --delete-object --type privkey --id 0a",
            f"!{LOGIN} --delete-object --type privkey --id 0a",
        ], random=True)

    def test_PINs_are_changed(self):
        self.assertSame([
            f"{LOGIN} --change-pin --new-pin 5678",
            f"!{LOGIN} -O",
            f"!{LOGIN} -O",
            f"{OPEN} --login --login-type so --so-pin 12345678 --init-pin --new-pin 1234",
            f"{LOGIN} -O",
        ])

    def test_a_token_is_initialised(self):
        self.assertSame([f"{OPEN} --init-token --slot-index 0 --label again --so-pin 12345678", f"{OPEN} -T"])


class OwnTests(Both):
    """The tests that pkcs11-tool brings along, on a library with what they want: SHA-256 for OAEP, which SoftHSM lacks, is not listed, and
    CKM_ECDSA_SHA1 signs."""

    def vendor(self):
        conf = self.made.folder / "softhsm2.conf"
        listed = ("RSA_X_509", "RSA_PKCS", "SHA1_RSA_PKCS", "SHA256_RSA_PKCS", "EC_KEY_PAIR_GEN", "ECDSA", "MD5", "SHA_1", "SHA256")
        conf.write_text(conf.read_text() + f"slots.mechanisms = {','.join('CKM_' + name for name in listed)}\n")
        return self.odd_vendor("ecdsa-sha1")

    def test_they_pass(self):
        ((_, _, stdout, _),) = self.assertSame([f"{LOGIN} --test"])
        self.assertIn("No errors", stdout)
        self.assertIn("Decryption (currently only for RSA)\n", stdout)

    def test_those_of_EC_keys_pass(self):
        ((_, _, stdout, _),) = self.assertSame([f"{LOGIN} --session-rw --test-ec --key-type EC:prime256v1 --id 0a"], random=True)
        self.assertIn("==> OK", stdout)


class P11Tool(Both):
    @rows(
        {"words": "--list-tokens"},
        {"words": "--list-token-urls"},
        {"words": "--list-all"},
        {"words": "--login --set-pin=1234 --list-all"},
        {"words": "--list-mechanisms pkcs11:token=usage"},
        {"words": f"--login --set-pin=1234 --test-sign '{URI}=rsa;type=private'"},
        {"words": f"--login --set-pin=1234 --test-sign '{URI}=ec;type=private'"},
        {"words": f"--info '{URI}=ec;type=cert'"},
        {"words": f"--export '{URI}=rsa;type=cert'"},
        {"words": f"--login --set-pin=1234 --delete --batch '{URI}=rsa;type=cert'"},
        {"words": f"--generate-random=8 pkcs11:token=usage --outfile work/random"},
    )
    def test_p11tool(self, words):
        self.assertSame([f"p11tool --provider MODULE {words}"])

    def test_p11tool_makes_a_key(self):
        words = "--login --set-pin=1234 --generate-privkey=ecdsa --curve=secp256r1 --label=new --id=0a --outfile=work/key"
        self.assertSame([f"p11tool --provider MODULE {words} pkcs11:token=usage"])


class P11Kit(Both):
    """p11gate in p11-kit's configuration, as all that use p11-kit find it."""

    def prepare(self, work, module):
        super().prepare(work, module)
        return clients.use_p11_kit(self.sandbox, self.made, module)

    @rows(
        {"line": "p11-kit list-modules"},
        {"line": "p11tool --list-tokens"},
        {"line": "p11tool --login --set-pin=1234 --list-all pkcs11:token=usage"},
        {"line": "pkcs11-tool --module p11-kit-proxy.so --token-label usage --login --pin 1234 -O"},
        {"line": "pkcs11-tool --module p11-kit-proxy.so --token-label usage --login --pin 1234 --sign -m SHA256-RSA-PKCS --id 01 -i work/text"},
        {"line": "pkcs11-tool --module p11-kit-proxy.so --token-label usage -M"},
    )
    def test_p11_kit(self, line):
        self.assertSame([line])


class GnuTLS(Both):
    """A client certificate whose key is on the token, against gnutls-serv."""

    @rows({"key": "rsa"}, {"key": "ec"})
    def test_gnutls_serv_accepts_the_client(self, key):
        token = self.token(self.TOKEN)
        self.gate("all", preset="transparent")
        server = clients.TLSServer(self.sandbox, token.certificate(key))
        direct, through = (server.connect(module, key) for module in (programs.VENDOR, programs.MODULE))
        self.assertTrue(direct.ok, str(direct))
        self.assertTrue(through.ok, str(through))
        self.assertIn("- Successfully sent 1 certificate(s) to server.", through.stdout)
        self.assertIn("\nhello\n", through.stdout)
        self.assertEqual(direct.stderr, through.stderr)


class OpenSSL(Both):
    """libp11's engine, through which programs with OpenSSL reach a token."""

    def prepare(self, work, module):
        super().prepare(work, module)
        clients.use_engine(self.sandbox, module)

    @rows({"key": "rsa"}, {"key": "ec"})
    def test_dgst_signs_and_verifies(self, key):
        self.assertSame([
            f"openssl dgst -engine pkcs11 -keyform engine -sha256 -sign '{URI}={key};type=private' -out work/signature work/text",
            f"openssl dgst -engine pkcs11 -keyform engine -sha256 -verify '{URI}={key};type=public' -signature work/signature work/text",
        ])

    def test_pkeyutl_signs_and_decrypts(self):
        key = f"-engine pkcs11 -keyform engine -inkey '{URI}=rsa"
        said = self.assertSame([
            f"openssl pkeyutl -sign {key};type=private' -in work/hash -out work/signature",
            f"openssl pkeyutl -verifyrecover {key};type=public' -in work/signature -hexdump",
            f"openssl pkeyutl -encrypt {key};type=public' -in work/hash -out work/encrypted",
            f"openssl pkeyutl -decrypt {key};type=private' -in work/encrypted -hexdump",
        ])
        self.assertIn("00 01 02 03", said[3][2].replace("-", " "))


class NSS(Both):
    def prepare(self, work, module):
        super().prepare(work, module)
        (work / "db").mkdir()
        (work / "pin").write_text("1234\n")

    def test_modutil_lists_and_certutil_signs(self):
        said = self.assertSame([
            "modutil -dbdir sql:work/db -create -force",
            "modutil -dbdir sql:work/db -force -add vendor -libfile MODULE",
            "modutil -dbdir sql:work/db -list vendor",
            "certutil -d sql:work/db -L -h all -f work/pin",
            "certutil -d sql:work/db -K -h usage -f work/pin",
            "certutil -d sql:work/db -R -h usage -k 01 -s CN=request -f work/pin -a -o work/request",
            "openssl req -in work/request -verify -noout",
            "certutil -d sql:work/db -R -h usage -k 02 -s CN=request -f work/pin -a -o work/request-ec",
            "openssl req -in work/request-ec -verify -noout",
        ])
        self.assertIn("usage:rsa", said[3][2])


class Others(Both):
    def test_PyKCS11(self):
        self.sandbox.write("client.py", clients.PYKCS11)
        said = self.assertSame(["/usr/bin/python3 client.py MODULE"])
        self.assertIn("CKR_SLOT_ID_INVALID", said[0][2])

    def test_openvpn_lists_its_ids(self):
        said = self.assertSame(["openvpn --show-pkcs11-ids MODULE"])
        self.assertEqual(2, said[0][2].count("Serialized id"))


class GnuPG(Both):
    TOKEN = "A"  # gnupg-pkcs11-scd stops at an EC key, and SoftHSM lists objects in an order of its own

    def test_gnupg_pkcs11_scd_learns_and_signs(self):
        self.sandbox.write("scd.py", clients.GNUPG)
        said = self.assertSame(["/usr/bin/python3 scd.py MODULE"])
        self.assertEqual(1, said[0][2].count("KEYPAIRINFO"))
        self.assertIn("signature of 256 bytes", said[0][2])


class OpenSSH(Both):
    def prepare(self, work, module):
        super().prepare(work, module)
        user = self.sandbox.folder / "user"
        if not user.exists():
            key = self.sandbox.run(programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-C", "user", "-f", user)
            self.assertTrue(key.ok, str(key))
        shutil.copy(user.with_suffix(".pub"), work)

    @rows({"key": "rsa"}, {"key": "ec"})
    def test_ssh_keygen_signs_with_a_CA_key_on_the_token(self, key):
        authority = self.token(self.TOKEN).public_key(key)
        self.sandbox.write("ca.pub", authority + "\n")
        self.sandbox.environment |= self.askpass().environment
        said = self.assertSame([
            f"sh -c '{programs.SSH_KEYGEN} -D MODULE | sort'",  # SoftHSM's order may be another each time
            f"{programs.SSH_KEYGEN} -s ca.pub -D MODULE -I identity -n user work/user.pub",
            f"{programs.SSH_KEYGEN} -L -f work/user-cert.pub",
        ])
        self.assertIn("Signed user key", said[1][3] + said[1][2])

    @rows({"key": "rsa"}, {"key": "ec"})
    def test_ssh_keygen_signs_with_a_CA_key_in_an_agent(self, key):
        for module in (programs.VENDOR, programs.MODULE):
            authority = self.token(self.TOKEN).public_key(key)
            self.gate("all", preset="transparent")
            self.sandbox.write("ca.pub", authority + "\n")
            agent = self.agent(name=self.sandbox.name("agent"))
            self.add(agent, module)
            self.sandbox.environment["SSH_AUTH_SOCK"] = agent.socket
            self.commands(module, [f"{programs.SSH_KEYGEN} -U -s ca.pub -I identity -n user work/user.pub"])

    @rows({"key": "rsa"}, {"key": "ec"})
    def test_git_signs_a_commit_through_the_agent(self, key):
        for module in (programs.VENDOR, programs.MODULE):
            line = self.token(self.TOKEN).public_key(key)
            self.gate("all", preset="transparent")
            agent = self.agent(name=self.sandbox.name("agent"))
            self.add(agent, module)
            self.sandbox.environment |= {"SSH_AUTH_SOCK": agent.socket, "GIT_CONFIG_NOSYSTEM": "1"}
            self.sandbox.write("signers", f"user@example {line}\n")
            self.sandbox.write("signer.pub", line + "\n")
            git = "git -C work -c user.name=user -c user.email=user@example -c gpg.format=ssh"
            said = self.commands(module, [
                f"{git} init -q",
                f"{git} -c user.signingkey={self.sandbox.folder}/signer.pub commit -q --allow-empty -S -m one",
                f"{git} -c gpg.ssh.allowedSignersFile={self.sandbox.folder}/signers verify-commit HEAD",
            ])
            self.assertIn('Good "git" signature for user@example', said[2][3] + said[2][2])


if __name__ == "__main__":
    main()
