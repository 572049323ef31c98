# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests of a file and says how they went in TAP, a line for each, as meson reads it."""

import signal
import sys
import time
import unittest


def rows(*table):
    """Makes one test of each row, a dict of arguments, of the method below it; its name gets the values."""

    def mark(method):
        method.rows = table
        return method

    return mark


def expand(case):
    """Replaces the methods that rows() marked in a class by one method for each row."""
    for name, method in list(vars(case).items()):
        for row in getattr(method, "rows", ()):
            words = " ".join(f"{key}={value}" for key, value in row.items())
            test = f"{name}: {words.encode('unicode_escape').decode()}"
            assert test not in vars(case), f"two tests of one name: {test}"
            setattr(case, test, _bind(method, row))
        if hasattr(method, "rows"):
            delattr(case, name)


def _bind(method, row):
    return lambda self: method(self, **row)


class _Result(unittest.TestResult):
    _started = None  # while a class is set up

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()

    def addSuccess(self, test):
        self._line("ok", test)

    def addSkip(self, test, reason):
        self._line("ok", test, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line("not ok", test)
        comment(self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(subtest, err)

    def _line(self, verdict, test, more=""):
        name = test.id().split(".")[-1] if hasattr(test, "_testMethodName") else str(test)
        name = getattr(test, "_testMethodName", name).removeprefix("test_").replace("_", " ").replace("#", "")
        print(f"{verdict} {self.testsRun} - {name}{more}", flush=True)
        if self._started and time.monotonic() - self._started > 5:
            comment(f"took {time.monotonic() - self._started:.1f} s")


def comment(text):
    """Prints lines that TAP readers show as comments."""
    for line in str(text).rstrip().splitlines():
        print(f"# {line}", flush=True)


def main():
    """Runs the tests of __main__ whose names contain one of the arguments (all without arguments)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that was started ends
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    words = sys.argv[1:]
    tests = [test for group in suite for test in group if not words or any(word in test.id() for word in words)]
    if not tests:
        sys.exit(f"no test is called {' or '.join(words)}")
    print(f"TAP version 13\n1..{len(tests)}")
    result = _Result()
    unittest.TestSuite(tests).run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
