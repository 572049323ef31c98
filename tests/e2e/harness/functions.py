# SPDX-License-Identifier: BSD-2-Clause
"""The functions of PKCS#11 2.40, as the project's table has them (common/functions.def): those that p11-kit's protocol knows."""

import importlib.util
import pathlib

_COMMON = pathlib.Path(__file__).resolve().parents[3] / "common"


def table():
    """{name: kinds of its arguments, in order}; what a function writes, but for bytes and numbers in it, is an `info`."""
    spec = importlib.util.spec_from_file_location("generate", _COMMON / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    return {function.name: [argument.kind for argument in function.arguments] for function in generate.first(generate.read(_COMMON / "functions.def"))}
