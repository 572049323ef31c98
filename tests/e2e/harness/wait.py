# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for what another process does."""

import time


def wait_for(condition, what, seconds=10):
    """Waits until condition() is true."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.01)
