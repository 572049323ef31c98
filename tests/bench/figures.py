# SPDX-License-Identifier: BSD-2-Clause
"""What is made of measured numbers: ratios with their spread, and whether a target was reached."""

import dataclasses
import statistics


@dataclasses.dataclass
class Spread:
    """Median and quartiles of several rounds."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values):
        values = list(values)
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(low, median, high)

    def __str__(self):
        return f"{number(self.median)} ({number(self.low)}-{number(self.high)})"


def ratios(values, base):
    """Of rounds in which both were measured one after the other."""
    return Spread.of(one / other for one, other in zip(values, base, strict=True))


def number(value):
    """A count as it is, anything else with three digits."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


@dataclasses.dataclass
class Target:
    """counted: it holds on any machine at any time, so that missing it is a failure."""

    what: str
    goal: str
    measured: str
    reached: bool
    counted: bool

    @classmethod
    def at_most(cls, what, value, most, counted=True, text=None):
        return cls(what, f"at most {number(most)}", text or number(value), value <= most, counted)

    @classmethod
    def at_least(cls, what, spread, least):
        return cls(what, f"at least {number(least)}", str(spread), spread.median >= least, False)


@dataclasses.dataclass
class Section:
    """A part of the page: its text, tables as (heading, rows), files of plots by name, and targets."""

    title: str
    text: str
    tables: list = dataclasses.field(default_factory=list)
    plots: dict = dataclasses.field(default_factory=dict)
    targets: list = dataclasses.field(default_factory=list)
