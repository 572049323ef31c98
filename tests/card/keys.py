# SPDX-License-Identifier: BSD-2-Clause
"""Keys of a card, each with its certificate."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

from . import tlv

_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
# Algorithm identifiers of SP 800-78-4, table 6-2; 05 is SP 800-78-5's.
_RSA, _EC = {1024: 0x06, 2048: 0x07, 3072: 0x05}, {256: 0x11, 384: 0x14}
_PREHASHED = {digest.digest_size: digest for digest in (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())}
_DAYS = datetime.timedelta(days=300)


class Key:
    """KIND is rsa:BITS or ec:CURVE; the certificate, DER, names the key NAME."""

    def __init__(self, kind, name):
        family, what = kind.split(":")
        if family == "rsa":
            self._private = rsa.generate_private_key(public_exponent=65537, key_size=int(what))
        else:
            self._private = ec.generate_private_key(_CURVES[what])
        self.is_rsa = family == "rsa"
        self.algorithm = (_RSA if self.is_rsa else _EC)[self._private.key_size]
        self.certificate = self._certify(name)

    def _certify(self, name):
        subject = x509.Name.from_rfc4514_string(f"CN={name},O=p11gate tests")
        now = datetime.datetime.utcnow()
        builder = x509.CertificateBuilder(subject, subject, self._private.public_key(), x509.random_serial_number(), now - _DAYS, now + _DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return builder.sign(self._private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def ssh(self):
        """The public key as ssh writes it: "TYPE BASE64"."""
        return self._private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()

    def public(self):
        """The inside of a public key template, 7F49 (SP 800-73-4, part 2, 3.3.2)."""
        public = self._private.public_key()
        if not self.is_rsa:
            return tlv.encode("86", public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint))
        numbers = public.public_numbers()
        return tlv.encode("81", self._number(numbers.n)) + tlv.encode("82", numbers.e.to_bytes(3, "big"))

    def use(self, data):
        """RSA's plain operation on a padded block, or ECDSA on a digest; ValueError if the data is neither."""
        if not self.is_rsa:
            if len(data) not in _PREHASHED:
                raise ValueError("no digest")
            return self._private.sign(data, ec.ECDSA(utils.Prehashed(_PREHASHED[len(data)])))
        numbers = self._private.private_numbers()
        block = int.from_bytes(data, "big")
        if len(data) * 8 != self._private.key_size or block >= numbers.public_numbers.n:
            raise ValueError("no block of the key's size")
        return self._number(pow(block, numbers.d, numbers.public_numbers.n))

    def _number(self, number):
        return number.to_bytes(self._private.key_size // 8, "big")
