# SPDX-License-Identifier: BSD-2-Clause
"""Plots of lines as SVG, which can be read on light and on dark pages."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 170, 40, 50
# Told apart by their marks, too.
COLOURS = (("#0b62c4", "#6cb2ff"), ("#b3400e", "#ff9d66"), ("#1a7a3c", "#6fd68f"), ("#7a2ea0", "#d49bf0"))
MARKS = ("M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-5L5 0L0 5L-5 0z", "M-4-4L4 4M-4 4L4-4")


def style():
    light = "".join(f".c{number}{{stroke:{one};fill:{one}}}" for number, (one, _) in enumerate(COLOURS))
    dark = "".join(f".c{number}{{stroke:{one};fill:{one}}}" for number, (_, one) in enumerate(COLOURS))
    return (
        "svg{background:#fff}text{font:12px sans-serif;fill:#222}.axis{stroke:#666}.grid{stroke:#ddd}path.line{fill:none;stroke-width:2}"
        f"{light}@media(prefers-color-scheme:dark){{svg{{background:#14171a}}text{{fill:#ddd}}.axis{{stroke:#999}}.grid{{stroke:#333}}{dark}}}"
    )


class Scale:
    """Of numbers to places of a picture."""

    def __init__(self, values, start, end, logarithmic):
        self._logarithmic = logarithmic
        self.ticks = powers(values) if logarithmic else steps(max(values))
        self._low, self._high = (self._of(one) for one in (self.ticks[0], self.ticks[-1]))
        self._start, self._end = start, end

    def _of(self, value):
        return math.log10(value) if self._logarithmic else value

    def place(self, value):
        return round(self._start + (self._end - self._start) * (self._of(value) - self._low) / (self._high - self._low), 1)


def powers(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10**power for power in range(low, max(high, low + 1) + 1)]


def steps(most):
    step = next(one for one in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, math.inf) if most / one <= 9)
    return [round(step * number, 3) for number in range(math.ceil(most / step) + 1)]


def axes(x, y, below):
    for tick in y.ticks:
        yield f'<path class="grid" d="M{LEFT} {y.place(tick)}H{WIDTH - RIGHT}"/><text x="{LEFT - 8}" y="{y.place(tick) + 4}" text-anchor="end">{tick:g}</text>'
    for tick in x.ticks:
        yield f'<path class="grid" d="M{x.place(tick)} {TOP}V{HEIGHT - BOTTOM}"/><text x="{x.place(tick)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>'
    yield f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{HEIGHT - 12}" text-anchor="middle">{escape(below)}</text>'


def series(number, name, points):
    yield f'<path class="line c{number}" d="M{"L".join(f"{x} {y}" for x, y in points)}"/>'
    for x, y in [*points, (WIDTH - RIGHT + 18, TOP + 8 + 20 * number)]:
        yield f'<path class="c{number}" transform="translate({x} {y})" d="{MARKS[number]}"/>'
    yield f'<text x="{WIDTH - RIGHT + 30}" y="{TOP + 12 + 20 * number}">{escape(name)}</text>'


def lines(title, below, named, logarithmic=False):
    """named: points by the name of their line. logarithmic: both axes."""
    points = [point for line in named.values() for point in line]
    x = Scale([point[0] for point in points], LEFT, WIDTH - RIGHT, logarithmic)
    y = Scale([point[1] for point in points], HEIGHT - BOTTOM, TOP, logarithmic)
    parts = list(axes(x, y, below))
    for number, (name, line) in enumerate(named.items()):
        parts += series(number, name, [(x.place(one), y.place(other)) for one, other in line])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img"><title>{escape(title)}</title>'
        f'<style>{style()}</style><text x="{LEFT}" y="22">{escape(title)}</text>\n' + "\n".join(parts) + "\n</svg>\n"
    )
