"""Quotes in a line of YAML: where a quoted value begins and ends, and what is wrong inside it."""

import re
from collections.abc import Iterator

_VALUE_QUOTE = re.compile(r"(?P<comment>(?:^|\s)#)|(?:^\s*|[:-]\s+|[\[{,]\s*)['\"]")
_CLOSED = {'"': re.compile(r'"(?:[^"\\]|\\.)*"'), "'": re.compile(r"'(?:[^']|'')*'")}
_BAD_ESCAPE = re.compile(r"\\(?!x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0abt\tnvfre \"/\\N_LP])")
_ESCAPE = re.compile(r"\\.")


def unclosed(line: str) -> int | None:
    """The 1-based column of a quote that starts a value and isn't closed on its line."""
    position = 0
    while (found := _VALUE_QUOTE.search(line, position)) and found["comment"] is None:
        start = found.end() - 1
        closed = _CLOSED[line[start]].match(line, start)
        if closed is None:
            return start + 1
        position = closed.end()
    return None


def bad_escape(line: str) -> int | None:
    """The 1-based column of a backslash in a double-quoted value that YAML can't read."""
    for start, end in _double_quoted(line):
        position = start
        while found := _ESCAPE.search(line, position, end):
            if _BAD_ESCAPE.match(line, found.start()):
                return found.start() + 1
            position = found.end()
    return None


def with_doubled_backslashes(line: str) -> str:
    """The line with two backslashes for each one inside double quotes."""
    for start, end in reversed(list(_double_quoted(line))):
        line = line[:start] + line[start:end].replace("\\", "\\\\") + line[end:]
    return line


def _double_quoted(line: str) -> Iterator[tuple[int, int]]:
    """Where each double-quoted value of a line begins and ends."""
    position = 0
    while (found := _VALUE_QUOTE.search(line, position)) and found["comment"] is None:
        start = found.end() - 1
        closed = _CLOSED[line[start]].match(line, start)
        if closed is None:
            return
        if line[start] == '"':
            yield start, closed.end()
        position = closed.end()
