"""Reads a table of questions from a spreadsheet: .xlsx, or .csv in whatever encoding Excel saved it."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from intents.errors import ExpectedError, os_error_reason

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MAX_BYTES = 50_000_000
"""Unpacked; a list of questions has a hundredth of it, and openpyxl takes many times as much memory."""
MAX_QUESTIONS = 5000
"""At once; each is tried against every other."""

TOPIC_HEADINGS = frozenset(
    {"话题", "标题", "编号", "意图", "分类", "类别", "主题", "id", "intent", "topic", "title", "label"}
)
QUESTION_HEADINGS = frozenset(
    {"问法", "问题", "问句", "句子", "相似问", "说法", "用户问题", "原话", "question", "questions", "text", "utterance"}
)
_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = ",\t;"
_BREAK = re.compile(r"[\r\n\v\f\u2028\u2029]+")


class SpreadsheetError(ExpectedError):
    """The table can't be read; one line in Chinese."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A question in a table and the topic beside it."""

    number: int
    """The row as the spreadsheet counts, 1-based."""
    topic: str
    """As it is written: an id or a title."""
    question: str
    wrong: str = ""
    """Why the cell is no text, in Chinese; empty where it is one."""


@dataclass(frozen=True)
class Sheet:
    """The questions of a table."""

    rows: tuple[SheetRow, ...]
    name: str = ""
    """The worksheet that was read."""
    others: tuple[str, ...] = ()
    """Worksheets with something in them that were not."""


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str = ""
    wrong: str = ""


_Row = tuple[int, Sequence[_Cell]]


def read_sheet(path: Path, topic: str | None = None, worksheet: str | None = None) -> Sheet:
    """Read a table with a column of topics and one of questions; raises SpreadsheetError.

    Args:
        path: the file, .xlsx or text in columns.
        topic: whose questions these are, for a table without topics.
        worksheet: which one of a workbook, the first that holds something unless told.
    """
    try:
        if path.suffix.lower() in {".xlsx", ".xlsm"}:
            name, others, rows = _workbook_rows(path, worksheet)
            return Sheet(tuple(_questions(rows, topic)), name, others)
        if path.suffix.lower() in {".xls", ".et", ".ods", ".numbers"}:
            raise SpreadsheetError(f"{path.name} 是另一种表格，请在 Excel 或 WPS 里另存为 .xlsx")
        return Sheet(tuple(_questions(_text_rows(path), topic)))
    except OSError as error:
        raise SpreadsheetError(f"{path} 打不开（{os_error_reason(error)}）；请检查路径") from error


def _text_rows(path: Path) -> Iterator[_Row]:
    if path.stat().st_size > MAX_BYTES:
        raise SpreadsheetError(f"{path.name} 太大，请只留话题和问法两列，分几次来")
    text = _decoded(path)
    # Excel writes semicolons where the system's list separator is one, and tabs as “Unicode text”.
    head = text[:4096].split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        begin = 1
        for cells in reader:
            yield begin, [_Cell(cell) for cell in cells]
            begin = reader.line_num + 1
    except csv.Error as error:
        raise SpreadsheetError(f"{path.name} 第 {reader.line_num} 行起读不懂；请检查引号有没有成对") from error


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SpreadsheetError(f"{path.name} 不是表格，或编码认不出；请在 Excel 里另存为 .xlsx，或 CSV UTF-8")


def _workbook_rows(path: Path, worksheet: str | None) -> tuple[str, tuple[str, ...], list[_Row]]:
    # Not before: it takes long to import, and text in columns doesn't need it.
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > MAX_BYTES:
            raise SpreadsheetError(f"{path.name} 太大，请只留话题和问法两列，分几次来")
        # Twice: once for what a formula came to, once to tell a formula that was never calculated from an empty cell.
        values, formulas = (load_workbook(path, data_only=calculated) for calculated in (True, False))
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise SpreadsheetError(f"{path.name} 不是完好的 .xlsx；请在 Excel 或 WPS 里打开，另存一份") from error
    filled = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible" and _has_something(sheet)]
    chosen = next((sheet for sheet in filled if worksheet in {None, sheet.title}), None)
    if chosen is None:
        known = "、".join(sheet.title for sheet in filled)
        raise SpreadsheetError(
            f"{path.name} 里没有写着字的工作表" + (f"“{worksheet}”；有的是：{known}" if worksheet else "")
        )
    others = tuple(sheet.title for sheet in filled if sheet is not chosen)
    return chosen.title, others, list(_cells(chosen, formulas[chosen.title]))


