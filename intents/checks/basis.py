"""What an answer rests on: law and article, or rule and document."""

import re
from collections.abc import Iterator

from intents.checks.raw_faq import RawFaq, mapping, sequence
from intents.faq.problems import Problem, quoted
from intents.faq.reader import Path, Value

_NUMERAL = "[零〇一二三四五六七八九十百千]++"
_ONE_ARTICLE = rf"第{_NUMERAL}条(?:之{_NUMERAL})?(?:第{_NUMERAL}款)?(?:第?（?{_NUMERAL}）?项)?"
ARTICLE = re.compile(rf"{_ONE_ARTICLE}(?:[、，和至到]{_ONE_ARTICLE})*+")
"""第一千零三十二条、第二百九十三条之一第二款: how Chinese statutes number themselves."""

_DOCUMENT = re.compile(r"\d|〔|没有|无文号")


def article_form(raw: RawFaq) -> Iterator[Problem]:
    """An article that isn't written as the statute numbers it."""
    for path, basis in _bases(raw):
        article = basis.get("article")
        if isinstance(article, str) and article.strip() and not ARTICLE.fullmatch(article.strip()):
            remedy = "请写成“第一千零三十二条”这样的汉字条号，几条之间用顿号"
            yield raw.problem((*path, "article"), "W-ARTICLE", f"条号{quoted(article)}的写法不对", remedy)


def document_form(raw: RawFaq) -> Iterator[Problem]:
    """A document that has neither a number nor a date, or square brackets around its year."""
    for path, basis in _bases(raw):
        document = basis.get("document")
        if not isinstance(document, str) or not document.strip():
            continue
        if not _DOCUMENT.search(document):
            remedy = "请写文号、标准号或发布日期；真的没有就写“没有文号”"
            yield raw.problem((*path, "document"), "W-DOCUMENT", f"{quoted(document)}看不出文号或日期", remedy)
        elif found := re.search(r"[\[［【(（](\d{4})[)）\]］】]", document):
            message = "文号里的年份要放在六角括号里"
            remedy = f"请写成“〔{found[1]}〕”"
            yield raw.problem((*path, "document"), "W-DOCUMENT", message, remedy, character=found.start())


def law_name(raw: RawFaq) -> Iterator[Problem]:
    """A law inside title marks: they are added when it is shown."""
    for path, basis in _bases(raw):
        law = basis.get("law")
        if isinstance(law, str) and law.strip().startswith("《"):
            yield raw.problem((*path, "law"), "W-BOOK-TITLE", "法律名称外面不用写书名号", "请删去首尾的《》")


def _bases(raw: RawFaq) -> Iterator[tuple[Path, dict[str, Value]]]:
    for index, intent in raw.intents:
        for number, basis in enumerate(sequence(mapping(intent.get("answer")).get("basis"))):
            yield ("intents", index, "answer", "basis", number), dict(mapping(basis))
