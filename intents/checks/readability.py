"""Answers that can be read on a phone: complete, short, and within what the channels carry."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from intents.checks.raw_faq import PART_KEYS, RawFaq, WrittenText, mapping, sequence
from intents.faq.problems import Problem, quoted
from intents.faq.reader import Path
from intents.faq.schema import Group

_SENTENCE = re.compile(r"[^。！？\n]+[。！？]*”?")
_ANSWER_STEPS = len(("intents", 0, "answer"))
_SECTION_STEPS = len(("intents", 0, "answer", "summary"))
_HEADINGS = {"consequences": "后果", "rights": "权利", "steps": "怎么做", "script": "话术", "basis": "依据"}


def missing_parts(raw: RawFaq) -> Iterator[Problem]:
    """Answers without consequences, rights, steps or basis, outside the group of small talk and help."""
    for index, intent in raw.intents:
        answer = intent.get("answer")
        if intent.get("group") == Group.SUPPORT or not isinstance(answer, dict):
            continue
        missing = [f"{key}（{_HEADINGS[key]}）" for key in (*PART_KEYS, "basis") if key not in answer]
        if missing:
            path: Path = ("intents", index, "answer")
            message = f"回答里没有 {'、'.join(missing)}"
            yield raw.problem(path, "W-MISSING-PART", message, "请补上；用不上就把话题放到 support 组", at_key=True)


def line_counts(raw: RawFaq) -> Iterator[Problem]:
    """Parts with too few lines for a list, or more than people read."""
    least, most = raw.limits.lines
    for index, intent in raw.intents:
        for key in PART_KEYS:
            path: Path = ("intents", index, "answer", key)
            count = len(sequence(mapping(intent.get("answer")).get(key)))
            if count and not least <= count <= most:
                message = f"“{key}”有 {count} 条"
                remedy = f"请写成 {least} 到 {most} 条"
                lost = [other for other in (*PART_KEYS, "basis") if other not in mapping(intent.get("answer"))]
                if count > most and lost:
                    remedy = f"是不是少了“{lost[0]}:”那一行，把两部分接到了一起；不是就{remedy.removeprefix('请')}"
                yield raw.problem(path, "W-LINES", message, remedy, at_key=True)


def summary_length(raw: RawFaq) -> Iterator[Problem]:
    """A summary that is too long to be taken in at a glance."""
    for written in raw.answer_texts:
        length = len(raw.fill(written.text).strip())
        if written.path[-1] == "summary" and length > raw.limits.summary:
            message = f"简要回答有 {length} 个字"
            yield raw.problem(written.path, "W-LONG-SUMMARY", message, f"请缩到 {raw.limits.summary} 字以内")


def sentence_length(raw: RawFaq) -> Iterator[Problem]:
    """A sentence that is too long to be understood at first reading."""
    for written in raw.answer_texts:
        for sentence in _SENTENCE.finditer(written.text):
            length = len(raw.fill(sentence[0]).strip())
            if length > raw.limits.sentence:
                message = f"{quoted(sentence[0])}这一句有 {length} 个字"
                remedy = f"请断成 {raw.limits.sentence} 字以内的句子"
                start = sentence.start() + len(sentence[0]) - len(sentence[0].lstrip())
                yield raw.problem(written.path, "W-LONG-SENTENCE", message, remedy, character=start)


def answer_length(raw: RawFaq) -> Iterator[Problem]:
    """An answer that is too long to be read to its end; where one section is beyond any message, that is said instead."""
    limits = raw.limits
    said = (written for written in raw.answer_texts if "basis" not in written.path)
    for path, texts in groupby(said, key=lambda written: written.path[:_ANSWER_STEPS]):
        lengths: Counter[Path] = Counter()
        for written in texts:
            lengths[written.path[:_SECTION_STEPS]] += len(raw.fill(written.text))
        if lengths.total() > limits.answer and max(lengths.values()) <= limits.telegram_units:
            message = f"整条回答有 {lengths.total()} 个字"
            remedy = f"请缩到 {limits.answer} 字以内，先删对读的人最没用的"
            yield raw.problem(path, "W-LONG-ANSWER", message, remedy, at_key=True)


def title_length(raw: RawFaq) -> Iterator[Problem]:
    """A title that a button cuts off."""
    for written in raw.titles:
        if len(written.text) > raw.limits.title:
            message = f"标题有 {len(written.text)} 个字，按钮上放不下"
            yield raw.problem(written.path, "W-LONG-TITLE", message, f"请缩到 {raw.limits.title} 字以内")


def channel_length(raw: RawFaq) -> Iterator[Problem]:
    """A section that Telegram or WeChat can't carry in one message, with the links that go below it."""
    limits = raw.limits
    links = limits.wechat_links * limits.wechat_link_bytes
    for path, text in _sections(raw):
        shown = f"【{raw.document.at((*path[:2], 'title')) or ''}】\n\n{text}"
        units, size = len(shown.encode("utf-16-le")) // 2, len(shown.encode()) + links
        if units > limits.telegram_units:
            message = f"这一节有 {units} 个字，一条 Telegram 消息最多 {limits.telegram_units} 个"
            yield raw.problem(path, "W-TELEGRAM-LENGTH", message, "请缩短，或分成两个话题", at_key=True)
        elif size > limits.wechat_bytes:
            message = f"这一节连同链接有 {size} 字节，一条微信回复最多 {limits.wechat_bytes} 字节"
            over = (size - limits.wechat_bytes) // 3 + 1
            yield raw.problem(path, "W-WECHAT-LENGTH", message, f"请缩短约 {over} 个字", at_key=True)


def _sections(raw: RawFaq) -> Iterator[tuple[Path, str]]:
    """Each section of each answer as a channel shows it, with the path to point at."""
    for path, group in groupby(raw.answer_texts, key=lambda written: written.path[:_SECTION_STEPS]):
        lines = [f"· {_citation(raw, written)}{raw.fill(written.text)}" for written in group]
        yield path, "\n".join([_HEADINGS.get(str(path[-1]), ""), *lines])


def _citation(raw: RawFaq, written: WrittenText) -> str:
    basis = mapping(raw.document.at(written.path[:-1]))
    if not basis or written.path[-1] != "says":
        return ""
    if basis.get("law"):
        return f"《{basis['law']}》{basis.get('article') or ''}："
    return f"{basis.get('rule') or ''}（{basis.get('document') or ''}）："