def _has_something(sheet: "Worksheet") -> bool:
    return any(cell.value is not None for row in sheet.iter_rows() for cell in row)


def _cells(sheet: "Worksheet", formulas: "Worksheet") -> Iterator[_Row]:
    """The rows that hold something; a merged cell's value stands in each row that it covers."""
    merged = {
        (row, column): sheet.cell(area.min_row, area.min_col).value
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    for number, (row, written) in enumerate(zip(sheet.iter_rows(), formulas.iter_rows(), strict=True), 1):
        found = [
            _cell(merged.get((number, column), cell.value), formula.value, is_error=cell.data_type == "e")
            for column, (cell, formula) in enumerate(zip(row, written, strict=True), 1)
        ]
        if any(cell.text or cell.wrong for cell in found):
            yield number, found


def _cell(value: object, formula: object, *, is_error: bool) -> _Cell:
    if is_error:
        return _Cell(str(value), "这一格是公式算错的结果")
    if value is None:
        uncalculated = isinstance(formula, str) and formula.startswith("=")
        return _Cell(wrong="这一格的公式还没有算过；请在 Excel 里打开存一次" if uncalculated else "")
    if isinstance(value, bool | datetime | date | time):
        return _Cell(str(value), "这一格是日期、时间或是非，不是一句话")
    if isinstance(value, float) and value.is_integer():
        return _Cell(str(int(value)))
    return _Cell(str(value))


def _questions(rows: Iterable[_Row], topic: str | None) -> Iterator[SheetRow]:
    """The questions of the rows; a cell of several lines holds several."""
    count = 0
    columns: tuple[int | None, int] | None = None
    for number, cells in rows:
        if not any(cell.text.strip() or cell.wrong for cell in cells):
            continue
        if columns is None:
            columns, is_heading = _columns(cells, topic)
            if is_heading:
                continue
        where, asked = columns
        named = topic if where is None else _at(cells, where).text.strip()
        cell = _at(cells, asked)
        for question in _BREAK.split(cell.text) if not cell.wrong else [cell.text]:
            if question.strip() or cell.wrong or (named and not cell.text.strip()):
                count += 1
                if count > MAX_QUESTIONS:
                    raise SpreadsheetError(f"一次最多 {MAX_QUESTIONS} 句，请分成几份")
                yield SheetRow(number, named or "", question.strip(), cell.wrong)


def _columns(cells: Sequence[_Cell], topic: str | None) -> tuple[tuple[int | None, int], bool]:
    """Which columns hold the topics and the questions by the first row, and whether that is a heading."""
    names = [cell.text.strip().casefold().rstrip("：:") for cell in cells]
    asked = next((at for at, name in enumerate(names) if name in QUESTION_HEADINGS), None)
    where = next((at for at, name in enumerate(names) if name in TOPIC_HEADINGS), None)
    if topic is not None:
        return (None, asked if asked is not None else 0), asked is not None
    if asked is not None and where is not None:
        return (where, asked), True
    filled = [at for at, name in enumerate(names) if name]
    if asked is None and where is None and len(filled) == 2:  # noqa: PLR2004  # a topic and a question
        return (filled[0], filled[1]), False
    raise SpreadsheetError("看不出哪一列是话题、哪一列是问法；请在第一行写上“话题”和“问法”，只有问法的加 --topic 话题")


def _at(cells: Sequence[_Cell], column: int) -> _Cell:
    return cells[column] if column < len(cells) else _Cell()
