"""From an offset in a text to a file, a line and a column."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

# What editors count as the end of a line; libyaml also counts U+0085, U+2028 and U+2029, so its own line numbers aren't used.
_LINE_END = re.compile(r"\r\n|\n|\r")

LIST_MARKS = "－—–﹣•·●▪◦"
"""What word processors and input methods write for the dash of a list."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a text, 1-based, in characters."""

    line: int
    column: int
    file: str = ""
    """The file, as it is named beside faq.yaml: questions/home_visit.txt; empty for faq.yaml itself."""


class SourceText:
    """A text whose lines are counted as editors count them."""

    def __init__(self, text: str, original: Mapping[int, str] | None = None, file: str = "") -> None:
        """Take a text, by number the lines that were different before they were repaired, and the file for its places."""
        self.text = text
        self.file = file
        self._original = original or {}
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def place(self, offset: int) -> Place:
        """The line and column of a character; in a repaired line, those that it had before the repair."""
        line = bisect_right(self._starts, offset)
        column = offset - self._starts[line - 1] + 1
        return Place(line, self._column_before(line, column) if line in self._original else column, self.file)

    def _column_before(self, number: int, column: int) -> int:
        before, now = self._original[number], self.line(number)
        same = next(
            (at for at, pair in enumerate(zip(before, now, strict=False)) if len({*pair}) > 1),
            min(len(before), len(now)),
        )
        if column <= same + 1:
            return column
        # A repair leaves the end of its line alone.
        return max(same, len(before) - (len(now) - column + 1)) + 1

    def line(self, number: int) -> str:
        """The text of a line, without its end; empty beyond the last."""
        if not 1 <= number <= len(self._starts):
            return ""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")

    def __len__(self) -> int:
        return len(self._starts)

    def with_lines(self, lines: dict[int, str]) -> "SourceText":
        """The text with other content in some of its lines, by number."""
        numbers = range(1, len(self._starts) + 1)
        text = "\n".join(lines.get(number, self.line(number)) for number in numbers)
        return SourceText(text, {number: self.line(number) for number in lines} | dict(self._original), self.file)
