"""Ids, titles, related topics, parameters and lexicon words: unique where they must be, and existing where they are referred to."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import partial

from intents.checks.raw_faq import RawFaq, sequence
from intents.faq.problems import Problem, quoted
from intents.faq.schema import PARAMETER_REFERENCE

_BRACES = re.compile(r"[{}｛｝]")
_TELLING_VALUE = re.compile(r"\d{3,}|\d+(?:\.\d+)?%")


def duplicate_ids(raw: RawFaq) -> Iterator[Problem]:
    """Two intents with one id."""
    seen: dict[str, int] = {}
    for index, intent in raw.intents:
        path = ("intents", index, "id")
        key = intent.get("id")
        if not isinstance(key, str) or not key:
            continue
        if key in seen:
            message = f"编号{quoted(key)}在第 {seen[key]} 行已经用过"
            yield raw.problem(path, "E-DUP-ID", message, "请换一个编号，或合并两条")
        seen.setdefault(key, raw.line_of(path))


def duplicate_titles(raw: RawFaq) -> Iterator[Problem]:
    """Two buttons that look the same."""
    seen: dict[str, int] = {}
    for written in raw.titles:
        if written.text in seen:
            message = f"标题{quoted(written.text)}在第 {seen[written.text]} 行已经用过"
            yield raw.problem(written.path, "W-DUP-TITLE", message, "请换一个标题，按钮才分得清")
        seen.setdefault(written.text, raw.line_of(written.path))


def related_topics(raw: RawFaq) -> Iterator[Problem]:
    """Related ids that don't exist, point at the intent itself, or stand twice."""
    ids = {key for _, intent in raw.intents if isinstance(key := intent.get("id"), str)}
    for index, intent in raw.intents:
        path = ("intents", index, "related")
        related = [str(key) for key in sequence(intent.get("related")) if key]
        for position, key in enumerate(related):
            at = partial(raw.problem, (*path, position))
            if key not in ids:
                yield at(
                    "E-UNKNOWN-ID", f"related 里的{quoted(key)}不存在", _meant(key, ids, "请改成已有的编号，或删去")
                )
            elif key == intent.get("id"):
                yield at("W-RELATED", "related 指向了这个话题自己", "请删去")
            elif key in related[:position]:
                yield at("W-RELATED", f"related 里的{quoted(key)}写了两次", "请删去其一")
        least, most = raw.limits.related
        if related and not least <= len(related) <= most:
            message, remedy = f"related 有 {len(related)} 个", f"请写 {least} 到 {most} 个接下来常问的话题"
            yield raw.problem(path, "W-RELATED", message, remedy, at_key=True)


def parameter_references(raw: RawFaq) -> Iterator[Problem]:
    """References to parameters that don't exist, and braces that refer to nothing."""
    for written in raw.answer_texts:
        named = {found[1]: found for found in reversed(list(PARAMETER_REFERENCE.finditer(written.text)))}
        for name, found in named.items():
            if name not in raw.parameters:
                remedy = _meant(found[1], raw.parameters, "请先在 parameters 里写上它和日期、出处")
                message = f"没有参数{quoted(found[1])}"
                yield raw.problem(written.path, "E-UNKNOWN-PARAMETER", message, remedy, character=found.start())
        blanked = PARAMETER_REFERENCE.sub(lambda found: " " * len(found[0]), written.text)
        if found_brace := _BRACES.search(blanked):
            message, remedy = (
                "花括号会原样显示",
                "引用参数请写成 {lpr_1y} 这样，半角、小写、中间没有空格；不是引用就换成括号",
            )
            yield raw.problem(written.path, "E-BRACE", message, remedy, character=found_brace.start())
    for written in (*raw.titles, *raw.questions):
        if found_brace := _BRACES.search(written.text):
            message, remedy = "标题和问法里不能引用参数", "请直接写字，或删去花括号"
            yield raw.problem(written.path, "E-BRACE", message, remedy, character=found_brace.start())


def unused_parameters(raw: RawFaq) -> Iterator[Problem]:
    """Parameters that no answer quotes, so that nobody would notice when they are out of date."""
    used = {name for written in raw.answer_texts for name in PARAMETER_REFERENCE.findall(written.text)}
    for name in raw.parameters:
        if name not in used:
            message = f"参数{quoted(name)}没有一条回答引用"
            yield raw.problem(
                ("parameters", name), "W-UNUSED-PARAMETER", message, "请在回答里引用，或删去", at_key=True
            )


def hard_coded_values(raw: RawFaq) -> Iterator[Problem]:
    """A parameter's value copied into an answer, which won't change with the parameter."""
    telling: dict[str, list[str]] = {}
    for name in raw.parameters:
        if _TELLING_VALUE.fullmatch(text := raw.parameter_text(name)):
            telling.setdefault(text, []).append(f"{{{name}}}")
    if not telling:
        return
    pattern = re.compile(rf"(?<![\d.])(?:{'|'.join(map(re.escape, telling))})(?![\d.])")
    for written in raw.answer_texts:
        if "basis" in written.path:
            continue  # what a law says doesn't change with the parameter
        first_of_each = {found[0]: found for found in reversed(list(pattern.finditer(written.text)))}
        for found in first_of_each.values():
            if written.text.count("“", 0, found.start()) > written.text.count("”", 0, found.start()):
                continue  # a quotation doesn't change with the parameter
            remedy = f"请写成 {' 或 '.join(telling[found[0]])}"
            message = f"{quoted(found[0])}直接写在回答里，数值变了这里不会跟着变"
            yield raw.problem(written.path, "W-WRITTEN-OUT", message, remedy, character=found.start())


def duplicate_words(raw: RawFaq) -> Iterator[Problem]:
    """A word in two groups of the lexicon, of which only the first counts."""
    seen: dict[str, int] = {}
    for index, group in enumerate(sequence(raw.root.get("lexicon"))):
        for position, word in enumerate(sequence(group)):
            path = ("lexicon", index, position)
            if not isinstance(word, str) or not word:
                continue
            if word in seen:
                message = f"{quoted(word)}在第 {seen[word]} 行已经写过"
                yield raw.problem(path, "W-DUP-WORD", message, "请只留在意思最近的那一组")
            seen.setdefault(word, raw.line_of(path))


def _meant(written: str, known: Iterable[str], otherwise: str) -> str:
    close = get_close_matches(written, tuple(known), 1)
    return f"你是不是想写“{close[0]}”" if close else otherwise
