# SPDX-License-Identifier: BSD-2-Clause
"""A fault of one line: where, what stands there (once in its file), what stands there instead, what that would mean, and the tests that are run
first, by their names in meson."""

import collections

Fault = collections.namedtuple("Fault", "file old new why tests")
