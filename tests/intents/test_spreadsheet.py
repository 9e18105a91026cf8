"""Tables of questions as people have them: Excel's files and its text, with odd cells, encodings and headings."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from intents.spreadsheet import MAX_QUESTIONS, SheetRow, SpreadsheetError, read_sheet

Value = str | float | bool | date | None
ROWS: list[tuple[str, ...]] = [("话题", "问法"), ("上门催收", "他们今晚会来吗"), ("lawsuit", "法院寄来的信要不要拆")]
READ = (SheetRow(2, "上门催收", "他们今晚会来吗"), SheetRow(3, "lawsuit", "法院寄来的信要不要拆"))


def workbook(path: Path, rows: list[tuple[Value, ...]]) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    book.save(path)
    return book, sheet


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_in_columns_is_read_as_excel_saves_it(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "问法.csv"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in ROWS).encode(encoding))
    assert read_sheet(path).rows == READ


def test_a_workbook_is_read(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", [*ROWS])
    assert read_sheet(tmp_path / "a.xlsx").rows == READ


@pytest.mark.parametrize(
    "heading",
    [("意图", "相似问"), ("问法", "话题"), ("ID", "Question"), ("序号", "标题", "备注", "用户问题"), None],
)
def test_the_columns_are_found_by_their_headings_and_two_without_any(
    tmp_path: Path, heading: tuple[str, ...] | None
) -> None:
    order = {"话题": 0, "意图": 0, "ID": 0, "标题": 0, "问法": 1, "相似问": 1, "Question": 1, "用户问题": 1}
    rows = [tuple(row[order[name]] if name in order else "9" for name in heading or ROWS[0]) for row in ROWS[1:]]
    workbook(tmp_path / "a.xlsx", [*([heading] if heading else []), *rows])
    assert [(row.topic, row.question) for row in read_sheet(tmp_path / "a.xlsx").rows] == [
        tuple(row) for row in ROWS[1:]
    ]


def test_one_column_takes_its_topic_from_outside(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", [("他们今晚会来吗",), ("明天会来吗",)])
    assert [(row.topic, row.question) for row in read_sheet(tmp_path / "a.xlsx", "home_visit").rows] == [
        ("home_visit", "他们今晚会来吗"),
        ("home_visit", "明天会来吗"),
    ]
    with pytest.raises(SpreadsheetError, match="--topic"):
        read_sheet(tmp_path / "a.xlsx")


def test_a_merged_topic_holds_for_each_row_that_it_covers_and_an_empty_one_for_none(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book, sheet = workbook(path, [ROWS[0], ("lawsuit", "一"), (None, "二"), (None, "三"), (None, "四")])
    sheet.merge_cells("A2:A4")
    book.save(path)
    assert [row.topic for row in read_sheet(path).rows] == ["lawsuit", "lawsuit", "lawsuit", ""]


def test_odd_cells_are_read_or_said_to_be_odd(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows: list[tuple[Value, ...]] = [
        ROWS[0],
        ("lawsuit", "会被起诉吗\n会坐牢吗\n\n"),
        ("lawsuit", 12368.0),
        ("lawsuit", '=CONCAT("会","坐牢吗")'),
        ("lawsuit", date(2026, 11, 30)),
        ("lawsuit", True),
        ("lawsuit", "#N/A"),
        (None, None),
        ("lawsuit", None),
    ]
    book, sheet = workbook(path, rows)
    sheet["B7"].data_type = "e"
    book.save(path)
    found = [(row.number, row.question, row.wrong[:10]) for row in read_sheet(path).rows]
    assert found == [
        (2, "会被起诉吗", ""),
        (2, "会坐牢吗", ""),
        (3, "12368", ""),
        (4, "", "这一格的公式还没有算"),
        (5, "2026-11-30 00:00:00", "这一格是日期、时间或"),
        (6, "True", "这一格是日期、时间或"),
        (7, "#N/A", "这一格是公式算错的结"),
        (9, "", ""),
    ]


def test_the_first_sheet_that_holds_something_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    book = Workbook()
    for name in ("一月", "二月", "藏起来的"):
        sheet = book.create_sheet(name)
        for row in ROWS:
            sheet.append(row)
    book["藏起来的"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    first = read_sheet(tmp_path / "a.xlsx")
    assert (first.name, first.others, first.rows) == ("一月", ("二月",), READ)
    assert read_sheet(tmp_path / "a.xlsx", worksheet="二月").name == "二月"
    with pytest.raises(SpreadsheetError, match="有的是：一月、二月"):
        read_sheet(tmp_path / "a.xlsx", worksheet="三月")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"PK\x03\x04 cut off", "不是完好的 .xlsx"),
        ("a.xlsx", "话题,问法".encode(), "不是完好的 .xlsx"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "另存为 .xlsx"),
        ("a.csv", b"\x00\x01\x02\xff\xfe\xfd", "编码认不出"),
        ("a.csv", "标题\n上门".encode(), "请在第一行写上“话题”和“问法”"),
        ("a.csv", ("话题,问法\n" + "lawsuit,会吗\n" * (MAX_QUESTIONS + 1)).encode(), "请分成几份"),
        ("a.csv", b"a," + b"x" * 200_000, "读不懂"),
    ],
)
def test_what_is_no_table_is_said_in_one_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SpreadsheetError, match=said) as error:
        read_sheet(tmp_path / name)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpreadsheetError, match=r"nowhere\.csv 打不开（找不到这个文件）"):
        read_sheet(tmp_path / "nowhere.csv")
