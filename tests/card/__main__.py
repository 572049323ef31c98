# SPDX-License-Identifier: BSD-2-Clause
"""Virtual smart cards, of which one at a time is in vpcd's reader.

    python3 -m card PORT SOCKET [LOG]     with tests/ as the working folder

speaks with vpcd on 127.0.0.1:PORT and obeys the test that connects to SOCKET (control.py) until that hangs up.
LOG gets a line for each command and its answer, without their data.
"""

import select
import sys
import time

from .control import Control
from .link import Link
from .trouble import Trouble


def main(port, path, log_path="/dev/null"):
    with open(log_path, "a", encoding="utf-8", buffering=1) as file:
        trouble = Trouble()
        link = Link(int(port), trouble, lambda text: print(f"{time.monotonic():.3f} {text}", file=file))
        control = Control(path, link, trouble)
        alive = True
        while alive:
            ready = select.select(control.sockets + link.sockets, [], [], link.seconds())[0]
            if set(ready) & set(link.sockets):
                link.read()
            if set(ready) & set(control.sockets):
                alive = control.read()
            link.tick()


if __name__ == "__main__":
    main(*sys.argv[1:])
