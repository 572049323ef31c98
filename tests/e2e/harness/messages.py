# SPDX-License-Identifier: BSD-2-Clause
"""The messages that config/, module/, daemon/ and tool/ can put, found in their sources."""

import re

_MESSAGES = re.compile(r"\b(?:reader_error|message_add|warn_by)\s*\(")
_LOGGED = re.compile(r"\blog_(?:error|notice|always)\s*\(")
_PRINTED = re.compile(r"\bfprintf\s*\(\s*stderr\s*,")
_ANSWERED = re.compile(r"\b(?:fprintf|fputs)\s*\(")
_EXPECTED = re.compile(r"\b(?:reader_expected|value_text|value_each|value_substituted|value_line|read_list|report_unknown)\s*\(")
_NAMED = re.compile(r'(?:\bexpected(?:\[\])?\s*=|\bSCHEMA\(\w+,)\s*"((?:[^"\\]|\\.)*)"')
_CHOOSERS = re.compile(r"(?ms)\bexpected_\w+\([^)]*\)\s*\{(.*?)^\}")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FAULT = re.compile(r'\bfault\s*=\s*"((?:[^"\\]|\\.)*)"')


def _joined(source):
    """Without comments and characters, with the parts of each text in one."""
    source = re.sub(r"(?s:/\*.*?\*/)|(?m:^\s*//.*$)", "", source)
    source = re.sub(r"'(?:\\.|[^'\\])'", "0", source)
    return re.sub(r'(?<!\\)"\s*"', "", source)


def _arguments(source, start):
    """From behind a bracket to the one that closes it."""
    depth, at, quoted = 1, start, False
    while depth:
        if source[at] == "\\":
            at += 1
        elif source[at] == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
    return source[start : at - 1]


def _plain(text):
    """Without C's escapes."""
    return re.sub(r'\\(["\\])', r"\1", text).strip()


def _pattern(text):
    """A format with ... for what is put in."""
    return re.sub(r"(?:%[-#.*0-9]*(?:ll|l|z)?[csduxXm])+", "...", _plain(text)).replace("%%", "%")


def _strings_in_calls(calls, source):
    return [_STRING.findall(_arguments(source, call.end())) for call in calls.finditer(source)]


def of(folder):
    """(messages, texts behind "expected"), each {pattern: file}; a text that is no format stands as it is."""
    messages, expected = {}, {}
    for path in sorted(folder.glob("*.c")):
        source = _joined(path.read_text())
        faults = _FAULT.findall(source)
        formats = [texts[0] for texts in _strings_in_calls(_MESSAGES, source) if texts]
        formats += [text for text in _STRING.findall(source) if re.match("found .*, expected ", text) and text not in faults]
        messages |= {_pattern(text): path.name for text in formats} | {_plain(text): path.name for text in faults}
        wanted = sum(_strings_in_calls(_EXPECTED, source), []) + _NAMED.findall(source)
        wanted += [text for body in _CHOOSERS.findall(source) for text in _STRING.findall(body)]
        expected |= {_plain(text): path.name for text in wanted}
    return messages, expected


def logged(folder):
    """{pattern: file} of what goes to the log whatever its level is; a plural is written as one."""
    found = {}
    for path in sorted(folder.glob("*.c")):
        calls = _strings_in_calls(_LOGGED, _joined(path.read_text()))
        found |= {re.sub(r"\b(key|token)\.\.\.", r"\1s", _pattern(texts[0])): path.name for texts in calls if texts}
    return found


def printed(folder):
    """{pattern: file} of the command's own messages that are written in one."""
    found = {}
    for path in sorted(folder.glob("*.c")):
        for texts in _strings_in_calls(_PRINTED, _joined(path.read_text())):
            match = re.fullmatch(r"p11gate(?: init)?: (.*)\\n", texts[0]) if texts else None
            if match is not None and not re.fullmatch(r"%s( %s: %s)?", match[1]):
                found[_pattern(match[1])] = path.name
    return found


def answered(folder):
    """The same of what the daemon has a command say; the command's own parts are in the file that asks it."""
    found = {}
    for path in (folder / "daemon/control.c", folder / "daemon/ask.c", folder / "tool/daemon.c"):
        for texts in _strings_in_calls(_ANSWERED, _joined(path.read_text())):
            found |= {_pattern(re.sub(r"^p11gate(?: unlock)?: |\\n$", "", text)): path.name for text in texts if text.endswith("\\n") and " " in text}
    return found
