# SPDX-License-Identifier: BSD-2-Clause
"""What the end-to-end tests share: see tests/e2e/README.md."""

from . import clients, cryptoki, isolation, openssl, oracle, pages, programs, ssh, vocabulary
from .both import Both
from .case import Case
from .tap import comment, main, rows

__all__ = ["Both", "Case", "clients", "comment", "cryptoki", "isolation", "main", "openssl", "oracle", "pages", "programs", "rows", "ssh", "vocabulary"]
