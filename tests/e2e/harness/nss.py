# SPDX-License-Identifier: BSD-2-Clause
"""NSS's software token, whose library wants arguments for C_Initialize."""

import os

from . import programs
from .stack import Stack, authorized


class Nss(Stack):
    """A database with a key of each name. Beside its token NSS shows one for its algorithms, which holds nothing."""

    name = "NSS"
    module = programs.SOFTOKEN
    label = "NSS Certificate DB"
    names = ("badge", "spare")

    def make(self):
        database = self.sandbox.folder / "nss"
        database.mkdir(mode=0o700)
        self.init_args = f"configdir='sql:{database}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=readOnly"
        where = ("-d", f"sql:{database}", "-f", self.sandbox.write("pin", self.pin + "\n"))
        self.run(programs.CERTUTIL, "-N", *where)
        for serial, name in enumerate(self.names, 1):
            noise = self.sandbox.write("noise", os.urandom(2048).hex())
            self.run(
                programs.CERTUTIL, "-S", *where, "-n", name, "-s", f"CN={name}", "-x", "-t", "u,u,u", "-g", "2048", "-z", noise, "-m", serial,
            )
            certificate = self.sandbox.write(f"{name}.crt", self.run(programs.CERTUTIL, "-L", *where, "-n", name, "-a"))
            public = self.sandbox.write(f"{name}.pub", self.pki.openssl("x509", "-in", certificate, "-noout", "-pubkey"))
            self.keys[name] = authorized(public)
