# SPDX-License-Identifier: BSD-2-Clause
"""SSSD's own library of certificate rules (sss-certmap(5)), to ask what it makes of a certificate."""

import ctypes
import errno

_library = ctypes.CDLL("libsss_certmap.so.0")


def matches(rules, der):
    """Whether one of the matching rules, the first of the highest priority, fits the certificate."""
    context = ctypes.c_void_p()
    assert _library.sss_certmap_init(None, None, None, ctypes.byref(context)) == 0
    for priority, rule in enumerate(rules):
        code = _library.sss_certmap_add_rule(context, ctypes.c_uint32(priority), rule.encode() if rule else None, None, None)
        assert code == 0, f"{rule}: {code}"
    code = _library.sss_certmap_match_cert(context, der, ctypes.c_size_t(len(der)))
    _library.sss_certmap_free_ctx(context)
    assert code in (0, errno.ENOENT), code
    return code == 0
