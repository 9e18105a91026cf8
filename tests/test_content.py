"""The shipped faq.yaml keeps the promises of its content; wording is the operators' own."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.talk.wording import CALL
from intents import FAQ, Intent
from intents.checks import ContentLimits
from intents.checks.basis import ARTICLE
from intents.checks.slow import slow_problems
from intents.faq.files import read_files
from intents.faq.schema import PARAMETER_REFERENCE, Group
from intents.load import CheckedFaq, check_files

ROOT = Path(__file__).parents[1]
TAXONOMY: dict[str, list[str]] = yaml.safe_load((ROOT / "tests" / "taxonomy.yaml").read_text("utf-8"))
IDS = [key for ids in TAXONOMY.values() for key in ids]
PROMISED = ContentLimits(questions=25)
OUT_OF_SCOPE = 120

# Where a part makes no sense it is left out; small talk has none, and crisis never lectures.
PARTS = ("consequences", "rights", "steps", "basis")


@pytest.fixture(scope="module")
def checked() -> CheckedFaq:
    files = read_files(ROOT / "faq.yaml")
    text = files.main.decode()
    # As of the last review: reviews that fall due are the operators' business (`youshu check`), not a broken build.
    today = max(map(date.fromisoformat, re.findall(r"(?m)^    reviewed: (\d{4}-\d{2}-\d{2})$", text)))
    return check_files(files, today=today, limits=PROMISED)


@pytest.fixture(scope="module")
def faq(checked: CheckedFaq) -> FAQ:
    assert checked.faq is not None
    return checked.faq


@pytest.fixture(scope="module", params=IDS)
def intent(faq: FAQ, request: pytest.FixtureRequest) -> Intent:
    return faq.by_id[request.param]


def texts(intent: Intent) -> Iterator[str]:
    answer = intent.answer
    yield answer.summary
    for lines in (answer.consequences, answer.rights, answer.steps):
        yield from lines or ()
    yield from [answer.script] if answer.script else []
    yield from (basis.says for basis in answer.basis or ())


def test_no_rule_finds_anything(checked: CheckedFaq) -> None:
    assert [problem.line_for("faq.yaml") for problem in checked.problems] == []


def test_no_question_is_stolen_and_none_is_nearly_another_topics(checked: CheckedFaq) -> None:
    assert checked.raw is not None
    problems = slow_problems(checked.raw, checked.faq, spot_checks=None)
    assert [problem.line_for("faq.yaml") for problem in sorted(problems)] == []


def test_every_intent_of_the_taxonomy_is_there_in_its_group(faq: FAQ) -> None:
    assert {group: {intent.id for intent in faq.in_group(Group(group))} for group in TAXONOMY} == {
        group: set(ids) for group, ids in TAXONOMY.items()
    }


def test_near_misses_are_plenty(faq: FAQ) -> None:
    assert faq.out_of_scope is not None
    assert len(faq.out_of_scope.questions) >= OUT_OF_SCOPE


def test_it_is_asked_in_many_ways(intent: Intent) -> None:
    assert len({question.strip() for question in intent.questions}) >= PROMISED.questions


def test_guidance_has_consequences_rights_steps_and_a_basis(intent: Intent) -> None:
    missing = [part for part in PARTS if not getattr(intent.answer, part)]
    assert not missing or intent.group is Group.SUPPORT


def test_it_can_be_read_on_a_phone(faq: FAQ, intent: Intent) -> None:
    assert len(faq.fill(intent.answer.summary)) <= PROMISED.summary
    sentences = [one for text in texts(intent) for one in re.split(r"(?<=[。！？\n])", faq.fill(text))]
    assert [one for one in sentences if len(one.strip()) > PROMISED.sentence] == []


def test_its_basis_names_law_and_article_or_rule_and_document(intent: Intent) -> None:
    for basis in intent.answer.basis or ():
        if basis.law is not None:
            assert ARTICLE.fullmatch(basis.article or ""), basis
        else:
            assert basis.rule, basis
            assert basis.document, basis


def test_its_figures_are_there_dated_and_sourced(faq: FAQ, intent: Intent) -> None:
    for name in {name for text in texts(intent) for name in PARAMETER_REFERENCE.findall(text)}:
        parameter = faq.parameters[name]
        assert parameter.source
        assert parameter.as_of <= intent.reviewed, name


def test_it_has_an_owner_and_leads_on(faq: FAQ, intent: Intent) -> None:
    assert intent.owner
    assert set(intent.related) <= set(faq.by_id) - {intent.id}
    assert len(intent.related) in range(2, 5) or intent.group is Group.SUPPORT


def test_each_section_of_the_source_article_has_its_row() -> None:
    table = (ROOT / "docs" / "source-article.md").read_text("utf-8")
    drawn_from = {
        intent["source"]
        for intent in yaml.safe_load((ROOT / "faq.yaml").read_text("utf-8"))["intents"]
        if "source" in intent
    }
    assert drawn_from
    for source in drawn_from:
        for section in re.split(r"\s*[/、；]\s*", source):
            assert section in table, section


def test_crisis_comes_with_people_to_call_and_no_lecture_on_debt(faq: FAQ) -> None:
    answer = faq.by_id["crisis"].answer
    said = faq.fill(answer.summary)
    assert "12356" in said
    assert re.search(r"11[0]|120", said)
    assert not re.search("征信|利息|违约金|还款", said)


def test_people_are_spoken_to_in_one_way(faq: FAQ) -> None:
    said = [line for each in faq.intents for line in (each.title, *texts(each)) if line != each.answer.script]
    said += [group.heading for group in Group]
    sources = [*ROOT.glob("bot/**/wording.py"), *ROOT.glob("bot/channels/web/page/*.html"), *ROOT.glob("bot/**/*.js")]
    assert len(sources) > 10
    said += [line for path in sources for line in path.read_text("utf-8").splitlines()]
    # 你 is for what somebody else is to say, which stands in quotes; 你们 are the others.
    assert [line for line in said if re.search("你(?!们)", re.sub("“[^”]*”", "", line))] == []


def test_who_asks_for_a_human_is_not_told_above_the_button_that_there_is_none(faq: FAQ) -> None:
    summary = faq.by_id["human_help"].answer.summary
    assert CALL in summary
    assert not re.search("没有(?:真人|人工|坐席|客服)", summary)
