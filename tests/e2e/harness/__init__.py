# SPDX-License-Identifier: BSD-2-Clause
"""What the end-to-end tests share: see tests/e2e/README.md."""

from . import cryptoki, openssl, oracle, pages, programs, ssh
from .case import Case
from .tap import comment, main, rows

__all__ = ["Case", "comment", "cryptoki", "main", "openssl", "oracle", "pages", "programs", "rows", "ssh"]
