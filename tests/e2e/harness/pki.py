# SPDX-License-Identifier: BSD-2-Clause
"""Certificates made by the openssl command, in seconds and in a folder of their own."""

import itertools
import pathlib
import subprocess

# What a certificate of a person has, if nothing else is said; "" leaves an extension out.
EXTENSIONS = {"basicConstraints": "critical,CA:FALSE", "keyUsage": "critical,digitalSignature"}
AUTHORITY = {"basicConstraints": "critical,CA:TRUE", "keyUsage": "critical,keyCertSign,cRLSign"}
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"


class Pki:
    """A folder with keys and the certificates that were made of them; a name is that of the files."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self._serials = itertools.count(1000)

    def openssl(self, *words):
        result = subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, f"openssl {' '.join(map(str, words))}: {result.stderr}"
        return result.stdout

    def key(self, name, kind="ec:P-256"):
        """The private key of that name, made if it is not there."""
        path = self.folder / f"{name}.key"
        if not path.exists():
            how, size = kind.split(":")
            option = f"ec_paramgen_curve:{size}" if how == "ec" else f"rsa_keygen_bits:{size}"
            self.openssl("genpkey", "-algorithm", how.upper(), "-pkeyopt", option, "-out", path)
        return path

    def certificate(self, name, subject, issuer=None, key="person", serial=None, days=30, more="", **extensions):
        """Makes NAME.pem and returns its path. SUBJECT: /TYPE=VALUE/TYPE=VALUE, most general first. Without an issuer it is signed by its own
        key. days: -1: over since yesterday. more: sections that the extensions name, as in x509v3_config(5)."""
        path, config = self.folder / f"{name}.pem", self.folder / f"{name}.cnf"
        lines = [f"{kind} = {value}" for kind, value in (EXTENSIONS | extensions).items() if value]
        config.write_text("\n".join(["[req]", "distinguished_name = none", "[none]", "[extensions]", *lines, more, ""]))
        request = ["req", "-new", "-utf8", "-config", config, "-key", self.key(key), "-subj", subject]
        words = ["-extensions", "extensions", "-days", days, "-out", path]
        if issuer is not None:
            words += ["-CA", self.folder / f"{issuer}.pem", "-CAkey", self.key(issuer)]
        words += ["-set_serial", serial if serial is not None else next(self._serials)]
        if days > 0:
            self.openssl(*request, "-x509", *words)
        else:  # which `openssl req` does not make
            self.openssl(*request, "-out", self.folder / "request")
            self.openssl("x509", "-req", "-in", "request", "-extfile", config, *words)
        return path

    def crl(self, issuer, revoked=(), hours=48):
        """Makes ISSUER.crl, which revokes those serial numbers; returns the path."""
        path, config, index = self.folder / f"{issuer}.crl", self.folder / f"{issuer}.crl.cnf", self.folder / f"{issuer}.index"
        index.write_text("".join(f"R\t491231235959Z\t250101000000Z\t{serial:04X}\tunknown\t/CN=x\n" for serial in revoked))
        number = self.folder / f"{issuer}.number"
        number.write_text("01\n")
        config.write_text(f"[ca]\ndefault_ca = here\n[here]\ndatabase = {index}\ncrlnumber = {number}\ndefault_md = sha256\n")
        words = ["-gencrl", "-config", config, "-cert", self.folder / f"{issuer}.pem", "-keyfile", self.key(issuer), "-crlhours", hours, "-out", path]
        self.openssl("ca", *words)
        return path

    def authority(self, name, subject, issuer=None, **extensions):
        """A certificate of an authority, with a key of its own."""
        return self.certificate(name, subject, issuer, key=name, **(AUTHORITY | extensions))
